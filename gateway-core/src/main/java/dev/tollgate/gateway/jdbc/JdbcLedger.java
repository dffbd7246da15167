package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.StoreUnavailableException;
import dev.tollgate.gateway.jdbc.Books.Account;
import dev.tollgate.gateway.ledger.Capture;
import dev.tollgate.gateway.ledger.Credit;
import dev.tollgate.gateway.ledger.CreditOutcome;
import dev.tollgate.gateway.ledger.CreditOutcome.Result;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Hold;
import dev.tollgate.gateway.ledger.HoldOutcome;
import dev.tollgate.gateway.ledger.HoldRequest;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Orphans;
import dev.tollgate.gateway.ledger.Pending;
import dev.tollgate.gateway.ledger.ProjectTotals;
import dev.tollgate.gateway.ledger.Settled;
import dev.tollgate.gateway.ledger.Spending;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The books in the database: entries that are only inserted, holds, and their sums in the project's
 * row. What a request needs goes through the {@link CommitQueue}; the rules are in {@link Changes}.
 */
final class JdbcLedger implements Ledger, AutoCloseable {
  /** The pending holds of a project that are due later and were not asked for just now. */
  private static final String WAITS =
      " WHERE project_id = ? AND "
          + Books.PENDING
          + " AND next_ask_at > ? AND (asked_at IS NULL OR asked_at <= ?)";

  private final Database database;
  private final CommitQueue commits;
  private final Lease lease;
  private final SpendingReader spending;

  JdbcLedger(Database database, Lease lease, CommitQueue commits) {
    this.database = database;
    this.lease = lease;
    this.commits = commits;
    this.spending = new SpendingReader(database);
  }

  @Override
  public ProjectTotals totals(String projectId) {
    return database.read(
        connection -> {
          try (Statements statements = database.dialect().statements(connection)) {
            Account account = Books.sums(statements, projectId);
            return account == null ? ProjectTotals.NOTHING : account.totals();
          }
        });
  }

  @Override
  public Spending spending(String projectId, @Nullable String keyId, Instant at) {
    return spending.read(projectId, keyId, at);
  }

  @Override
  public Optional<String> upstreamKeyOf(String projectId, String generationId) {
    return database.read(connection -> Books.upstreamKeyOf(connection, projectId, generationId));
  }

  @Override
  public CreditOutcome credit(Credit credit) {
    return database.write(
        connection -> {
          try (Books books = database.books(connection, lease.node(), new OpenHolds())) {
            Result result = book(books, credit);
            books.write();
            Account account = books.account(credit.projectId());
            return new CreditOutcome(
                result, account == null ? ProjectTotals.NOTHING.balance() : account.balance());
          }
        });
  }

  private static Result book(Books books, Credit credit) throws SQLException {
    // First of all: whoever books the same at the same time waits here.
    Account account = books.account(credit.projectId());
    Optional<Entry> booked = books.entry(credit.projectId(), credit.id());
    if (booked.isPresent()) {
      boolean same =
          booked.get().kind() == Entry.Kind.CREDIT && booked.get().amount().equals(credit.amount());
      return same ? Result.REPEATED : Result.ID_TAKEN;
    }
    if (account == null
        || (credit.amount().isNegative()
            && account.available().plus(credit.amount()).isNegative())) {
      return Result.BELOW_HELD;
    }
    account.credit(credit.amount());
    var unused = books.insertEntry(Entry.of(credit), null);
    return Result.BOOKED;
  }

  @Override
  public CompletionStage<HoldOutcome> hold(HoldRequest request) {
    if (!lease.isValid()) {
      // Another node might take the hold for an orphan's.
      return CompletableFuture.failedFuture(
          new StoreUnavailableException("this node's lease has run out"));
    }
    LedgerChange<HoldOutcome> change =
        new LedgerChange<>(true) {
          @Override
          String findProjectId(Connection connection, OpenHolds openHolds) {
            return request.projectId();
          }

          @Override
          HoldOutcome apply(Books books) throws SQLException {
            return Changes.hold(books, request);
          }
        };
    return commits.submit(change);
  }

  @Override
  public CompletionStage<Void> recordGeneration(String holdId, String generationId) {
    return submit(holdId, books -> Changes.recordGeneration(books, holdId, generationId))
        .thenApply(ignored -> null);
  }

  @Override
  public CompletionStage<Settled> capture(Capture capture) {
    return submit(capture.holdId(), books -> Changes.capture(books, capture));
  }

  @Override
  public CompletionStage<Settled> release(String holdId, boolean keepIdempotencyKey, Instant at) {
    return submit(holdId, books -> Changes.release(books, holdId, keepIdempotencyKey, at));
  }

