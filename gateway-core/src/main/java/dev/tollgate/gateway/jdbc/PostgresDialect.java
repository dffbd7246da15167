package dev.tollgate.gateway.jdbc;

import com.zaxxer.hikari.HikariConfig;
import dev.tollgate.gateway.account.Secret;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.util.Set;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * PostgreSQL. Several servers may run on one database. There is no backup before a migration: the
 * operator of the database server is responsible for backups.
 */
final class PostgresDialect implements SqlDialect {
  private static final String DRIVER = "org.postgresql.ds.PGSimpleDataSource";
  private static final int POOL_SIZE = 8;
  private static final long VALIDATION_TIMEOUT_MILLIS = 2_000;
  private static final int HOST_TIMEOUT_MILLIS = 5_000;

  /**
   * With these defaults a server that hangs or silently disappears blocks a thread for seconds, not
   * forever. The parameters of the configured URL come later in the query, so they take precedence.
   */
  private static final String DEFAULTS =
      "connectTimeout=3&socketTimeout=5&tcpKeepAlive=true&ApplicationName=tollgate"
          + "&logServerErrorDetail=false";

  /**
   * A wait for a lock ends long before the socket timeout, because other projects' changes queue
   * behind it. A gateway that hangs in a transaction must not keep its rows locked.
   */
  private static final String SESSION =
      "SET lock_timeout = '1s'; SET idle_in_transaction_session_timeout = '10s'";

  /** For the slowest work: building an index on a large table, or summing up such a table. */
  private static final int LONG_TIMEOUT_MILLIS = 600_000;

  /** "tollgate" in ASCII, to differ from other applications' locks in the same database. */
  private static final long MIGRATION_LOCK = 0x74_6f_6c_6c_67_61_74_65L;

  /**
   * Error classes of PostgreSQL's appendix A: data exception, integrity constraint violation,
   * syntax error or access rule violation.
   */
  private static final Set<String> REFUSALS = Set.of("22", "23", "42");

  private static final String LOCK_NOT_AVAILABLE = "55P03";

  /**
   * The schema of the tables in an application's own database. Set for one transaction only: no
   * setting may stay on the application's connection.
   */
  private static final String SCHEMA = "tollgate";

  private static final String FOR_THIS_TRANSACTION =
      // Without pg_temp in the list, the session's temporary schema would come first.
      "; SET LOCAL search_path = "
          + SCHEMA
          + ", pg_temp"
          + "; SET LOCAL synchronous_commit = on"
          + "; SET LOCAL lock_timeout = '1s'"
          + "; SET LOCAL idle_in_transaction_session_timeout = '10s'";

  private final DataSource source;
  private final boolean host;

  /** For the gateway's own connections. */
  PostgresDialect(DatabaseOptions options) {
    requireDriver(options);
    this.source = source(options);
    this.host = false;
  }

  /** For an application's connections, with the tables in a separate schema. */
  PostgresDialect(DataSource source) {
    this.source = source;
    this.host = true;
  }

  /** Checks for the driver, which is an optional dependency of an embedding application. */
  private static void requireDriver(DatabaseOptions options) {
    try {
      Class.forName(DRIVER, false, PostgresDialect.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw DatabaseException.cannotOpen(
          options.name(), "the driver org.postgresql:postgresql is not on the class path", e);
    }
  }

  private static DataSource source(DatabaseOptions options) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    String url = options.url();
    int query = url.indexOf('?');
    source.setUrl(
        query < 0
            ? url + "?" + DEFAULTS
            : url.substring(0, query + 1) + DEFAULTS + "&" + url.substring(query + 1));
    source.setUser(options.user());
    Secret password = options.password();
    if (password != null) {
      source.setPassword(password.reveal());
    }
    return source;
  }

  @Override
  public ConnectionPool pool() {
    if (host) {
      return new HostPool(source, HOST_TIMEOUT_MILLIS);
    }
    HikariConfig config = OwnPool.config(source, POOL_SIZE);
    config.setValidationTimeout(VALIDATION_TIMEOUT_MILLIS);
    config.setConnectionInitSql(SESSION);
    // The migration has just reached the server. If the server fails now, calls will report it.
    config.setInitializationFailTimeout(-1);
    return new OwnPool(source::getConnection, config);
  }

