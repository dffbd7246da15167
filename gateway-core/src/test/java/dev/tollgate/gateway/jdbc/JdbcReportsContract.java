package dev.tollgate.gateway.jdbc;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.ledger.Capture;
import dev.tollgate.gateway.ledger.Credit;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Entry.Kind;
import dev.tollgate.gateway.ledger.EntryFilter;
import dev.tollgate.gateway.ledger.EntryPage;
import dev.tollgate.gateway.ledger.Flag;
import dev.tollgate.gateway.ledger.Hold;
import dev.tollgate.gateway.ledger.HoldLimits;
import dev.tollgate.gateway.ledger.HoldMode;
import dev.tollgate.gateway.ledger.HoldOutcome;
import dev.tollgate.gateway.ledger.HoldRequest;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Pending;
import dev.tollgate.gateway.ledger.Reports;
import dev.tollgate.gateway.ledger.Reports.Baseline;
import dev.tollgate.gateway.ledger.Reports.HoldCounts;
import dev.tollgate.gateway.ledger.Reports.Spending;
import dev.tollgate.gateway.ledger.Reports.Usage;
import dev.tollgate.gateway.ledger.Reports.Violation;
import dev.tollgate.gateway.ledger.Settled;
import dev.tollgate.gateway.ledger.Tokens;
import dev.tollgate.gateway.ledger.UsageQuery;
import dev.tollgate.gateway.ledger.UsageQuery.Dimension;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the reports promise on every database. */
abstract class JdbcReportsContract {
  static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  /** When the books are checked. */
  private static final Instant LATER = START.plusSeconds(600);

  private static final Duration DELAY = Duration.ofMinutes(15);

  JdbcBooks books;
  Reports reports;

  /** An empty database. */
  abstract DatabaseOptions freshDatabase();

  @BeforeEach
  void open() {
    books = new JdbcBooks(freshDatabase());
    reports = books.stores.reports();
  }

  @AfterEach
  void close() {
    books.close();
  }

  private static <T> T get(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(10, SECONDS).join();
  }

  private void credit(String project, String id, long nanos) {
    books.ledger().credit(new Credit(id, project, new Money(nanos), "", START));
  }

  private HoldOutcome hold(
      String project, String id, long nanos, HoldMode mode, @Nullable String name, int second) {
    return get(
        books
            .ledger()
            .hold(
                new HoldRequest(
                    id,
                    project,
                    "tg_key",
                    new Money(nanos),
                    mode,
                    Markup.NONE,
                    "a/asked",
                    "upk_1",
                    name,
                    START.plusSeconds(second))));
  }

  private void free(String project, String id, HoldMode mode) {
    get(
        books
            .ledger()
            .hold(
                new HoldRequest(
                    id,
                    project,
                    "tg_key",
                    new Money(1),
                    mode,
                    Markup.NONE,
                    "a/asked:free",
                    "",
                    "upk_1",
                    null,
                    HoldLimits.NONE,
                    Money.ZERO,
                    true,
                    START)));
    capture(id, 7);
  }

  private static Capture capture(
      String id, long cost, long charge, String model, Set<Flag> flags, Tokens tokens, int second) {
    return new Capture(
        id,
        new Money(cost),
        new Money(charge),
        "0." + cost,
        flags,
        tokens,
        model,
        "gen-" + id,
        START.plusSeconds(second));
  }

  private Settled capture(String id, long charge) {
    return get(
        books.ledger().capture(capture(id, charge, charge, "a/model", Set.of(), Tokens.NONE, 9)));
  }

  private Settled pend(String id, long nanos) {
    return get(
        books
            .ledger()
            .pend(
                new Pending(
                    id,
                    new Money(nanos),
                    new Money(nanos),
                    "client_gone",
                    "gen-1",
                    START.plusSeconds(5),
                    Duration.ofSeconds(2))));
  }

  /** Two projects with something of everything. */
  private void fillBooks() {
    String project = books.newProject();
    books.newProject();
    credit(project, "c1", 1_000_000);
    hold(project, "captured", 100, HoldMode.BOUNDED, null, 1);
    capture("captured", 300);
    capture("captured", 301);
    hold(project, "strict", 100, HoldMode.STRICT, null, 2);
    capture("strict", 150);
    hold(project, "released", 100, HoldMode.BOUNDED, null, 3);
    get(books.ledger().release("released", true, START));
    hold(project, "open", 100, HoldMode.BOUNDED, "name", 4);
    hold(project, "pending", 100, HoldMode.BOUNDED, null, 5);
    pend("pending", 60);
  }

  List<Violation> violations() {
    return reports.violations(LATER, DELAY);
  }

  private List<String> brokenRules() {
    return violations().stream().map(Violation::rule).distinct().toList();
  }

  // --- violations

  @Test
  void anEmptyDatabaseBreaksNoRule() {
    assertThat(violations()).isEmpty();
  }

  @Test
  void booksWithSomethingOfEverythingBreakNoRule() {
    fillBooks();

    assertThat(violations()).isEmpty();
  }

