package dev.tollgate.gateway.jdbc;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.ledger.Balance;
import dev.tollgate.gateway.ledger.Capture;
import dev.tollgate.gateway.ledger.Credit;
import dev.tollgate.gateway.ledger.CreditOutcome;
import dev.tollgate.gateway.ledger.CreditOutcome.Result;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Fallback;
import dev.tollgate.gateway.ledger.Hold;
import dev.tollgate.gateway.ledger.HoldLimits;
import dev.tollgate.gateway.ledger.HoldMode;
import dev.tollgate.gateway.ledger.HoldOutcome;
import dev.tollgate.gateway.ledger.HoldRequest;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.LedgerContract;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Orphans;
import dev.tollgate.gateway.ledger.Pending;
import dev.tollgate.gateway.ledger.Settled;
import dev.tollgate.gateway.ledger.Tokens;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

  private static HoldRequest hold(String id, String project) {
    return new HoldRequest(
        id,
        project,
        "key_1",
        Money.parse("1.00"),
        HoldMode.BOUNDED,
        Markup.NONE,
        "a/model",
        "",
        "upk_1",
        null,
        HoldLimits.NONE,
        Money.parse("0.25"),
        false,
        Instant.EPOCH);
  }

  @Test
  void aHoldThatACrashLeftHasItsPromptEstimateForAFallback() throws Exception {
    String project = newProject();
    credit(project, "c1", "5.00");
    books.ledger().hold(hold("h1", project)).toCompletableFuture().get(10, SECONDS);
    books.close();
    books = new JdbcBooks(books.options);

    assertThat(books.ledger().adoptOrphans(Instant.EPOCH)).isEqualTo(new Orphans(1, 0));

    assertThat(books.ledger().due(Instant.EPOCH, 10))
        .extracting(Hold::fallback)
        .containsExactly(Fallback.estimate(Money.parse("0.25")));
  }

  // --- texts that a database cannot keep as they are

  private static final String HARMLESS = "a\uFFFDb";

  private void place(String id, String project, String model, @Nullable String idempotencyKey)
      throws Exception {
    HoldRequest request =
        new HoldRequest(
            id,
            project,
            "key_1",
            Money.parse("1.00"),
            HoldMode.BOUNDED,
            Markup.NONE,
            model,
            "upk_1",
            idempotencyKey,
            Instant.EPOCH);
    assertThat(books.ledger().hold(request).toCompletableFuture().get(10, SECONDS))
        .isInstanceOf(HoldOutcome.Held.class);
  }

  private Settled capture(String holdId, String literal, @Nullable String model, String generation)
      throws Exception {
    Capture capture =
        new Capture(
            holdId,
            Money.parse("0.50"),
            Money.parse("0.50"),
            literal,
            Set.of(),
            Tokens.NONE,
            model,
            generation,
            Instant.EPOCH);
    return books.ledger().capture(capture).toCompletableFuture().get(10, SECONDS);
  }

  private Entry charge(String project) throws Exception {
    return entries(project).stream()
        .filter(entry -> entry.kind() == Entry.Kind.CHARGE)
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\0b", "a\uD800b", "a\uDC00b"})
  void aHoldWhoseModelCannotBeStoredIsCommittedAndSettled(String model) throws Exception {
    String project = newProject();
    credit(project, "c1", "5.00");

    place("h1", project, model, null);
    assertThat(capture("h1", "0.5", null, "gen-1")).isEqualTo(Settled.DONE);

    assertThat(charge(project).model()).isEqualTo(HARMLESS);
    assertThat(books.ledger().balance(project))
        .isEqualTo(new Balance(Money.parse("4.50"), Money.ZERO));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\0b", "a\uD800b", "a\uDC00b"})
  void aChargeWhoseTextsCannotBeStoredIsBooked(String text) throws Exception {
    String project = newProject();
    credit(project, "c1", "5.00");
    place("h1", project, "a/model", null);

    assertThat(capture("h1", text, text, text)).isEqualTo(Settled.DONE);

    Entry charge = charge(project);
    assertThat(charge.literal()).isEqualTo(HARMLESS);
    assertThat(charge.model()).isEqualTo(HARMLESS);
    assertThat(charge.generationId()).isEqualTo(HARMLESS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\0b", "a\uD800b", "a\uDC00b"})
  void anIdempotencyKeyThatCannotBeStoredStillKeepsARepeatOut(String key) throws Exception {
    String project = newProject();
    credit(project, "c1", "5.00");
    place("h1", project, "a/model", key);
    HoldRequest again =
        new HoldRequest(
            "h2",
            project,
            "key_1",
            Money.parse("1.00"),
            HoldMode.BOUNDED,
            Markup.NONE,
            "a/model",
            "upk_1",
            key,
            Instant.EPOCH);

    assertThat(books.ledger().hold(again).toCompletableFuture().get(10, SECONDS))
        .isInstanceOf(HoldOutcome.Duplicate.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\0b", "a\uD800b", "a\uDC00b"})
  void aGenerationWhoseIdCannotBeStoredIsFoundByThatId(String id) throws Exception {
    String project = newProject();
    credit(project, "c1", "5.00");
    place("h1", project, "a/model", null);

    books.ledger().recordGeneration("h1", id).toCompletableFuture().get(10, SECONDS);

    assertThat(books.ledger().upstreamKeyOf(project, id)).contains("upk_1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\0b", "a\uD800b", "a\uDC00b"})
  void aPendingRequestWhoseTextsCannotBeStoredIsAskedForLater(String text) throws Exception {
    String project = newProject();
    credit(project, "c1", "5.00");
    place("h1", project, "a/model", null);
    Fallback fallback =
        new Fallback(
            Fallback.Source.ESTIMATE,
            Money.parse("0.25"),
            Money.parse("0.25"),
            text,
            Set.of(),
            Tokens.NONE);
    Pending pending =
        new Pending("h1", Money.parse("1.00"), fallback, text, text, Instant.EPOCH, Duration.ZERO);

    assertThat(books.ledger().pend(pending).toCompletableFuture().get(10, SECONDS))
        .isEqualTo(Settled.DONE);

    assertThat(books.ledger().due(Instant.EPOCH, 10))
        .singleElement()
        .satisfies(
            hold -> {
              assertThat(hold.generationId()).isEqualTo(HARMLESS);
              assertThat(hold.fallback().literal()).isEqualTo(HARMLESS);
            });
  }

  @Test
  void whatAGatewayThatStoppedInOrderLeftIsNoCrash() throws Exception {
    String project = newProject();
    credit(project, "c1", "5.00");
    books.ledger().hold(hold("h1", project)).toCompletableFuture().get(10, SECONDS);
    Pending pending =
        new Pending(
            "h1",
            Money.parse("1.00"),
            Fallback.estimate(Money.parse("0.25")),
            "shutdown",
            "gen-1",
            Instant.EPOCH,
            Duration.ZERO);
    books.ledger().pend(pending).toCompletableFuture().get(10, SECONDS);
    books.close();
    books = new JdbcBooks(books.options);

    assertThat(books.ledger().adoptOrphans(Instant.EPOCH)).isEqualTo(new Orphans(0, 1));
  }

  @Test
  void whatNoUpstreamCallsAGenerationIsFoundNowhere() {
    assertThat(books.ledger().upstreamKeyOf("prj_1", "gen-\u0000")).isEmpty();
  }
}
