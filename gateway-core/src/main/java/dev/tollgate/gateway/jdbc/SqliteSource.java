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
 * Opens connections to one SQLite file, each set up by {@code PRAGMA} statements. An application
 * brings its own version of the driver, and {@link SQLiteConfig} differs from version to version:
 * an older one has no setter for some settings, and ignores their names without a word. Safe for
 * use by many threads.
 */
final class SqliteSource extends SQLiteDataSource {
  // For each connection; negative: in KiB. All but the leaves of a large index stay in it.
  private static final int CACHE_KIB = -8_192;

  // Of 4 KiB, until what was logged is written to its place: the pages at the end of the tables are
  // written again by every commit, so the later the fewer.
  private static final int WAL_PAGES = 4_000;

  private final DatabaseFile file;
  private final List<String> pragmas;

  /**
   * @param file once it is open, no connection is made to another file of its name
   * @param busyTimeoutMillis how long a statement waits for another connection's lock
   */
  SqliteSource(DatabaseFile file, int busyTimeoutMillis) {
    super(new SQLiteConfig(withoutGeneratedKeys()));
    this.file = file;
    setUrl("jdbc:sqlite:" + file);
    this.pragmas =
        List.of(
            // The first: all that follow may have to wait.
            "busy_timeout = " + busyTimeoutMillis,
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "cache_size = " + CACHE_KIB,
            "wal_autocheckpoint = " + WAL_PAGES);
  }

  /** They are a query after each insert, and unused. The oldest drivers ignore the property. */
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
