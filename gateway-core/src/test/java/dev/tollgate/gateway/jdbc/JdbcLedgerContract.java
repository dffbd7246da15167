package dev.tollgate.gateway.jdbc;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.ledger.Balance;
import dev.tollgate.gateway.ledger.Credit;
import dev.tollgate.gateway.ledger.CreditOutcome;
import dev.tollgate.gateway.ledger.CreditOutcome.Result;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Fallback;
import dev.tollgate.gateway.ledger.Hold;
import dev.tollgate.gateway.ledger.HoldLimits;
import dev.tollgate.gateway.ledger.HoldMode;
import dev.tollgate.gateway.ledger.HoldRequest;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.LedgerContract;
import dev.tollgate.gateway.ledger.Money;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the books promise on every database. */
abstract class JdbcLedgerContract extends LedgerContract {
  private JdbcBooks books;

  /** An empty database. */
  abstract DatabaseOptions freshDatabase();

  @Override
  protected Ledger freshLedger() {
    books = new JdbcBooks(freshDatabase());
    return books.ledger();
  }

  @Override
  protected String newProject() {
    return books.newProject();
  }

  @Override
  protected List<Entry> entries(String projectId) throws Exception {
    return books.entries(projectId);
  }

  @AfterEach
  void close() {
    books.close();
  }

  private CreditOutcome credit(String project, String id, String dollars) {
    return books.ledger().credit(new Credit(id, project, Money.parse(dollars), "", Instant.EPOCH));
  }

  @Test
  void aProjectInDebtCanBeCredited() throws Exception {
    String project = newProject();
    books.execute("UPDATE project SET charges_nanos = 5000000000 WHERE id = '" + project + "'");

    assertThat(credit(project, "c1", "1.00").balance().total()).isEqualTo(Money.parse("-4.00"));
  }

  @Test
  void theSumOfCreditsIsCountedEvenIfMostOfItIsSpent() throws Exception {
    String project = newProject();
    credit(project, "c1", "9000000000.00");
    books.execute(
        "UPDATE project SET charges_nanos = 9000000000000000000 WHERE id = '" + project + "'");

    assertThatThrownBy(() -> credit(project, "c2", "9000000000.00"))
        .isInstanceOf(ArithmeticException.class);
    assertThat(books.ledger().balance(project).total()).isEqualTo(Money.ZERO);
  }

  @Test
  void theBooksAreThereAfterARestart() throws Exception {
    String project = newProject();
    credit(project, "c1", "5.00");
    books.close();
    books = new JdbcBooks(books.options);

    assertThat(books.ledger().balance(project))
        .isEqualTo(new Balance(Money.parse("5.00"), Money.ZERO));
    assertThat(credit(project, "c1", "5.00").result()).isEqualTo(Result.REPEATED);
  }

  @Test
  void aHoldThatACrashLeftHasItsPromptEstimateForAFallback() throws Exception {
    String project = newProject();
    credit(project, "c1", "5.00");
    HoldRequest request =
        new HoldRequest(
            "h1",
            project,
            "key_1",
            Money.parse("1.00"),
            HoldMode.BOUNDED,
            Markup.NONE,
            "a/model",
            "upk_1",
            null,
            HoldLimits.NONE,
            Money.parse("0.25"),
            false,
            Instant.EPOCH);
    books.ledger().hold(request).toCompletableFuture().get(10, SECONDS);
    books.close();
    books = new JdbcBooks(books.options);

    assertThat(books.ledger().adoptOrphans(Instant.EPOCH)).isEqualTo(1);

    assertThat(books.ledger().due(Instant.EPOCH, 10))
        .extracting(Hold::fallback)
        .containsExactly(Fallback.estimate(Money.parse("0.25")));
  }

  @Test
  void whatNoUpstreamCallsAGenerationIsFoundNowhere() {
    assertThat(books.ledger().upstreamKeyOf("prj_1", "gen-\u0000")).isEmpty();
  }
}