  /** Not in the ledger's queue, so that it joins the transaction of what is written of it. */
  @Override
  public Settled settle(String holdId, @Nullable Money charge, Instant at) {
    return database.write(
        connection -> {
          String projectId = projectOf(connection, holdId);
          try (Books books = database.books(connection, lease.node(), new OpenHolds())) {
            var unused = books.account(projectId);
            Settled settled = Changes.settle(books, holdId, charge, at);
            books.write();
            return settled;
          }
        });
  }

  @Override
  public CompletionStage<Settled> pend(Pending pending) {
    return submit(pending.holdId(), books -> Changes.pend(books, pending));
  }

  /** A change to a hold, made in {@link CommitQueue}. */
  private interface HoldChange<T> {
    T make(Books books) throws SQLException;
  }

  private <T> CompletableFuture<T> submit(String holdId, HoldChange<T> change) {
    return commits.submit(
        new LedgerChange<T>(false) {
          @Override
          String findProjectId(Connection connection, OpenHolds openHolds) throws SQLException {
            String known = openHolds.projectOf(holdId);
            return known == null ? projectOf(connection, holdId) : known;
          }

          @Override
          T apply(Books books) throws SQLException {
            return change.make(books);
          }
        });
  }

  private static String projectOf(Connection connection, String holdId) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT project_id FROM hold WHERE id = ?")) {
      Statements.setText(select, 1, holdId);
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? row.getString(1) : "";
      }
    }
  }

  int waiting() {
    return commits.waiting();
  }

  @Override
  public Orphans adoptOrphans(Instant now) {
    return lease.adoptOrphans(now);
  }

  @Override
  public List<Hold> due(Instant now, int limit) {
    return database.read(
        connection -> {
          try (PreparedStatement select =
              connection.prepareStatement(
                  Books.holds(
                      "WHERE owner = ? AND "
                          + Books.PENDING
                          + " AND next_ask_at <= ?"
                          + " ORDER BY next_ask_at, id LIMIT ?"))) {
            Statements.setText(select, 1, lease.node());
            select.setLong(2, now.toEpochMilli());
            select.setInt(3, limit);
            List<Hold> holds = new ArrayList<>();
            try (ResultSet row = select.executeQuery()) {
              while (row.next()) {
                holds.add(Books.hold(row));
              }
            }
            return holds;
          }
        });
  }

  @Override
  public void defer(String holdId, Instant askedAt, Instant nextAskAt) {
    database.write(
        connection -> {
          try (PreparedStatement update =
              connection.prepareStatement(
                  "UPDATE hold SET attempts = attempts + 1, asked_at = ?, next_ask_at = ?"
                      + " WHERE id = ? AND state = 'pending'")) {
            update.setLong(1, askedAt.toEpochMilli());
            update.setLong(2, nextAskAt.toEpochMilli());
            Statements.setText(update, 3, holdId);
            return update.executeUpdate();
          }
        });
  }

  @Override
  public void hurry(String projectId, Instant now, Duration minGap) {
    // Mostly there are none, and to look takes no lock.
    if (!database.read(connection -> waits(connection, projectId, now, minGap))) {
      return;
    }
    database.write(
        connection -> {
          try (Books books = database.books(connection, lease.node(), new OpenHolds());
              PreparedStatement update =
                  connection.prepareStatement("UPDATE hold SET next_ask_at = ?" + WAITS)) {
            // Locked first, as by the ledger's queue: it writes the same holds in another order.
            var unused = books.account(projectId);
            update.setLong(1, now.toEpochMilli());
            setWaits(update, 2, projectId, now, minGap);
            return update.executeUpdate();
          }
        });
  }

  @Override
  public int putClocksRight(Instant now, Duration maxDelay) {
    return lease.cutLeases() + new FutureTimes(database, lease.node(), now, maxDelay).putRight();
  }

  private static boolean waits(
      Connection connection, String projectId, Instant now, Duration minGap) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT 1 FROM hold" + WAITS + " LIMIT 1")) {
      setWaits(select, 1, projectId, now, minGap);
      try (ResultSet row = select.executeQuery()) {
        return row.next();
      }
    }
  }

  private static void setWaits(
      PreparedStatement statement, int parameter, String projectId, Instant now, Duration minGap)
      throws SQLException {
    Statements.setText(statement, parameter, projectId);
    statement.setLong(parameter + 1, now.toEpochMilli());
    statement.setLong(parameter + 2, now.minus(minGap).toEpochMilli());
  }

  @Override
  public CompletionStage<Void> probe() {
    return lease.probe();
  }

  @Override
  public void close() {
    lease.close();
    commits.close();
    lease.sayGoodBye();
  }
}
