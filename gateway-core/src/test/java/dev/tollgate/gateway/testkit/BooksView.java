package dev.tollgate.gateway.testkit;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/** The books as another program sees them in the database, without any code of the gateway's. */
public final class BooksView implements AutoCloseable {
  /** A line of the books, of whichever project. */
  public record Line(
      String id,
      String kind,
      long amountNanos,
      long costNanos,
      long overrunNanos,
      String literal,
      String flags,
      String generationId) {}

  /** A hold, of whichever project. */
  public record Hold(
      String id,
      String state,
      long placedNanos,
      long amountNanos,
      String generationId,
      String idempotencyKey,
      String reason) {}

  private final Connection connection;

  public BooksView(String url) throws SQLException {
    Properties login = new Properties();
    if (url.startsWith("jdbc:postgresql:")) {
      login.setProperty("user", "postgres");
    }
    connection = DriverManager.getConnection(url, login);
  }

  /** A view by way of a connection that somebody else has made. */
  public BooksView(Connection connection) {
    this.connection = connection;
  }

  public List<Line> lines(String kind) throws SQLException {
    List<Line> lines = new ArrayList<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT id, kind, amount_nanos, cost_nanos, overrun_nanos, literal, flags,"
                + " generation_id FROM ledger_entry WHERE kind = ? ORDER BY created_at, id")) {
      select.setString(1, kind);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          lines.add(
              new Line(
                  row.getString(1),
                  row.getString(2),
                  row.getLong(3),
                  row.getLong(4),
                  row.getLong(5),
                  row.getString(6),
                  row.getString(7),
                  row.getString(8)));
        }
      }
    }
    return lines;
  }

  /** The charges, of which there is never more than one for a request. */
  public List<Line> charges() throws SQLException {
    return lines("charge");
  }

  public List<Hold> holds() throws SQLException {
    List<Hold> holds = new ArrayList<>();
    try (PreparedStatement select =
            connection.prepareStatement(
                "SELECT id, state, placed_nanos, amount_nanos, generation_id, idempotency_key,"
                    + " reason FROM hold ORDER BY created_at, id");
        ResultSet row = select.executeQuery()) {
      while (row.next()) {
        holds.add(
            new Hold(
                row.getString(1),
                row.getString(2),
                row.getLong(3),
                row.getLong(4),
                row.getString(5),
                row.getString(6),
                row.getString(7)));
      }
    }
    return holds;
  }

  /** Whether a pending hold is to be looked up by now. */
  public boolean isDue(Instant now) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT 1 FROM hold WHERE state = 'pending' AND next_ask_at <= ?")) {
      select.setLong(1, now.toEpochMilli());
      try (ResultSet row = select.executeQuery()) {
        return row.next();
      }
    }
  }

  /** How many holds are in which state. */
  public Map<String, Integer> states() throws SQLException {
    Map<String, Integer> states = new TreeMap<>();
    holds().forEach(hold -> states.merge(hold.state(), 1, Integer::sum));
    return states;
  }

  /** How many holds are open or pending. */
  public long unsettled() throws SQLException {
    return number("SELECT count(*) FROM hold WHERE state IN ('open', 'pending')");
  }

  public long number(String query) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(query);
        ResultSet row = select.executeQuery()) {
      row.next();
      return row.getLong(1);
    }
  }

  /** The rules of the books that they break, as text; empty if all is well. */
  public List<String> broken() throws SQLException {
    List<String> broken = new ArrayList<>();
    for (String rule :
        List.of(
            "credits_nanos <> (SELECT coalesce(sum(amount_nanos), 0) FROM ledger_entry e"
                + " WHERE e.project_id = p.id AND kind = 'credit')",
            "charges_nanos <> (SELECT coalesce(sum(amount_nanos), 0) FROM ledger_entry e"
                + " WHERE e.project_id = p.id AND kind = 'charge')",
            "held_nanos <> (SELECT coalesce(sum(amount_nanos), 0) FROM hold h"
                + " WHERE h.project_id = p.id AND state IN ('open', 'pending'))",
            "credits_nanos - charges_nanos - held_nanos <"
                + " -(SELECT coalesce(sum(overrun_nanos), 0) FROM ledger_entry e"
                + " WHERE e.project_id = p.id)")) {
      if (number("SELECT count(*) FROM project p WHERE " + rule) > 0) {
        broken.add(rule);
      }
    }
    if (number(
            "SELECT count(*) FROM hold h LEFT JOIN (SELECT hold_id, count(*) AS charges"
                + " FROM ledger_entry WHERE kind = 'charge' GROUP BY hold_id) e"
                + " ON e.hold_id = h.id"
                + " WHERE (h.state = 'captured') <> (coalesce(e.charges, 0) = 1)")
        > 0) {
      broken.add("a captured hold has one charge, another none");
    }
    return broken;
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
