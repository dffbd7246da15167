package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Balance;
import dev.tollgate.gateway.ledger.Credit;
import dev.tollgate.gateway.ledger.CreditOutcome;
import dev.tollgate.gateway.ledger.CreditOutcome.Result;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Money;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;

/**
 * The books in the database: entries that are only inserted, and their sums in the project's row.
 */
final class JdbcLedger implements Ledger {
  private final Database database;

  JdbcLedger(Database database) {
    this.database = database;
  }

  @Override
  public Balance balance(String projectId) {
    return database.read(connection -> balance(connection, projectId));
  }

  private static Balance balance(Connection connection, String projectId) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT credits_nanos, charges_nanos, held_nanos FROM project WHERE id = ?")) {
      select.setString(1, projectId);
      try (ResultSet row = select.executeQuery()) {
        return row.next()
            ? new Balance(
                new Money(row.getLong(1)).minus(new Money(row.getLong(2))),
                new Money(row.getLong(3)))
            : new Balance(Money.ZERO, Money.ZERO);
      }
    }
  }

  @Override
  public CreditOutcome credit(Credit credit) {
    return database.write(
        connection -> {
          Result result = book(connection, credit);
          return new CreditOutcome(result, balance(connection, credit.projectId()));
        });
  }

  private static Result book(Connection connection, Credit credit) throws SQLException {
    Optional<Money> booked = bookedAmount(connection, credit);
    if (booked.isPresent()) {
      return booked.get().equals(credit.amount()) ? Result.REPEATED : Result.ID_TAKEN;
    }
    if (!addToProject(connection, credit)) {
      return Result.BELOW_HELD;
    }
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO ledger_entry (project_id, id, kind, amount_nanos, note, created_at)"
                + " VALUES (?, ?, 'credit', ?, ?, ?)")) {
      insert.setString(1, credit.projectId());
      insert.setString(2, credit.id());
      insert.setLong(3, credit.amount().nanos());
      insert.setString(4, credit.note());
      insert.setLong(5, credit.at().toEpochMilli());
      insert.executeUpdate();
    }
    return Result.BOOKED;
  }

  private static Optional<Money> bookedAmount(Connection connection, Credit credit)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT amount_nanos FROM ledger_entry WHERE project_id = ? AND id = ?")) {
      select.setString(1, credit.projectId());
      select.setString(2, credit.id());
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? Optional.of(new Money(row.getLong(1))) : Optional.empty();
      }
    }
  }

  private static Money credits(Connection connection, String projectId) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT credits_nanos FROM project WHERE id = ?")) {
      select.setString(1, projectId);
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? new Money(row.getLong(1)) : Money.ZERO;
      }
    }
  }

  /**
   * @return false if a correction would leave less than what is held
   */
  private static boolean addToProject(Connection connection, Credit credit) throws SQLException {
    long amount = credit.amount().nanos();
    // Refused here, in exact arithmetic: SQLite would turn an overflowing sum into a real number.
    var unused = credits(connection, credit.projectId()).plus(credit.amount());
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE project SET credits_nanos = credits_nanos + ? WHERE id = ?"
                + " AND (? > 0 OR credits_nanos - charges_nanos + ? >= held_nanos)")) {
      update.setLong(1, amount);
      update.setString(2, credit.projectId());
      update.setLong(3, amount);
      update.setLong(4, amount);
      return update.executeUpdate() == 1;
    }
  }
}
