package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.OwnerOnly;
import dev.tollgate.gateway.threads.OwnThreads;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteErrorCode;

/**
 * SQLite. Write-ahead logging lets reads continue alongside a writer, and every commit is synced to
 * disk. A transaction begins with {@code IMMEDIATE}, so it waits for the write lock at its start
 * and never later.
 */
final class SqliteDialect implements SqlDialect {
  private static final Set<Integer> REFUSALS =
      Set.of(
          SQLiteErrorCode.SQLITE_ERROR.code,
          SQLiteErrorCode.SQLITE_TOOBIG.code,
          SQLiteErrorCode.SQLITE_CONSTRAINT.code,
          SQLiteErrorCode.SQLITE_MISMATCH.code,
          SQLiteErrorCode.SQLITE_MISUSE.code,
          SQLiteErrorCode.SQLITE_RANGE.code);
  private static final int POOL_SIZE = 4;
  private static final int BUSY_TIMEOUT_MILLIS = 3_000;
  private static final long RETRY_NANOS = 10_000_000;

  private final Path path;
  private final DatabaseFile file;
  private final SqliteSource source;
  private final FilePool pool;
  private final Map<SQLiteConnection, SqlSession> kept = new ConcurrentHashMap<>();

  SqliteDialect(Path path) {
    this.path = path;
    this.file = new DatabaseFile(path);
    this.source = new SqliteSource(file, BUSY_TIMEOUT_MILLIS, true);
    this.pool = new FilePool(new OwnPool(this::connect, OwnPool.config(source, POOL_SIZE)), file);
  }

  private Connection connect() throws SQLException, IOException {
    createForOwner(path);
    long start = System.nanoTime();
    while (true) {
      try {
        return source.getConnection();
      } catch (SQLException e) {
        // On a new database the switch to write-ahead logging fails at once if the file is locked;
        // other statements wait.
        if (!isLocked(e) || System.nanoTime() - start > BUSY_TIMEOUT_MILLIS * 1_000_000L) {
          throw e;
        }
        LockSupport.parkNanos(RETRY_NANOS);
      }
    }
  }

  /**
   * Creates the file with owner-only permissions, which SQLite also gives to the files next to it.
   */
  static void createForOwner(Path file) throws IOException {
    try {
      Files.createFile(file, OwnerOnly.attributes(file));
    } catch (FileAlreadyExistsException e) {
      // The file usually exists already.
    }
  }

  @Override
  public ConnectionPool pool() {
    return pool;
  }

  @Override
  public Optional<SqliteWriter> writer(
      HoldDurability durability, OwnThreads threads, Runnable onForced)
      throws SQLException, IOException {
    boolean synced = durability == HoldDurability.POWER;
    SqliteSource own = new SqliteSource(file, BUSY_TIMEOUT_MILLIS, synced);
    OwnPool one = new OwnPool(own::getConnection, OwnPool.config(own, 1));
    Connection anchor = source.getConnection();
    try {
      // Reads, because a connection opens the log only then.
      Database.execute(anchor, "SELECT count(*) FROM sqlite_schema");
      one.open(connection -> {});
      LogForcer forcer = synced ? null : new LogForcer(new LogFile(pool.log()), threads, onForced);
      return Optional.of(new SqliteWriter(pool, one, anchor, forcer, threads));
    } catch (SQLException | IOException | RuntimeException e) {
      one.close();
      anchor.close();
      throw e;
    }
  }

  @Override
  public void forceLog() throws IOException {
    LogFile.forceOnce(pool.log());
  }

  @Override
  public String begin() {
    return "BEGIN IMMEDIATE";
  }

  @Override
  public void commit(Connection connection) throws SQLException {
    execute(connection, "COMMIT");
  }

  /** The snapshot starts at the first read; no writer waits for it. */
  @Override
  public String beginSnapshot() {
    return "BEGIN DEFERRED";
  }

  @Override
  public boolean hasOneWriter() {
    return true;
  }

  @Override
  public void execute(Connection connection, String sql) throws SQLException {
    session(connection).query(sql).execute();
  }

  @Override
  public void overwriteDeleted(SqlSession sql, boolean overwrite) throws SQLException {
    // A setting of the connection, which answers with its new value.
    var unused = sql.query("PRAGMA secure_delete = " + (overwrite ? "ON" : "OFF")).exists();
  }

  /**
   * A session that is kept for the driver's own connection. SQLite compiles a text each time it is
   * prepared, which takes longer than running it.
   */
  @Override
  public SqlSession session(Connection connection) throws SQLException {
    SQLiteConnection own = connection.unwrap(SQLiteConnection.class);
    SqlSession session = kept.get(own);
    if (session == null) {
      kept.keySet().removeIf(SqliteDialect::isClosed);
      session = SqlSession.ofConnection(own, this);
      kept.put(own, session);
    }
    return session;
  }

  /**
   * Discards the statements: the driver closes a failed statement, and using it again throws an
   * exception.
   */
  @Override
  public void forgetStatements(Connection connection) throws SQLException {
    SqlSession session = kept.remove(connection.unwrap(SQLiteConnection.class));
    if (session != null) {
      session.forget();
    }
  }

  private static boolean isClosed(SQLiteConnection connection) {
    try {
      return connection.isClosed();
    } catch (SQLException e) {
      return true;
    }
  }

  @Override
  public BookingOrder bookingOrder() {
    return SqliteBookingOrder.INSTANCE;
  }

  /** Empty: a transaction that began with {@code IMMEDIATE} is the only writer. */
  @Override
  public String forUpdate() {
    return "";
  }

  @Override
  public String nowMillis() {
    return "CAST(round(unixepoch('now', 'subsec') * 1000) AS INTEGER)";
  }

  @Override
  public boolean backsUp() {
    return true;
  }

  @Override
  public void backUp(Connection connection, int version) throws SQLException, IOException {
    Path copy = Path.of(path + ".v" + version + ".backup");
    if (Files.exists(copy)) {
      return;
    }
    createForOwner(copy);
    try {
      copyTo(connection, copy);
    } catch (SQLException e) {
      Files.deleteIfExists(copy);
      throw e;
    }
  }

  /**
   * Copies a consistent snapshot of the database.
   *
   * @param copy an existing empty file; a file that SQLite creates here would be readable by all
   *     users
   */
  static void copyTo(Connection connection, Path copy) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement("VACUUM INTO ?")) {
      statement.setString(1, copy.toString());
      statement.execute();
    }
  }

  /** Does nothing: the transaction itself blocks all other writers. */
  @Override
  public void lockForMigration(Connection connection) {}

  @Override
  public boolean refuses(SQLException e) {
    return REFUSALS.contains(e.getErrorCode() & 0xff);
  }

  private static boolean isLocked(SQLException e) {
    int code = e.getErrorCode() & 0xff;
    return code == SQLiteErrorCode.SQLITE_BUSY.code || code == SQLiteErrorCode.SQLITE_LOCKED.code;
  }

  @Override
  public String reason(SQLException e) {
    String message = String.valueOf(e.getMessage());
    return message.contains("SQLITE_BUSY") ? "it is locked by another process" : message;
  }
}
