package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Entry;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/** Another program on the same database. Safe for use by many threads, as the drivers are. */
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

  List<Entry> entries(String projectId) throws SQLException {
    List<Entry> entries = new ArrayList<>();
    try (PreparedStatement select =
        connection.prepareStatement(EntryTable.SELECT + "project_id = ?")) {
      select.setString(1, projectId);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          entries.add(EntryTable.entry(new Row(row)));
        }
      }
    }
    return entries;
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