  @Test
  void freeRequestsBreakNoRule() {
    String project = books.newProject();
    free(project, "free", HoldMode.BOUNDED);
    free(project, "strict", HoldMode.STRICT);

    assertThat(violations()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          UPDATE project SET credits_nanos = credits_nanos + 1 WHERE id = 'prj_p0' | a project's credits
          UPDATE project SET charges_nanos = charges_nanos - 1 WHERE id = 'prj_p0' | a project's charges
          UPDATE project SET charges_nanos = 1 WHERE id = 'prj_p1' | a project's charges
          UPDATE project SET held_nanos = 0 WHERE id = 'prj_p0' | what a project holds
          UPDATE project SET held_nanos = 1 WHERE id = 'prj_p1' | what a project holds
          UPDATE project SET held_nanos = 999801 WHERE id = 'prj_p0' | available
          UPDATE project SET charges_nanos = 1000041 WHERE id = 'prj_p0' | available
          UPDATE project SET credits_nanos = -9223372036854775808 WHERE id = 'prj_p0' | available
          UPDATE ledger_entry SET amount_nanos = 7 WHERE id = 'c1' | a project's credits
          UPDATE ledger_entry SET amount_nanos = 7 WHERE id = 'captured' | a project's charges
          DELETE FROM ledger_entry WHERE id = 'c1' | a project's credits
          DELETE FROM ledger_entry WHERE id = 'captured' | a captured hold has one charge
          UPDATE ledger_entry SET kind = 'late' WHERE id = 'strict' | a captured hold has one charge
          UPDATE ledger_entry SET kind = 'charge' WHERE id = 'captured/late' | a captured hold has one charge
          UPDATE ledger_entry SET hold_id = 'open' WHERE id = 'captured' | a captured hold has one charge
          UPDATE hold SET state = 'released' WHERE id = 'captured' | a captured hold has one charge
          UPDATE hold SET state = 'captured' WHERE id = 'released' | a captured hold has one charge
          UPDATE ledger_entry SET hold_id = 'nobody' WHERE id = 'captured/late' | an entry about a request
          UPDATE ledger_entry SET hold_id = NULL WHERE id = 'strict/shortfall' | an entry about a request
          UPDATE ledger_entry SET project_id = 'prj_p1' WHERE id = 'captured' | an entry about a request
          DELETE FROM hold WHERE id = 'captured' | an entry about a request
          UPDATE hold SET amount_nanos = 101 WHERE id = 'open' | what is held is never above
          UPDATE hold SET amount_nanos = -1 WHERE id = 'open' | what is held is never above
          UPDATE hold SET placed_nanos = 101 WHERE id = 'released' | what is held is never above
          UPDATE hold SET amount_nanos = 1 WHERE id = 'released' | a hold that has ended
          UPDATE hold SET amount_nanos = 1 WHERE id = 'captured' | a hold that has ended
          UPDATE hold SET next_ask_at = NULL WHERE id = 'pending' | a pending hold says
          UPDATE hold SET pending_at = NULL WHERE id = 'pending' | a pending hold says
          UPDATE hold SET state = 'lost' WHERE id = 'open' | state, mode, amount, markup
          UPDATE hold SET mode = 'lax' WHERE id = 'open' | state, mode, amount, markup
          UPDATE hold SET wanted_nanos = 0 WHERE id = 'open' | state, mode, amount, markup
          UPDATE hold SET markup_ppm = -1 WHERE id = 'open' | state, mode, amount, markup
          UPDATE hold SET fallback_source = 'guess' WHERE id = 'pending' | state, mode, amount, markup
          UPDATE hold SET estimate_nanos = -1 WHERE id = 'pending' | state, mode, amount, markup
          UPDATE hold SET fallback_cost_nanos = -1 WHERE id = 'pending' | state, mode, amount, markup
          UPDATE ledger_entry SET kind = 'gift' WHERE id = 'captured' | kind and flags
          UPDATE ledger_entry SET flags = 'estimated,odd' WHERE id = 'captured' | kind and flags
          UPDATE ledger_entry SET amount_nanos = -1 WHERE id = 'captured/late' | a charge, a cost and an overrun
          UPDATE ledger_entry SET cost_nanos = -1 WHERE id = 'captured' | a charge, a cost and an overrun
          UPDATE ledger_entry SET overrun_nanos = -1 WHERE id = 'captured' | a charge, a cost and an overrun
          UPDATE ledger_entry SET overrun_nanos = 301 WHERE id = 'captured' | an overrun is a part
          UPDATE ledger_entry SET cost_nanos = 1 WHERE id = 'c1' | a credit is about no request
          UPDATE ledger_entry SET hold_id = 'open' WHERE id = 'c1' | a credit is about no request
          UPDATE ledger_entry SET amount_nanos = 101 WHERE id = 'strict' | a strict hold
          UPDATE ledger_entry SET overrun_nanos = 1 WHERE id = 'strict' | a strict hold
          UPDATE idempotency SET hold_id = 'nobody' | an idempotency key
          UPDATE idempotency SET project_id = 'prj_p1' | an idempotency key
          UPDATE project SET day_nanos = month_nanos + 1 WHERE id = 'prj_p0' | what a project was charged in a day
          UPDATE project SET day_nanos = -1 WHERE id = 'prj_p1' | what a project was charged in a day
          UPDATE key_spending SET month_nanos = day_nanos - 1 | what a key was charged in a day
          UPDATE key_spending SET day_nanos = -1 | what a key was charged in a day
          UPDATE project SET week_before_day = day_number, week_before_nanos = 1 WHERE id = 'prj_p0' | what a project's counters know
          UPDATE project SET ever_before_month = month_number, ever_before_nanos = 1 WHERE id = 'prj_p0' | what a project's counters know
          UPDATE key_spending SET week_before_day = day_number, week_before_nanos = 1 | what a key's counters know
          UPDATE key_spending SET ever_before_month = month_number, ever_before_nanos = 1 | what a key's counters know
          """)
  void aChangeBehindTheLedgersBackIsFound(String change, String rule) throws Exception {
    fillBooks();
    books.execute(change);

    assertThat(brokenRules()).anyMatch(broken -> broken.startsWith(rule));
  }

  /** 2026-01-01 is day 20454 of month 672; 4102444800000 is in the year 2100. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          UPDATE project SET day_number = 20455, day_nanos = 0 WHERE id = 'prj_p0' | a project's counters are of no day
          UPDATE project SET month_number = 673, month_nanos = 0, day_nanos = 0, day_number = 0 WHERE id = 'prj_p0' | a project's counters are of no day
          UPDATE project SET day_number = 9223372036854775807 WHERE id = 'prj_p1' | a project's counters are of no day
          UPDATE project SET month_number = 9223372036854775807 WHERE id = 'prj_p1' | a project's counters are of no day
          UPDATE project SET free_day_number = 20455 WHERE id = 'prj_p1' | a project's counters are of no day
          UPDATE key_spending SET day_number = 20455, day_nanos = 0 | a key's counters are of no day
          UPDATE key_spending SET month_number = 673, month_nanos = 0, day_nanos = 0, day_number = 0 | a key's counters are of no day
          UPDATE hold SET next_ask_at = 4102444800000 WHERE id = 'pending' | a pending hold is asked for next
          UPDATE hold SET pending_at = 4102444800000 WHERE id = 'pending' | a pending hold is pending
          UPDATE hold SET asked_at = 4102444800000 WHERE id = 'pending' | a pending hold is pending
          UPDATE idempotency SET created_at = 4102444800000 | an idempotency key was taken
          INSERT INTO admin_request VALUES ('k', '', 200, '', 4102444800000) | a request of the admin API
          INSERT INTO node (id, lease_until) VALUES ('node_gone', 4102444800000) | the lease of a node
          """)
  void whatAClockThatWasAheadLeftIsFoundAndPutRight(String change, String rule) throws Exception {
    fillBooks();
    books.execute(change);
    assertThat(brokenRules()).singleElement().asString().startsWith(rule);

    assertThat(books.ledger().putClocksRight(LATER, DELAY)).isPositive();

    assertThat(violations()).isEmpty();
    assertThat(books.ledger().putClocksRight(LATER, DELAY)).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          UPDATE project SET day_nanos = day_nanos - 1 WHERE id = 'prj_p0' | what a project's counters
          UPDATE project SET month_nanos = month_nanos + 1 WHERE id = 'prj_p0' | what a project's counters
          UPDATE project SET day_number = 20453 WHERE id = 'prj_p0' | what a project's counters
          UPDATE project SET month_number = 671 WHERE id = 'prj_p0' | what a project's counters
          UPDATE project SET month_nanos = 1 WHERE id = 'prj_p1' | what a project's counters
          UPDATE key_spending SET day_nanos = day_nanos - 1 | what a key's counters
          UPDATE key_spending SET month_nanos = month_nanos + 1 | what a key's counters
          UPDATE key_spending SET day_number = 20453 | what a key's counters
          UPDATE key_spending SET month_number = 671 | what a key's counters
          UPDATE ledger_entry SET key_id = 'another' WHERE id = 'captured' | what a key's counters
          """)
  void aCounterThatIsNotTheSumOfItsPeriodIsFound(String change, String rule) throws Exception {
    fillBooks();
    books.execute(change);

    assertThat(brokenRules()).singleElement().asString().startsWith(rule);
  }

  @Test
  void countersOfDaysAndMonthsThatAreOverBreakNoRule() {
    String project = books.newProject();
    credit(project, "c1", 1_000);
    hold(project, "h1", 10, HoldMode.BOUNDED, null, 0);
    hold(project, "h2", 10, HoldMode.BOUNDED, null, 0);
    get(books.ledger().capture(capture("h1", 1, 1, "m", Set.of(), Tokens.NONE, -1)));
    get(books.ledger().capture(capture("h2", 2, 2, "m", Set.of(), Tokens.NONE, 1)));

    assertThat(violations()).isEmpty();
    assertThat(reports.violations(START.plus(Duration.ofDays(400)), DELAY)).isEmpty();
  }

  @Test
  void aKeyWasLastUsedAtItsNewestCharge() throws Exception {
    String project = books.newProject();
    credit(project, "c1", 1_000);
    hold(project, "h1", 10, HoldMode.BOUNDED, null, 0);
    assertThat(reports.lastUsed(project)).isEmpty();

    capture("h1", 1);
    Instant first = reports.entry(project, "h1").orElseThrow().at();
    assertThat(reports.lastUsed(project)).containsOnly(Map.entry("tg_key", first));

    hold(project, "h2", 10, HoldMode.BOUNDED, null, 0);
    get(books.ledger().capture(capture("h2", 2, 2, "m", Set.of(), Tokens.NONE, 90)));
    Instant second = reports.entry(project, "h2").orElseThrow().at();
    assertThat(second).isAfter(first);
    assertThat(reports.lastUsed(project)).containsOnly(Map.entry("tg_key", second));

    books.execute("UPDATE key_spending SET day_number = 30000, month_number = 1000");
    books.ledger().putClocksRight(LATER, DELAY);
    assertThat(reports.lastUsed(project)).containsOnly(Map.entry("tg_key", second));
  }

  @Test
  void aCounterThatIsPutRightSaysWhatWasChargedInItsPeriod() throws Exception {
    fillBooks();
    books.execute("UPDATE project SET day_number = 30000, month_number = 1000 WHERE id = 'prj_p0'");
    books.execute("UPDATE key_spending SET day_number = 30000, month_number = 1000");

    // Two counters of the project, and two of the key.
    assertThat(books.ledger().putClocksRight(LATER, DELAY)).isEqualTo(4);

    assertThat(violations()).isEmpty();
  }

  @Test
  void aViolationSaysWhereAndHowMuch() throws Exception {
    fillBooks();
    books.execute("UPDATE hold SET amount_nanos = 70 WHERE id = 'captured'");

    assertThat(violations())
        .containsExactly(
            new Violation(
                "a hold that has ended holds nothing",
                "prj_p0",
                "captured",
                "captured, bounded, amount 70, placed 100, wanted 100"));
  }

  @Test
  void aSumThatIsTooLargeToCountIsAViolationOfItsProject() throws Exception {
    fillBooks();
    for (int i = 0; i < 3; i++) {
      books.execute(
          "INSERT INTO ledger_entry (project_id, id, kind, amount_nanos, note, created_at)"
              + " VALUES ('prj_p1', 'c"
              + i
              + "', 'credit', 9223372036854775807, '', 0)");
    }

    assertThat(violations())
        .singleElement()
        .satisfies(
            violation -> {
              assertThat(violation.rule()).startsWith("a project's credits");
              assertThat(violation.projectId()).isEqualTo("prj_p1");
            });
  }

  @Test
  void figuresBeyondAllBoundsDoNotKeepTheReportsFromReading() throws Exception {
    fillBooks();
    books.execute("UPDATE ledger_entry SET cost_nanos = 9223372036854775807 WHERE kind = 'charge'");
    books.execute("UPDATE hold SET mode = 'lax', state = 'open'");
    books.execute("UPDATE ledger_entry SET kind = 'odd' WHERE kind <> 'charge'");
    books.execute("UPDATE ledger_entry SET flags = 'odd'");

    assertThat(violations()).isNotEmpty();
    assertThat(reports.spending().get(0).captured()).isEqualTo(new Money(Long.MAX_VALUE));
    assertThat(reports.unsettled(10)).isEmpty();
    assertThat(reports.unresolved(10)).isEmpty();
    assertThatThrownBy(() -> reports.entries(ofProject("prj_p0"), 10))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("see check");
  }

  @Test
  void ofVeryManyViolationsOfOneRuleSomeAreListed() throws Exception {
    fillBooks();
    books.execute(
        "INSERT INTO ledger_entry (project_id, id, kind, amount_nanos, note, created_at)"
            + " WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)"
            + " SELECT 'prj_p1', 'l' || i, 'late', 0, '', 0 FROM n");

    assertThat(violations())
        .hasSize(1_001)
        .last()
        .hasToString(
            "Violation[rule=an entry about a request has its hold, in the same project, projectId=,"
                + " id=, detail=and more of them]");
  }

  @Test
  void whatTheLedgerDoesAtRandomBreaksNoRule() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    String[] projects = {books.newProject(), books.newProject(), books.newProject()};
    for (int i = 0; i < 600; i++) {
      String project = projects[random.nextInt(3)];
      String id = "h" + random.nextInt(80);
      switch (random.nextInt(6)) {
        case 0 -> credit(project, "c" + i, 2 * random.nextInt(-25, 100) + 1);
        case 1, 2 -> {
          String own = project + id;
          HoldMode mode = random.nextBoolean() ? HoldMode.STRICT : HoldMode.BOUNDED;
          String name = random.nextBoolean() ? "n" + random.nextInt(9) : null;
          hold(project, own, 1 + random.nextInt(90), mode, name, i);
        }
        case 3 -> capture(project + id, random.nextInt(150));
        case 4 -> pend(project + id, random.nextInt(100));
        default -> get(books.ledger().release(project + id, random.nextBoolean(), START));
      }
    }

    assertThat(violations()).as("seed " + seed).isEmpty();
  }

  @Test
  void theRulesHoldAtEveryMomentWhileTheLedgerWrites() {
    String project = books.newProject();
    credit(project, "c1", 1_000_000_000);
    AtomicBoolean enough = new AtomicBoolean();
    CompletableFuture<?>[] writers =
        IntStream.range(0, 3)
            .mapToObj(
                writer ->
                    CompletableFuture.runAsync(
                        () -> {
                          for (int i = 0; !enough.get(); i++) {
                            String id = "h" + writer + "/" + i;
                            // Within the skew of clocks that is allowed, however many there are.
                            hold(project, id, 100, HoldMode.BOUNDED, "name" + id, i % 600);
                            if (i % 3 == 0) {
                              pend(id, 50);
                            }
                            assertThat(capture(id, 70)).isEqualTo(Settled.DONE);
                          }
                        }))
            .toArray(CompletableFuture<?>[]::new);
    try {
      // Beside some writing, however slow it is here.
      for (int i = 0; i < 60 || reports.entries(ofProject(project), 50).size() <= 20; i++) {
        assertThat(violations()).isEmpty();
      }
    } finally {
      enough.set(true);
    }
    CompletableFuture.allOf(writers).orTimeout(10, SECONDS).join();
  }

  // --- reports

  @Test
  void entriesComeNewestFirst() {
    fillBooks();

    assertThat(reports.entries(ofProject("prj_p0"), 100))
        .extracting(Entry::id)
        .containsExactly("strict/shortfall", "strict", "captured/late", "captured", "c1");
    assertThat(reports.entries(ofProject("prj_p0"), 2))
        .extracting(Entry::kind)
        .containsExactly(Kind.SHORTFALL, Kind.CHARGE);
    assertThat(reports.entries(ofProject("prj_p1"), 100)).isEmpty();
  }

  @Test
  void usageIsByModelTheDearestFirstSinceAMoment() {
    String project = books.newProject();
    credit(project, "c1", 1_000_000);
    String[] models = {"a/cheap", "b/dear", "b/dear", "b/dear", "a/old"};
    Tokens[] tokens = {
      Tokens.NONE,
      new Tokens(5, 2, 1, -1, -1),
      new Tokens(7, 1, -1, 3, 2),
      Tokens.NONE,
      new Tokens(1, 1)
    };
    for (int i = 0; i < models.length; i++) {
      hold(project, "h" + i, 10, HoldMode.BOUNDED, null, 0);
      int second = models[i].equals("a/old") ? 9 : 10;
      get(
          books
              .ledger()
              .capture(capture("h" + i, i, 2 * i, models[i], Set.of(), tokens[i], second)));
    }

    assertThat(usage(project, START.plusSeconds(10), null, Dimension.MODEL))
        .containsExactly(
            new Usage(
                Map.of(Dimension.MODEL, "b/dear"),
                3,
                0,
                new Tokens(12, 3, 1, 3, 2),
                new Money(6),
                new Money(12),
                Money.ZERO),
            new Usage(
                Map.of(Dimension.MODEL, "a/cheap"),
                1,
                0,
                Tokens.NONE,
                Money.ZERO,
                Money.ZERO,
                Money.ZERO));
    assertThat(usage(project, START.plusSeconds(11), null, Dimension.MODEL)).isEmpty();
    assertThat(usage(project, START, START.plusSeconds(10), Dimension.MODEL))
        .extracting(row -> row.of().get(Dimension.MODEL))
        .containsExactly("a/old");
  }

  private List<Usage> usage(
      @Nullable String project, Instant from, @Nullable Instant to, Dimension... by) {
    return reports.usage(new UsageQuery(project, from, to, Set.of(by), 10_000));
  }

  /** Corrects a charge or a credit, at another time; the ledger refuses some of it. */
  private void correct(Random random, String project, int step) {
    String corrects =
        random.nextInt(4) == 0 ? "c" + random.nextInt(3) : "h" + random.nextInt(step + 1);
    Instant at = START.plus(Duration.ofHours(random.nextInt(24 * 40)));
    Money amount = new Money(random.nextInt(60) - 20);
    if (amount.nanos() != 0) {
      books.ledger().credit(new Credit("r" + step, project, amount, corrects, "", at));
    }
  }

  /** Charges and refunds of several projects, keys, models, users and days; some are unresolved. */
  private List<String> randomHistory(Random random) {
    List<String> projects = List.of(books.newProject(), books.newProject(), books.newProject());
    for (int i = 0; i < 200; i++) {
      String project = projects.get(random.nextInt(projects.size()));
      if (i < 3) {
        credit(projects.get(i), "c" + i, 1_000_000);
      }
      String key = "key_" + random.nextInt(3);
      Instant at = START.plus(Duration.ofHours(random.nextInt(24 * 40)));
      get(
          books
              .ledger()
              .hold(
                  new HoldRequest(
                      "h" + i,
                      project,
                      key,
                      new Money(50),
                      HoldMode.BOUNDED,
                      Markup.NONE,
                      "a/asked",
                      random.nextInt(3) == 0 ? "" : "user_" + random.nextInt(3),
                      "upk_1",
                      null,
                      HoldLimits.NONE,
                      Money.ZERO,
                      false,
                      at)));
      get(
          books
              .ledger()
              .capture(
                  new Capture(
                      "h" + i,
                      new Money(random.nextInt(90)),
                      new Money(random.nextInt(90)),
                      "",
                      random.nextInt(5) == 0 ? Set.of(Flag.UNRESOLVED) : Set.of(),
                      new Tokens(random.nextInt(9), random.nextInt(9)),
                      "m/" + random.nextInt(4),
                      null,
                      at)));
      correct(random, project, i);
    }
    return projects;
  }

  @Test
  void anyGroupingAddsUpToTheEntriesAndTheseToTheBalances() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    List<String> projects = randomHistory(random);
    for (int i = 0; i < 60; i++) {
      String project = random.nextInt(3) == 0 ? null : projects.get(random.nextInt(3));
      Instant from = START.plus(Duration.ofHours(random.nextInt(24 * 30)));
      Instant to = random.nextInt(3) == 0 ? null : from.plus(Duration.ofHours(random.nextInt(900)));
      String key = project == null || random.nextBoolean() ? null : "key_" + random.nextInt(3);
      Set<Dimension> by = EnumSet.noneOf(Dimension.class);
      for (Dimension each : Dimension.values()) {
        if (random.nextBoolean()) {
          by.add(each);
        }
      }

      List<Entry> counted = new ArrayList<>();
      for (String each : project == null ? projects : List.of(project)) {
        books.entries(each).stream()
            .filter(entry -> entry.kind() == Entry.Kind.CHARGE || entry.refund().nanos() != 0)
            .filter(entry -> !entry.at().isBefore(from) && (to == null || entry.at().isBefore(to)))
            .filter(entry -> key == null || key.equals(entry.keyId()))
            .forEach(counted::add);
      }
      List<Entry> charges =
          counted.stream().filter(entry -> entry.kind() == Entry.Kind.CHARGE).toList();
      List<Usage> rows = reports.usage(new UsageQuery(project, key, from, to, by, 10_000));
      Usage sum = rows.stream().reduce(Usage.NONE, Usage::plus);

      String what = "seed " + seed + ", step " + i;
      Set<Dimension> shown = new UsageQuery(project, from, to, by, 1).by();
      Map<Map<Dimension, String>, Money> grouped =
          counted.stream()
              .collect(
                  Collectors.groupingBy(
                      entry -> labels(entry, shown),
                      Collectors.reducing(Money.ZERO, JdbcReportsContract::paid, Money::plus)));
      assertThat(rows).as(what).hasSize(grouped.size());
      assertThat(rows)
          .as(what)
          .allSatisfy(
              row ->
                  assertThat(row.charge().minus(row.refunded())).isEqualTo(grouped.get(row.of())));
      assertThat(sum.requests()).as(what).isEqualTo(charges.size());
      assertThat(sum.unresolved())
          .as(what)
          .isEqualTo(
              charges.stream().filter(entry -> entry.flags().contains(Flag.UNRESOLVED)).count());
      assertThat(sum.charge()).as(what).isEqualTo(total(charges, Entry::amount));
      assertThat(sum.refunded()).as(what).isEqualTo(total(counted, Entry::refund));
      assertThat(sum.cost()).as(what).isEqualTo(total(charges, Entry::cost));
      assertThat(sum.tokens())
          .as(what)
          .isEqualTo(charges.stream().map(Entry::tokens).reduce(Tokens.NONE, Tokens::plus));
    }
    for (String project : projects) {
      Usage all = usage(project, Instant.EPOCH, null).get(0);
      assertThat(all.charge()).isEqualTo(books.ledger().totals(project).charges());
      Money credits =
          total(
              books.entries(project).stream()
                  .filter(entry -> entry.kind() == Entry.Kind.CREDIT)
                  .toList(),
              entry -> entry.amount().minus(entry.refund()));
      assertThat(books.ledger().balance(project).total())
          .isEqualTo(credits.plus(all.refunded()).minus(all.charge()));
    }
    assertThat(violations())
        .filteredOn(violation -> !violation.rule().contains("in the future"))
        .isEmpty();
  }

  /** What the project pays by an entry: a charge, or less by a refund. */
  private static Money paid(Entry entry) {
    return entry.kind() == Entry.Kind.CHARGE ? entry.amount() : Money.ZERO.minus(entry.refund());
  }

  private static Map<Dimension, String> labels(Entry entry, Set<Dimension> by) {
    Map<Dimension, String> labels = new EnumMap<>(Dimension.class);
    for (Dimension each : by) {
      labels.put(
          each,
          switch (each) {
            case PROJECT -> entry.projectId();
            case KEY -> entry.keyId();
            case MODEL -> entry.model();
            case USER -> entry.endUser();
            case DAY -> LocalDate.ofInstant(entry.at(), ZoneOffset.UTC).toString();
          });
    }
    return labels;
  }

  private static Money total(List<Entry> entries, Function<Entry, Money> amount) {
    return entries.stream().map(amount).reduce(Money.ZERO, Money::plus);
  }

  static List<String> ids(EntryPage page) {
    return page.entries().stream().map(booked -> booked.entry().id()).toList();
  }

  static EntryFilter ofProject(String projectId) {
    return ofProject(projectId, null);
  }

  private static EntryFilter ofProject(String projectId, Entry.@Nullable Kind kind) {
    return new EntryFilter(projectId, null, null, kind, null, null, null, null);
  }

  private static final EntryFilter ALL =
      new EntryFilter(null, null, null, null, null, null, null, null);

  @Test
  void entriesAreReadPageByPageInTheOrderOfBookingWhateverTheirTimes() {
    String shop = books.newProject();
    String cafe = books.newProject();
    for (int i = 0; i < 5; i++) {
      String project = i % 2 == 0 ? shop : cafe;
      books.ledger().credit(new Credit("c" + i, project, new Money(1), "", START.minusSeconds(i)));
    }

    EntryPage first = reports.entriesAfter(ALL, "", 2);
    EntryPage second = reports.entriesAfter(ALL, first.next(), 2);
    EntryPage third = reports.entriesAfter(ALL, second.next(), 2);

    assertThat(ids(first)).containsExactly("c0", "c1");
    assertThat(first.last()).isFalse();
    assertThat(ids(second)).containsExactly("c2", "c3");
    assertThat(ids(third)).containsExactly("c4");
    assertThat(third.last()).isTrue();
    assertThat(reports.entriesAfter(ALL, third.next(), 2).entries()).isEmpty();
    assertThat(ids(reports.entriesAfter(ALL, first.entries().get(0).position(), 2)))
        .containsExactly("c1", "c2");
  }

  @Test
  void aReaderThatHasReadAllContinuesWithWhatIsBookedLater() {
    String project = books.newProject();
    credit(project, "c1", 1);
    String next = reports.entriesAfter(ofProject("other"), "", 10).next();

    books.ledger().credit(new Credit("c2", project, new Money(1), "", START.minusSeconds(9)));

    assertThat(ids(reports.entriesAfter(ALL, next, 10))).containsExactly("c2");
  }

  @Test
  void theEntriesOfAllPagesAreThoseOfTheLedgerWhateverTheFilter() throws Exception {
    Random random = new Random(7);
    List<String> projects = randomHistory(random);
    List<Entry> all = new ArrayList<>();
    for (String project : projects) {
      all.addAll(books.entries(project));
    }
    List<EntryFilter> filters =
        List.of(
            ALL,
            ofProject(projects.get(1)),
            ofProject(projects.get(1), Entry.Kind.CREDIT),
            new EntryFilter(null, START.plusSeconds(9), null, null, null, null, null, null),
            new EntryFilter(null, null, START.plusSeconds(99_999), null, null, null, null, null),
            new EntryFilter(null, null, null, null, "key_1", null, null, null),
            new EntryFilter(null, null, null, null, null, "m/2", null, null),
            new EntryFilter(null, null, null, null, null, null, "user_1", null),
            new EntryFilter(null, null, null, null, null, null, "", null),
            new EntryFilter(null, null, null, null, null, null, null, Flag.UNRESOLVED));
    for (EntryFilter filter : filters) {
      List<Entry> expected = all.stream().filter(entry -> fits(entry, filter)).toList();

      List<Entry> read = new ArrayList<>();
      EntryPage page = reports.entriesAfter(filter, "", 7);
      while (!page.entries().isEmpty()) {
        page.entries().forEach(booked -> read.add(booked.entry()));
        page = reports.entriesAfter(filter, page.next(), 7);
      }

      assertThat(read).as(filter.toString()).containsExactlyInAnyOrderElementsOf(expected);
      assertThat(expected).as(filter.toString()).isNotEmpty();
      if (filter.projectId() != null) {
        assertThat(reports.entries(filter, 10_000))
            .isSortedAccordingTo(Comparator.comparing(Entry::at).reversed())
            .containsExactlyInAnyOrderElementsOf(expected);
      }
    }
  }

  private static boolean fits(Entry entry, EntryFilter filter) {
    return (filter.projectId() == null || filter.projectId().equals(entry.projectId()))
        && (filter.from() == null || !entry.at().isBefore(filter.from()))
        && (filter.to() == null || entry.at().isBefore(filter.to()))
        && (filter.kind() == null || filter.kind() == entry.kind())
        && (filter.keyId() == null || filter.keyId().equals(entry.keyId()))
        && (filter.model() == null || filter.model().equals(entry.model()))
        && (filter.endUser() == null || filter.endUser().equals(entry.endUser()))
        && (filter.flag() == null || entry.flags().contains(filter.flag()));
  }

  @Test
  void whatIsNoPositionOfThisLedgerIsRefused() {
    String project = books.newProject();
    credit(project, "c1", 1);
    long number = Position.parse(reports.entriesAfter(ALL, "", 1).next()).number();
    List<String> positions =
        List.of(
            "x",
            "-1",
            "1.5",
            "MQ",
            "1234567890123456789",
            new Position(number + 1, project, "c1").text(),
            new Position(number, project, "c2").text(),
            new Position(number, "other", "c1").text());
    for (String position : positions) {
      assertThatThrownBy(() -> reports.entriesAfter(ALL, position, 10))
          .as(position)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void daysComeInTheirOrderAndAKeyComesWithItsProject() {
    String project = books.newProject();
    credit(project, "c1", 1_000);
    for (int day = 0; day < 3; day++) {
      hold(project, "h" + day, 10, HoldMode.BOUNDED, null, 0);
      get(
          books
              .ledger()
              .capture(capture("h" + day, 1, 3 - day, "m", Set.of(), Tokens.NONE, day * 86_400)));
    }

    assertThat(usage(project, START, null, Dimension.DAY))
        .extracting(row -> row.of().get(Dimension.DAY))
        .containsExactly("2026-01-01", "2026-01-02", "2026-01-03");
    assertThat(usage(null, START, null, Dimension.KEY))
        .extracting(Usage::of)
        .containsExactly(Map.of(Dimension.PROJECT, project, Dimension.KEY, "tg_key"));
    assertThat(reports.usage(new UsageQuery(project, START, null, Set.of(Dimension.DAY), 2)))
        .hasSize(2);
  }

  @Test
  void whatIsUnsettledComesOldestFirst() {
    fillBooks();

    assertThat(reports.unsettled(10)).extracting(Hold::id).containsExactly("open", "pending");
    assertThat(reports.unsettled(10))
        .extracting(Hold::state)
        .containsExactly(Hold.State.OPEN, Hold.State.PENDING);
    assertThat(reports.unsettled(1)).extracting(Hold::id).containsExactly("open");
  }

  @Test
  void spendingIsByUpstreamKeyAndKnowsKeysThatSpentNothing() {
    String unused = books.stores.upstreamKeys().remember(Secret.of("sk-or-1"));
    fillBooks();
    hold("prj_p0", "lost", 10, HoldMode.BOUNDED, null, 8);
    Set<Flag> flags = Set.of(Flag.ESTIMATED, Flag.UNRESOLVED);
    get(books.ledger().capture(capture("lost", 0, 10, "m", flags, Tokens.NONE, 8)));

    assertThat(reports.spending())
        .containsExactlyInAnyOrder(
            new Spending("upk_1", new Money(450), 3, 2, 1),
            new Spending(unused, Money.ZERO, 0, 0, 0));
    assertThat(reports.unresolved(10)).extracting(Entry::id).containsExactly("lost");
  }

  @Test
  void aBaselineIsKeptAsItIsAndReplaced() {
    String key = books.stores.upstreamKeys().remember(Secret.of("sk-or-1"));
    assertThat(reports.baseline(key)).isEmpty();
    Baseline first = new Baseline(new BigDecimal("1.20E-7"), new Money(7), 3, START);

    reports.setBaseline(key, first);
    assertThat(reports.baseline(key)).contains(first);

    Baseline second = new Baseline(new BigDecimal("0.10"), new Money(8), 4, START.plusSeconds(1));
    reports.setBaseline(key, second);
    assertThat(reports.baseline(key)).contains(second);
  }

  @Test
  void aKeyThatWasNeverUsedHasNoBaseline() {
    assertThat(reports.baseline("nobody")).isEmpty();
    assertThatThrownBy(
            () -> reports.setBaseline("nobody", new Baseline(BigDecimal.ONE, Money.ZERO, 0, START)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void holdsAreCountedByAgeAndStateUpToALimit() {
    List<Duration> ages = List.of(Duration.ofSeconds(10), Duration.ofMinutes(1));
    assertThat(reports.holdCounts(START, ages, 100))
        .isEqualTo(new HoldCounts(List.of(0L, 0L, 0L), 0));
    String project = books.newProject();
    credit(project, "c", 1_000);
    for (int second : new int[] {0, 40, 90, 91, 100, 101}) {
      hold(project, "h" + second, 10, HoldMode.BOUNDED, null, second);
    }
    pend("h0", 5);
    capture("h101", 5);

    // At 100 s: 0 s old, 9, 10 and 60; a hold is as old as a bound from that moment on.
    assertThat(reports.holdCounts(START.plusSeconds(100), ages, 100))
        .isEqualTo(new HoldCounts(List.of(2L, 1L, 1L), 1));
    HoldCounts two = reports.holdCounts(START.plusSeconds(100), ages, 2);
    assertThat(two.pending() + two.open().stream().mapToLong(n -> n).sum()).isEqualTo(2);
  }
}
