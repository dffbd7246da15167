package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.MoneyHistoryContract;
import dev.tollgate.gateway.ledger.Reports;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/** The histories on a database, which is closed and opened again in a crash. */
abstract class JdbcMoneyHistoryContract extends MoneyHistoryContract {
  private @Nullable JdbcBooks books;
  private int projects;

  /** An empty database. */
  abstract DatabaseOptions options();

  @Override
  protected Ledger open() {
    DatabaseOptions options = books == null ? options() : books.options;
    close();
    books = new JdbcBooks(options);
    return books.ledger();
  }

  @Override
  protected String newProject() {
    return books.newProject("history" + projects++);
  }

  @Override
  protected List<Entry> entries(String projectId) throws Exception {
    return books.entries(projectId);
  }

  @Override
  protected List<Reports.Violation> violations(Instant now) {
    return books.stores.reports().violations(now, Duration.ofMinutes(15));
  }

  @AfterEach
  void close() {
    if (books != null) {
      books.close();
    }
  }
}
