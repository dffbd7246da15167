package dev.tollgate.gateway.jdbc;

import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** Another program on the same database. */
final class Sql implements AutoCloseable {
  private final Connection connection;

  Sql(DatabaseOptions options) throws SQLException, IOException {
    connection = SqlDialect.of(options).connect();
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
