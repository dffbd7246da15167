package dev.tollgate.gateway.jdbc;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.SpendingCaps;
import dev.tollgate.gateway.ledger.Capture;
import dev.tollgate.gateway.ledger.Credit;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.HoldLimits;
import dev.tollgate.gateway.ledger.HoldMode;
import dev.tollgate.gateway.ledger.HoldOutcome;
import dev.tollgate.gateway.ledger.HoldOutcome.CapReached;
import dev.tollgate.gateway.ledger.HoldOutcome.Held;
import dev.tollgate.gateway.ledger.HoldOutcome.TooManyFree;
import dev.tollgate.gateway.ledger.HoldOutcome.TooManyOpen;
import dev.tollgate.gateway.ledger.HoldRequest;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.LedgerLimitsContract;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Period;
import dev.tollgate.gateway.ledger.Settled;
import dev.tollgate.gateway.ledger.Spending;
import dev.tollgate.gateway.ledger.Tokens;
import dev.tollgate.gateway.testkit.LogCapture;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is counted for the limits, and where, on every database. */
abstract class JdbcLedgerLimitsContract extends LedgerLimitsContract {
  static final Instant NOON = Instant.parse("2026-02-10T12:00:00Z");
  static final Instant NEXT_DAY = Instant.parse("2026-02-11T00:00:00Z");

  JdbcBooks books;

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

  /** Caps are the project's for a day and the key's for a month; 0: none. */
  static HoldLimits limits(int maxOpen, int maxFree, long projectNanos, long keyNanos) {
    return new HoldLimits(
        maxOpen,
        maxFree,
        projectNanos == 0 ? SpendingCaps.NONE : new SpendingCaps(projectNanos, null),
        keyNanos == 0 ? SpendingCaps.NONE : new SpendingCaps(null, keyNanos));
  }

  /** Asks for a hold of ten nanos. */
  static CompletableFuture<HoldOutcome> hold(
      Ledger ledger, String project, String id, String key, HoldLimits limits) {
    return hold(ledger, project, id, key, limits, NOON);
  }

  private static CompletableFuture<HoldOutcome> hold(
      Ledger ledger, String project, String id, String key, HoldLimits limits, Instant at) {
    return ledger
        .hold(
            new HoldRequest(
                id,
                project,
                key,
                new Money(10),
                HoldMode.BOUNDED,
                Markup.NONE,
                "m",
                "",
                "u",
                null,
                limits,
                Money.ZERO,
                false,
                at))
        .toCompletableFuture();
  }

  static CompletableFuture<Settled> capture(Ledger ledger, String id, long nanos, Instant at) {
    return ledger
        .capture(
            new Capture(
                id, new Money(nanos), new Money(nanos), "", Set.of(), Tokens.NONE, null, null, at))
        .toCompletableFuture();
  }

  static <T> List<T> all(List<CompletableFuture<T>> stages) throws Exception {
    List<T> answers = new ArrayList<>();
    for (CompletableFuture<T> each : stages) {
      answers.add(each.get(20, SECONDS));
    }
    return answers;
  }

  String richProject() {
    String project = newProject();
    books.ledger().credit(new Credit("c", project, Money.parse("5"), "", NOON));
    return project;
  }

  long number(String query) throws Exception {
    return books.number(query);
  }

  private long ofKey(String column, String project, String key) throws Exception {
    return number(
        "SELECT %s FROM key_spending WHERE project_id = '%s' AND key_id = '%s'"
            .formatted(column, project, key));
  }

  private long ofProject(String column, String project) throws Exception {
    return number("SELECT %s FROM project WHERE id = '%s'".formatted(column, project));
  }

  private void restart() {
    books.close();
    books = new JdbcBooks(books.options);
  }

