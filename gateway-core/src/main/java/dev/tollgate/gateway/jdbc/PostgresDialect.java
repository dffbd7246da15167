package dev.tollgate.gateway.jdbc;

import com.zaxxer.hikari.HikariConfig;
import dev.tollgate.gateway.account.Secret;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.util.Set;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * PostgreSQL. Several servers may run on one database. No copy is made before a migration: a
 * database server has its own ways, and they are its operator's business.
 */
final class PostgresDialect implements SqlDialect {
  private static final String DRIVER = "org.postgresql.ds.PGSimpleDataSource";
  private static final int POOL_SIZE = 8;
  private static final long CONNECTION_TIMEOUT_MILLIS = 3_000;
  private static final long VALIDATION_TIMEOUT_MILLIS = 2_000;
  private static final int HOST_TIMEOUT_MILLIS = 5_000;

  /**
   * A server that stands still, or is gone without a word, costs a thread these seconds and not for
   * ever. What the URL itself says comes later in its query and so wins.
   */
  private static final String DEFAULTS =
      "connectTimeout=3&socketTimeout=5&tcpKeepAlive=true&ApplicationName=tollgate"
          + "&logServerErrorDetail=false";

  /**
   * A lock is given up long before the socket is: other projects' changes wait behind it. A gateway
   * that stands still in a transaction must not hold its rows against all the others.
   */
  private static final String SESSION =
      "SET lock_timeout = '1s'; SET idle_in_transaction_session_timeout = '10s'";

  /** To make an index on a large table, or to add it up, takes longer than anything else. */
  private static final int LONG_TIMEOUT_MILLIS = 600_000;

  /** "tollgate", to be told from other applications' locks in the same database. */
  private static final long MIGRATION_LOCK = 0x74_6f_6c_6c_67_61_74_65L;

  /**
   * Classes of PostgreSQL's appendix A: data exception, integrity constraint violation, syntax
   * error or access rule violation.
   */
  private static final Set<String> REFUSALS = Set.of("22", "23", "42");

  private static final String LOCK_NOT_AVAILABLE = "55P03";

  /**
   * Where the tables are in an application's own database. For one transaction: nothing of it stays
   * on a connection that is not ours.
   */
  private static final String SCHEMA = "tollgate";

  private static final String FOR_THIS_TRANSACTION =
      // Unless it is named, the session's own temporary schema comes first.
      "; SET LOCAL search_path = "
          + SCHEMA
          + ", pg_temp"
          + "; SET LOCAL synchronous_commit = on"
          + "; SET LOCAL lock_timeout = '1s'"
          + "; SET LOCAL idle_in_transaction_session_timeout = '10s'";

  private final DataSource source;
  private final boolean host;

  /** On connections of our own. */
  PostgresDialect(DatabaseOptions options) {
    requireDriver(options);
    this.source = source(options);
    this.host = false;
  }

  /** On an application's connections, and in a schema of our own. */
  PostgresDialect(DataSource source) {
    this.source = source;
    this.host = true;
  }

  /** The driver is an optional dependency of an embedding application. */
  private static void requireDriver(DatabaseOptions options) {
    try {
      Class.forName(DRIVER, false, PostgresDialect.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new DatabaseException(
          "cannot open database "
              + options.name()
              + ": the driver org.postgresql:postgresql is not on the class path",
          e);
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
    HikariConfig config = new HikariConfig();
    config.setPoolName("tollgate-database");
    config.setDataSource(source);
    config.setMaximumPoolSize(POOL_SIZE);
    config.setMinimumIdle(1);
    config.setConnectionTimeout(CONNECTION_TIMEOUT_MILLIS);
    config.setValidationTimeout(VALIDATION_TIMEOUT_MILLIS);
    config.setConnectionInitSql(SESSION);
    // The migration has just found the server; if it went away since, calls will say so.
    config.setInitializationFailTimeout(-1);
    return new OwnPool(source::getConnection, config);
  }

  /** Whatever the server's default is, a statement sees what was committed before it began. */
  @Override
  public String begin() {
    return "BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE" + (host ? FOR_THIS_TRANSACTION : "");
  }

  /**
   * The server answers the commit of a transaction in which a statement failed by undoing it, and
   * says nothing; any other statement fails there, and what comes behind it in one round trip is
   * not done.
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

  @Override
  public boolean hasOneWriter() {
    return false;
  }

  /** The pool sets its own time limit again. */
  @Override
  public void allowLongReads(Connection connection) throws SQLException {
    connection.setNetworkTimeout(Runnable::run, LONG_TIMEOUT_MILLIS);
  }

  @Override
  public void execute(Connection connection, String sql) throws SQLException {
    Database.execute(connection, sql);
  }

  /** The driver remembers what it has prepared. */
  @Override
  public SqlSession session(Connection connection) {
    return SqlSession.ofWork(connection, this);
  }

  /** None outlives its work. */
  @Override
  public void forgetStatements(Connection connection) {}

  @Override
  public String forUpdate() {
    return " FOR UPDATE";
  }

  /** Not {@code now()}: that is when the transaction began. */
  @Override
  public String nowMillis() {
    return "CAST(floor(extract(epoch FROM clock_timestamp()) * 1000) AS BIGINT)";
  }

  @Override
  public boolean backsUp() {
    return false;
  }

  @Override
  public void backUp(Connection connection, int version) {}

  @Override
  public void lockForMigration(Connection connection) throws SQLException {
    connection.setNetworkTimeout(Runnable::run, LONG_TIMEOUT_MILLIS);
    Database.execute(connection, "SET LOCAL lock_timeout = 0");
    Database.execute(connection, "SELECT pg_advisory_xact_lock(" + MIGRATION_LOCK + ")");
    if (host && !hasSchema(connection)) {
      Database.execute(connection, "CREATE SCHEMA " + SCHEMA);
    }
  }

  /** Not by IF NOT EXISTS, which wants the right to make one also where it is there. */
  private static boolean hasSchema(Connection connection) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT 1 FROM pg_namespace WHERE nspname = ?")) {
      select.setString(1, SCHEMA);
      try (ResultSet row = select.executeQuery()) {
        return row.next();
      }
    }
  }

  /** Data exceptions, violated constraints, and what the statement or the rights do not allow. */
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
    // The pool says only that it waited in vain; why is in the cause.
    Throwable told =
        e instanceof SQLTransientException && e.getCause() instanceof SQLException cause
            ? cause
            : e;
    String message = String.valueOf(told.getMessage());
    return message.lines().findFirst().orElse(message);
  }
}
