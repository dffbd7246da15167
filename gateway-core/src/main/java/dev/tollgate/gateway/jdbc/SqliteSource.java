package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.jdbc.DatabaseFile.Sight;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Properties;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteDataSource;

/**
 * Opens connections to one SQLite file, and configures each with {@code PRAGMA} statements. {@link
 * SQLiteConfig} is not used for that: an application brings its own version of the driver, and old
 * versions lack setters for some settings and silently ignore their names. Safe for use by many
 * threads.
 */
final class SqliteSource extends SQLiteDataSource {
  // Per connection; negative means KiB. Large enough for all pages of a large index but the leaves.
  private static final int CACHE_KIB = -8_192;

  // Pages of 4 KiB in the log before a commit makes a checkpoint. In a server the Checkpointer
  // comes first. Commits rewrite the same pages, so fewer checkpoints mean fewer writes.
  private static final int WAL_PAGES = 10_000;

  private final DatabaseFile file;
  private final List<String> pragmas;

  /**
   * @param file the database file. Once it is open, connections to another file of the same name
   *     are refused
   * @param busyTimeoutMillis how long a statement waits for another connection's lock
   * @param synced whether a commit waits for the disk
   */
  SqliteSource(DatabaseFile file, int busyTimeoutMillis, boolean synced) {
    super(new SQLiteConfig(withoutGeneratedKeys()));
    this.file = file;
    setUrl("jdbc:sqlite:" + file);
    this.pragmas =
        List.of(
            // First, because all the others may have to wait for a lock.
            "busy_timeout = " + busyTimeoutMillis,
            "journal_mode = WAL",
            "synchronous = " + (synced ? "FULL" : "NORMAL"),
            "foreign_keys = ON",
            "cache_size = " + CACHE_KIB,
            "wal_autocheckpoint = " + WAL_PAGES);
  }

  /**
   * Turns off generated keys, which cost a query after each insert and are not used. The oldest
   * drivers ignore the property.
   */
  private static Properties withoutGeneratedKeys() {
    Properties properties = new Properties();
    properties.setProperty("jdbc.get_generated_keys", "false");
    return properties;
  }

  @Override
  public SQLiteConnection getConnection(String user, String password) throws SQLException {
    if (file.look() == Sight.GONE) {
      throw file.lost();
    }
    SQLiteConnection connection = super.getConnection(user, password);
    try (Statement statement = connection.createStatement()) {
      for (String pragma : pragmas) {
        statement.execute("PRAGMA " + pragma);
      }
      return connection;
    } catch (SQLException | RuntimeException e) {
      closeAfter(e, connection);
      throw e;
    }
  }

  private static void closeAfter(Exception failure, SQLiteConnection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      failure.addSuppressed(e);
    }
  }
}