  private List<Settled> chargeMany(String project, int count) throws Exception {
    List<CompletableFuture<HoldOutcome>> holds = new ArrayList<>();
    List<CompletableFuture<Settled>> charges = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      holds.add(hold(books.ledger(), project, "h" + i, "key_" + i % 2, HoldLimits.NONE));
    }
    all(holds);
    for (int i = 0; i < count; i++) {
      // The older ones in between, and first and last.
      charges.add(capture(books.ledger(), "h" + i, 3, i % 4 < 2 ? NOON : NEXT_DAY));
    }
    return all(charges);
  }

  @Test
  void theChargesOfABatchAreCountedOneByOne() throws Exception {
    String project = richProject();

    assertThat(chargeMany(project, 400)).containsOnly(Settled.DONE);
    for (String key : List.of("key_0", "key_1")) {
      assertThat(ofKey("day_number", project, key)).isEqualTo(Period.DAILY.number(NEXT_DAY));
      assertThat(ofKey("day_nanos", project, key)).isEqualTo(300);
      assertThat(ofKey("month_number", project, key)).isEqualTo(Period.MONTHLY.number(NOON));
      assertThat(ofKey("month_nanos", project, key)).isEqualTo(600);
    }
    assertThat(ofProject("day_number", project)).isEqualTo(Period.DAILY.number(NEXT_DAY));
    assertThat(ofProject("day_nanos", project)).isEqualTo(600);
    assertThat(ofProject("month_number", project)).isEqualTo(Period.MONTHLY.number(NOON));
    assertThat(ofProject("month_nanos", project)).isEqualTo(1200);
  }

  @Test
  void whatIsMadeInOneBatchIsKeptToTheLimits() throws Exception {
    String one = richProject();
    String two = richProject();
    String three = richProject();
    String four = richProject();
    List<CompletableFuture<HoldOutcome>> open = new ArrayList<>();
    List<CompletableFuture<HoldOutcome>> free = new ArrayList<>();
    List<CompletableFuture<HoldOutcome>> capped = new ArrayList<>();
    List<CompletableFuture<HoldOutcome>> byKey = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      open.add(hold(books.ledger(), one, "a" + i, "k", limits(7, 0, 0, 0)));
      free.add(hold(books.ledger(), two, "b" + i, "k", limits(0, 8, 0, 0)));
      capped.add(hold(books.ledger(), three, "c" + i, "k", limits(0, 0, 95, 0)));
      byKey.add(hold(books.ledger(), four, "d" + i, "k" + i % 2, limits(0, 0, 0, 45)));
    }

    assertThat(all(open)).filteredOn(Held.class::isInstance).hasSize(7);
    assertThat(all(open)).filteredOn(new TooManyOpen()::equals).hasSize(53);
    assertThat(all(free)).filteredOn(Held.class::isInstance).hasSize(8);
    assertThat(all(free)).filteredOn(new TooManyFree()::equals).hasSize(52);
    assertThat(all(capped)).filteredOn(Held.class::isInstance).hasSize(10);
    assertThat(all(capped)).filteredOn(new CapReached(Period.DAILY)::equals).hasSize(50);
    assertThat(all(byKey)).filteredOn(Held.class::isInstance).hasSize(10);
    assertThat(all(byKey)).filteredOn(new CapReached(Period.MONTHLY)::equals).hasSize(50);
    assertThat(books.ledger().balance(one).loaned()).isEqualTo(new Money(70));
    assertThat(books.ledger().balance(three).loaned()).isEqualTo(new Money(95));
    assertThat(books.ledger().balance(four).loaned()).isEqualTo(new Money(90));
  }

  /** Holds behind charges that are not written yet: what was held for these is free, and spent. */
  @Test
  void aCapCountsWhatTheSameBatchHasCharged() throws Exception {
    String project = richProject();
    Ledger ledger = books.ledger();
    HoldLimits cap = limits(0, 0, 400, 400);
    List<CompletableFuture<HoldOutcome>> first = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      first.add(hold(ledger, project, "h" + i, "k", cap));
    }
    assertThat(all(first)).containsOnly(new Held(new Money(10)));
    List<CompletableFuture<Settled>> charges = new ArrayList<>();
    List<CompletableFuture<HoldOutcome>> more = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      charges.add(capture(ledger, "h" + i, 10, NOON));
      more.add(hold(ledger, project, "m" + i, "k", limits(0, 0, i % 2 == 0 ? 400 : 0, 400)));
    }

    assertThat(all(charges)).containsOnly(Settled.DONE);
    assertThat(all(more)).containsOnly(new CapReached(Period.MONTHLY));
  }

  @Test
  void whatIsCountedIsThereAfterARestart() throws Exception {
    String project = richProject();
    hold(books.ledger(), project, "h1", "k", limits(0, 1, 0, 0)).get(10, SECONDS);
    capture(books.ledger(), "h1", 7, NOON).get(10, SECONDS);
    hold(books.ledger(), project, "h2", "k", HoldLimits.NONE).get(10, SECONDS);
    restart();

    assertThat(hold(books.ledger(), project, "h3", "k", limits(0, 1, 0, 0)).get(10, SECONDS))
        .isEqualTo(new TooManyFree());
    assertThat(hold(books.ledger(), project, "h3", "k", limits(1, 0, 0, 0)).get(10, SECONDS))
        .isEqualTo(new TooManyOpen());
    assertThat(hold(books.ledger(), project, "h3", "k", limits(0, 0, 18, 0)).get(10, SECONDS))
        .isEqualTo(new Held(new Money(1)));
    assertThat(hold(books.ledger(), project, "h4", "k", limits(0, 0, 0, 20)).get(10, SECONDS))
        .isEqualTo(new Held(new Money(2)));
  }

  @Test
  void whatABuildWithoutLimitsHasChargedIsCountedFromTheNextChargeOn() throws Exception {
    String project = richProject();
    hold(books.ledger(), project, "h1", "k", HoldLimits.NONE).get(10, SECONDS);
    capture(books.ledger(), "h1", 7, NOON).get(10, SECONDS);
    books.execute(
        "UPDATE project SET day_number = 0, day_nanos = 0, month_number = 0, month_nanos = 0");
    books.execute("DELETE FROM key_spending");
    hold(books.ledger(), project, "h2", "k", HoldLimits.NONE).get(10, SECONDS);
    capture(books.ledger(), "h2", 5, NOON).get(10, SECONDS);

    assertThat(ofProject("month_nanos", project)).isEqualTo(12);
    assertThat(ofKey("month_nanos", project, "k")).isEqualTo(12);
    assertThat(books.stores.reports().violations(NEXT_DAY, Duration.ofMinutes(15))).isEmpty();
  }

  /** Each idle key would otherwise read the month's entries of the whole project. */
  @Test
  void theKeysOfAProjectWhoseCountersAreStaleAreSummedTogether() throws Exception {
    String project = richProject();
    for (String key : List.of("one", "two")) {
      hold(books.ledger(), project, key, key, HoldLimits.NONE).get(10, SECONDS);
      capture(books.ledger(), key, 7, NOON).get(10, SECONDS);
      hold(books.ledger(), project, key + "-late", key, HoldLimits.NONE).get(10, SECONDS);
      capture(books.ledger(), key + "-late", 5, NOON.minus(Duration.ofDays(1))).get(10, SECONDS);
    }
    books.execute("UPDATE key_spending SET day_number = 0, month_number = 0");
    var unused = books.ledger().spending(project, "one", NOON);
    books.execute("DELETE FROM ledger_entry");

    Spending two = books.ledger().spending(project, "two", NOON);
    assertThat(two.daily()).isEqualTo(new Money(7));
    assertThat(two.monthly()).isEqualTo(new Money(12));
    assertThat(two.ever()).isEqualTo(new Money(12));
  }

  @Test
  void aChargeOfAnIdleKeyIsVisibleAtOnce() throws Exception {
    String project = richProject();
    hold(books.ledger(), project, "h1", "k", HoldLimits.NONE).get(10, SECONDS);
    capture(books.ledger(), "h1", 7, NOON).get(10, SECONDS);
    assertThat(books.ledger().spending(project, "k", NEXT_DAY).daily()).isEqualTo(Money.ZERO);

    hold(books.ledger(), project, "h2", "k", HoldLimits.NONE).get(10, SECONDS);
    capture(books.ledger(), "h2", 5, NEXT_DAY).get(10, SECONDS);

    Spending spent = books.ledger().spending(project, "k", NEXT_DAY);
    assertThat(spent.daily()).isEqualTo(new Money(5));
    assertThat(spent.monthly()).isEqualTo(new Money(12));
  }

  @Test
  void whatABuildWithoutLongCapsHasChargedCountsAgainstThem() throws Exception {
    String project = richProject();
    SpendingCaps caps = new SpendingCaps(null, 30L, null, 40L);
    HoldLimits limits = new HoldLimits(0, 0, caps, caps);
    hold(books.ledger(), project, "h1", "k", limits).get(10, SECONDS);
    capture(books.ledger(), "h1", 7, NOON).get(10, SECONDS);
    assertThat(hold(books.ledger(), project, "h2", "k", limits).get(10, SECONDS))
        .isEqualTo(new Held(new Money(10)));
    hold(books.ledger(), project, "h3", "k", HoldLimits.NONE).get(10, SECONDS);
    capture(books.ledger(), "h3", 5, NEXT_DAY).get(10, SECONDS);

    // As a build of schema 4 begins a day: without the columns that it does not know.
    for (String table : List.of("project", "key_spending")) {
      books.execute(
          "UPDATE "
              + table
              + " SET week_before_day = "
              + Period.DAILY.number(NOON)
              + ", week_before_nanos = 0");
    }

    assertThat(books.stores.reports().violations(NEXT_DAY, Duration.ofMinutes(15))).isEmpty();
    // 12 are charged and 10 held.
    assertThat(hold(books.ledger(), project, "h4", "k", limits, NEXT_DAY).get(10, SECONDS))
        .isEqualTo(new Held(new Money(8)));
    assertThat(ofProject("week_before_nanos", project)).isEqualTo(7);
    assertThat(ofKey("week_before_nanos", project, "k")).isEqualTo(7);
  }

  @Test
  void aCounterThatWasAheadIsWarnedOfOnceByItsProjectAndItsKey() throws Exception {
    String project = richProject();
    for (int i = 0; i < 3; i++) {
      hold(books.ledger(), project, "h" + i, "k", HoldLimits.NONE).get(10, SECONDS);
    }
    capture(books.ledger(), "h0", 7, NOON.plus(Duration.ofHours(48))).get(10, SECONDS);

    try (LogCapture log = new LogCapture()) {
      capture(books.ledger(), "h1", 7, NOON).get(10, SECONDS);
      capture(books.ledger(), "h2", 7, NOON).get(10, SECONDS);

      assertThat(log.lines())
          .filteredOn(line -> line.contains("WARNING"))
          .hasSize(2)
          .anyMatch(line -> line.contains("project " + project + ": the daily counter"))
          .anyMatch(line -> line.contains("project " + project + ", key k: the daily counter"))
          .allMatch(line -> line.contains("was ahead by PT36H"));
    }
  }

  /** Nothing that the ledger writes: so it is a figure to keep, and no reason to charge nothing. */
  @Test
  void figuresBeyondAllBoundsDoNotKeepAChargeFromBeingMade() throws Exception {
    String project = richProject();
    hold(books.ledger(), project, "h1", "k", HoldLimits.NONE).get(10, SECONDS);
    hold(books.ledger(), project, "h2", "k", HoldLimits.NONE).get(10, SECONDS);
    capture(books.ledger(), "h1", 7, NOON).get(10, SECONDS);
    long most = Long.MAX_VALUE - 2;
    books.execute("UPDATE project SET day_nanos = " + most + ", month_nanos = " + most);
    books.execute("UPDATE key_spending SET day_nanos = " + most + ", month_nanos = " + most);

    assertThat(capture(books.ledger(), "h2", 7, NOON).get(10, SECONDS)).isEqualTo(Settled.DONE);
    for (String column : List.of("day_nanos", "month_nanos")) {
      assertThat(ofProject(column, project)).isEqualTo(Long.MAX_VALUE);
      assertThat(ofKey(column, project, "k")).isEqualTo(Long.MAX_VALUE);
    }
    assertThat(hold(books.ledger(), project, "h3", "k", limits(0, 0, 1, 0)).get(10, SECONDS))
        .isEqualTo(new CapReached(Period.DAILY));
  }

  @Test
  void aCreditLeavesWhatIsCountedAlone() throws Exception {
    String project = richProject();
    hold(books.ledger(), project, "h1", "k", limits(0, 5, 0, 0)).get(10, SECONDS);
    capture(books.ledger(), "h1", 7, NOON).get(10, SECONDS);
    books.ledger().credit(new Credit("c2", project, Money.parse("1"), "", NEXT_DAY));

    assertThat(ofProject("day_number", project)).isEqualTo(Period.DAILY.number(NOON));
    assertThat(ofProject("day_nanos", project)).isEqualTo(7);
    assertThat(ofProject("month_nanos", project)).isEqualTo(7);
    assertThat(ofProject("free_day_number", project)).isEqualTo(Period.DAILY.number(NOON));
    assertThat(ofProject("free_requests", project)).isEqualTo(1);
  }
}
