package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.jdbc.DatabaseFile.Sight;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/**
 * A connection pool that checks before each piece of work whether the database file was deleted,
 * renamed or replaced. Without this check SQLite would continue in the file that has lost its name,
 * and everything written there would be gone when the process ends. SQLite would also apply the old
 * write-ahead log to the next file with that name, which corrupts that file
 * (sqlite.org/howtocorrupt.html, sections 1.4 and 2). A lost database is therefore never used
 * again: its content is saved next to it, and its log is moved away.
 *
 * <p>A file overwritten in place is detected if it has fewer pages than the database and the
 * write-ahead log lacks the last page.
 */
final class FilePool implements ConnectionPool {
  private static final Logger LOG = System.getLogger(FilePool.class.getName());
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  private final ConnectionPool pool;
  private final DatabaseFile file;
  private volatile boolean lost;

  /**
   * @param pool the connections to the file; closed with this pool
   */
  FilePool(ConnectionPool pool, DatabaseFile file) {
    this.pool = pool;
    this.file = file;
  }

  @Override
  public void open(First first) throws SQLException, IOException {
    pool.open(first);
    file.open();
  }

  @Override
  public <T> T with(Work<T> work) throws SQLException {
    requireInPlace();
    return pool.with(work);
  }

  /**
   * @throws SQLException if the file was deleted or replaced
   */
  void requireInPlace() throws SQLException {
    if (!lost && isLost()) {
      lose();
    }
    if (lost) {
      throw file.lost();
    }
  }

  /** The path of the write-ahead log. */
  Path log() {
    return file.beside("-wal");
  }

  /** Whether the file was deleted or replaced. */
  boolean hasLostFile() {
    return lost;
  }

  private boolean isLost() throws SQLException {
    Sight sight = file.look();
    return sight == Sight.GONE || (sight == Sight.SMALLER && pool.with(this::lacksLastPage));
  }

  /**
   * Whether the last page of the database is in neither the file nor the write-ahead log. The file
   * alone may be smaller than the database: new pages stay in the log until a checkpoint. The open
   * read transaction keeps both from being reset during the check (sqlite.org/walformat.html, 2.4).
   */
  private boolean lacksLastPage(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("BEGIN");
      try (ResultSet row =
          statement.executeQuery(
              "SELECT page_count, page_size, (SELECT count(*) FROM sqlite_schema)"
                  + " FROM pragma_page_count, pragma_page_size")) {
        row.next();
        long lastPage = row.getLong(1);
        int pageBytes = row.getInt(2);
        return file.size() < lastPage * pageBytes
            && !WriteAheadLog.holds(file.beside("-wal"), lastPage, pageBytes);
      } finally {
        statement.execute("ROLLBACK");
      }
    }
  }

  private synchronized void lose() throws SQLException {
    if (lost) {
      return;
    }
    lost = true;
    LOG.log(
        Level.ERROR,
        "the database {0} was deleted or replaced while it was in use;"
            + " restore it and restart the gateway, which serves nothing until then",
        file);
    String stamp = STAMP.format(Instant.now());
    if (file.look() == Sight.GONE) {
      if (file.isInPlace()) {
        // Only a link to the file has changed: the file and its log are intact.
        return;
      }
      save(file.beside(".lost-" + stamp));
    }
    moveLogAside(file.beside("-wal"), file.beside("-wal.lost-" + stamp));
  }

  private void save(Path copy) {
    try {
      SqliteDialect.createForOwner(copy);
      var unused =
          pool.with(
              connection -> {
                SqliteDialect.copyTo(connection, copy);
                return copy;
              });
      LOG.log(Level.WARNING, "The content of the lost database is saved in {0}", copy);
    } catch (SQLException | IOException e) {
      // An empty file would look like a copy.
      var unused = copy.toFile().delete();
      LOG.log(
          Level.WARNING, "The content of the lost database cannot be saved: {0}", e.getMessage());
    }
  }

  private void moveLogAside(Path log, Path aside) throws SQLException {
    if (!file.isOwnLog(log)) {
      return;
    }
    try {
      Files.move(log, aside);
      // SQLite would use it as the index of the next log.
      Files.deleteIfExists(file.beside("-shm"));
    } catch (IOException e) {
      LOG.log(
          Level.WARNING,
          "{0} of the lost database cannot be moved: {1}; remove it before you restore a database",
          log,
          e.getMessage());
    }
  }

  @Override
  public void discard(Connection connection) {
    pool.discard(connection);
  }

  /**
   * Does not close the connections of a lost database: closing the last one would write its log to
   * the file.
   */
  @Override
  public void close() {
    if (!lost) {
      pool.close();
    }
  }
}
