package dev.tollgate.gateway.jdbc;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;

/** Another program on the same database. */
final class Sql implements AutoCloseable {
  private final Connection connection;

  Sql(DatabaseOptions options) throws SQLException {
    connection = connect(options);
  }

  static Connection connect(DatabaseOptions options) throws SQLException {
    Properties login = new Properties();
    if (options.user() != null) {
      login.setProperty("user", options.user());
    }
    if (options.password() != null) {
      login.setProperty("password", options.password().reveal());
    }
    if (options.file().isPresent()) {
      login.setProperty("foreign_keys", "true");
    }
    return DriverManager.getConnection(options.url(), login);
  }

  Sql execute(String sql) throws SQLException {
    Database.execute(connection, sql);
    return this;
  }

  long number(String query) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      row.next();
      return row.getLong(1);
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
