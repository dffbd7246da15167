package dev.tollgate.gateway.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/** An application with a PostgreSQL database, a pool and a table {@code project} of its own. */
final class HostApplication implements AutoCloseable {
  private static final int CONNECTIONS = 4;

  private final DatabaseOptions options;
  private final PlainPool pool;

  HostApplication(DatabaseOptions options) {
    this(options, true);
  }

  /**
   * @param autoCommit how its connections come out of its pool
   */
  HostApplication(DatabaseOptions options, boolean autoCommit) {
    this.options = options;
    try {
      pool = new PlainPool(options, CONNECTIONS, autoCommit);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    execute("CREATE TABLE project (title TEXT); INSERT INTO project VALUES ('the host''s own')");
  }

  DataSource pool() {
    return pool;
  }

  /** The gateway's tables, from outside. */
  DatabaseOptions tables() {
    return DatabaseOptions.parse(options.url() + "?currentSchema=tollgate")
        .withLogin(options.user(), null);
  }

  void execute(String sql) {
    try (Connection connection = Sql.connect(options)) {
      Database.execute(connection, sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What one of the pool's own connections answers. */
  String ask(String query) throws SQLException {
    try (Connection connection = pool.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      row.next();
      return row.getString(1);
    }
  }

  @Override
  public void close() {
    try {
      pool.close();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