  /** A connection outside the pool, for one long piece of work. Close it afterwards. */
  Connection connect() throws SQLException {
    Connection connection = source.getConnection();
    allowLongReads(connection);
    return connection;
  }

  /** Whatever the server's default is, a statement sees everything committed before it began. */
  @Override
  public String begin() {
    return "BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE" + (host ? FOR_THIS_TRANSACTION : "");
  }

  /**
   * Commits, and fails if a statement in the transaction has failed. PostgreSQL answers a plain
   * COMMIT of a failed transaction with a rollback, without an error. Any other statement raises an
   * error there, and the rest of the same round trip is skipped.
   */
  @Override
  public void commit(Connection connection) throws SQLException {
    Database.execute(connection, "SELECT 1; COMMIT");
  }

  @Override
  public String beginSnapshot() {
    return "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY" + (host ? FOR_THIS_TRANSACTION : "");
  }

  @Override
  public boolean readsInTransactions() {
    return host;
  }

  /** Raises the network timeout; the pool resets it afterwards. */
  @Override
  public void allowLongReads(Connection connection) throws SQLException {
    connection.setNetworkTimeout(Runnable::run, LONG_TIMEOUT_MILLIS);
  }

  @Override
  public void execute(Connection connection, String sql) throws SQLException {
    Database.execute(connection, sql);
  }

  /** A session for one piece of work: the driver itself caches prepared statements. */
  @Override
  public SqlSession session(Connection connection) {
    return SqlSession.ofWork(connection, this);
  }

  @Override
  public BookingOrder bookingOrder() {
    return PostgresBookingOrder.INSTANCE;
  }

  @Override
  public String statements(Migrator.Migration migration) {
    return migration.sql() + migration.postgresSql();
  }

  @Override
  public void adapt(Connection connection) throws SQLException {
    try (SqlSession sql = session(connection)) {
      PostgresBookingOrder.INSTANCE.ensureNewRowsSortLast(sql, connection);
    }
  }

  @Override
  public String forUpdate() {
    return " FOR UPDATE";
  }

  /** Not {@code now()}, which returns the start time of the transaction. */
  @Override
  public String nowMillis() {
    return "CAST(floor(extract(epoch FROM clock_timestamp()) * 1000) AS BIGINT)";
  }

  @Override
  public void lockForMigration(Connection connection) throws SQLException {
    connection.setNetworkTimeout(Runnable::run, LONG_TIMEOUT_MILLIS);
    Database.execute(connection, "SET LOCAL lock_timeout = 0");
    Database.execute(connection, "SELECT pg_advisory_xact_lock(" + MIGRATION_LOCK + ")");
    if (host && !hasSchema(connection)) {
      Database.execute(connection, "CREATE SCHEMA " + SCHEMA);
    }
  }

  /**
   * Replaces CREATE SCHEMA IF NOT EXISTS, which needs the CREATE privilege even if the schema
   * exists.
   */
  private boolean hasSchema(Connection connection) throws SQLException {
    try (SqlSession sql = session(connection)) {
      return sql.query("SELECT 1 FROM pg_namespace WHERE nspname = ?").text(SCHEMA).exists();
    }
  }

  /** Data exceptions, constraint violations, syntax errors and missing privileges. */
  @Override
  public boolean refuses(SQLException e) {
    String state = String.valueOf(e.getSQLState());
    return REFUSALS.contains(state.substring(0, Math.min(state.length(), 2)));
  }

  @Override
  public boolean isContended(SQLException e) {
    return LOCK_NOT_AVAILABLE.equals(e.getSQLState());
  }

  @Override
  public String reason(SQLException e) {
    // The pool reports only its timeout; the cause has the reason. So it is with a batch.
    Throwable told = e;
    if (e instanceof SQLTransientException && e.getCause() instanceof SQLException cause) {
      told = cause;
    } else if (e instanceof BatchUpdateException && e.getNextException() != null) {
      told = e.getNextException();
    }
    String message = String.valueOf(told.getMessage());
    return message.lines().findFirst().orElse(message);
  }
}
