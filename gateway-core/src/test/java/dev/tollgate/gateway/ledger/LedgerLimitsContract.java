package dev.tollgate.gateway.ledger;

import static java.util.concurrent.TimeUnit.SECONDS;
import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.SpendingCaps;
import dev.tollgate.gateway.ledger.Entry.Kind;
import dev.tollgate.gateway.ledger.Hold.State;
import dev.tollgate.gateway.ledger.HoldOutcome.CapReached;
import dev.tollgate.gateway.ledger.HoldOutcome.Duplicate;
import dev.tollgate.gateway.ledger.HoldOutcome.Held;
import dev.tollgate.gateway.ledger.HoldOutcome.Insufficient;
import dev.tollgate.gateway.ledger.HoldOutcome.TooManyFree;
import dev.tollgate.gateway.ledger.HoldOutcome.TooManyOpen;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** How every {@link Ledger} keeps to {@link HoldLimits}. Extend it to test one. */
public abstract class LedgerLimitsContract {
  private static final Instant NOW = Instant.parse("2026-02-10T12:00:00Z");
  private static final Instant MIDNIGHT = Instant.parse("2026-02-11T00:00:00Z");
  private static final Instant MARCH = Instant.parse("2026-03-01T00:00:00Z");

  private Ledger ledger;
  private String project;

  /** A ledger without entries; asked for once before each test. */
  protected abstract Ledger freshLedger() throws Exception;

  /** The id of a project that {@link #freshLedger}'s ledger knows, another one each time. */
  protected abstract String newProject();

  /** All the entries of a project of the fresh ledger, in any order. */
  protected abstract List<Entry> entries(String projectId) throws Exception;

  static Stream<Arguments> payersAndPeriods() {
    return Stream.of(Payer.values())
        .flatMap(payer -> Stream.of(Period.values()).map(period -> Arguments.of(payer, period)));
  }

  /** Whose cap it is. */
  enum Payer {
    PROJECT,
    KEY
  }

  @BeforeEach
  void openLedger() throws Exception {
    ledger = freshLedger();
    project = newProject();
    credit(project, "100.00");
  }

  private void credit(String projectId, String dollars) {
    ledger.credit(new Credit("c" + dollars, projectId, Money.parse(dollars), "", NOW));
  }

  private static <T> T get(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(10, SECONDS);
  }

  private static @Nullable Long nanos(@Nullable String dollars) {
    return dollars == null ? null : Money.parse(dollars).nanos();
  }

  private static SpendingCaps caps(@Nullable String daily, @Nullable String monthly) {
    return new SpendingCaps(nanos(daily), nanos(monthly));
  }

  private static HoldLimits limits(SpendingCaps ofProject, SpendingCaps ofKey) {
    return new HoldLimits(0, 0, ofProject, ofKey);
  }

  private static HoldLimits cap(Payer payer, Period period, String dollars) {
    Long cap = nanos(dollars);
    SpendingCaps caps =
        switch (period) {
          case DAILY -> new SpendingCaps(cap, null, null, null);
          case WEEKLY -> new SpendingCaps(null, cap, null, null);
          case MONTHLY -> new SpendingCaps(null, null, cap, null);
          case TOTAL -> new SpendingCaps(null, null, null, cap);
        };
    return payer == Payer.PROJECT
        ? limits(caps, SpendingCaps.NONE)
        : limits(SpendingCaps.NONE, caps);
  }

  private static HoldLimits daily(String dollars) {
    return cap(Payer.PROJECT, Period.DAILY, dollars);
  }

  private static HoldLimits open(int most) {
    return new HoldLimits(most, 0, SpendingCaps.NONE, SpendingCaps.NONE);
  }

  private static HoldLimits free(int most) {
    return new HoldLimits(0, most, SpendingCaps.NONE, SpendingCaps.NONE);
  }

  /** A request for a dollar, to be asked for differently. */
  private final class Asked {
    String projectId = project;
    String key = "key_1";
    String dollars = "1.00";
    HoldMode mode = HoldMode.BOUNDED;
    @Nullable String name;
    HoldLimits limits = HoldLimits.NONE;
    boolean free;
    Instant at = NOW;

    Asked of(String otherProject) {
      projectId = otherProject;
      return this;
    }

    Asked with(String otherKey) {
      key = otherKey;
      return this;
    }

    Asked strictly() {
      mode = HoldMode.STRICT;
      return this;
    }

    Asked in(HoldMode otherMode) {
      mode = otherMode;
      return this;
    }

    Asked free() {
      free = true;
      return this;
    }

    Asked named(String idempotencyKey) {
      name = idempotencyKey;
      return this;
    }

    Asked keptTo(HoldLimits others) {
      limits = others;
      return this;
    }

    Asked at(Instant moment) {
      at = moment;
      return this;
    }

    Asked amount(String amount) {
      dollars = amount;
      return this;
    }

    HoldOutcome hold(String id) throws Exception {
      return get(
          ledger.hold(
              new HoldRequest(
                  id,
                  projectId,
                  key,
                  Money.parse(dollars),
                  mode,
                  Markup.NONE,
                  "asked/model",
                  "",
                  "upk_1",
                  name,
                  limits,
                  Money.ZERO,
                  free,
                  at)));
    }
  }

  private Asked ask(HoldLimits limits) {
    return new Asked().keptTo(limits);
  }

  private static Held held(String dollars) {
    return new Held(Money.parse(dollars));
  }

  private Settled capture(String id, String dollars, Instant at) throws Exception {
    Money amount = Money.parse(dollars);
    return get(
        ledger.capture(
            new Capture(id, amount, amount, dollars, Set.of(), Tokens.NONE, null, null, at)));
  }

  private Settled capture(String id, String dollars) throws Exception {
    return capture(id, dollars, NOW);
  }

  private Settled pend(String id, String dollars) throws Exception {
    return get(
        ledger.pend(
            new Pending(
                id, Money.parse(dollars), Money.ZERO, "client_gone", null, NOW, Duration.ZERO)));
  }

  /** Something that is charged, whatever the caps. */
  private void spend(String id, String key, String dollars, Instant at) throws Exception {
    assertThat(ask(HoldLimits.NONE).with(key).amount("20.00").at(at).hold(id))
        .isEqualTo(held("20.00"));
    assertThat(capture(id, dollars, at)).isEqualTo(Settled.DONE);
  }

  private void spend(String id, String dollars) throws Exception {
    spend(id, "key_1", dollars, NOW);
  }

  private void bring(String id, State state) throws Exception {
    switch (state) {
      case OPEN -> {}
      case PENDING -> assertThat(pend(id, "0.50")).isEqualTo(Settled.DONE);
      case CAPTURED -> assertThat(capture(id, "0.50")).isEqualTo(Settled.DONE);
      case RELEASED -> assertThat(get(ledger.release(id, true, NOW))).isEqualTo(Settled.DONE);
    }
  }

  // What was spent.

  private static Spending spending(ProjectTotals project, String... dollars) {
    Money[] sums = Stream.of(dollars).map(Money::parse).toArray(Money[]::new);
    return new Spending(project, sums[0], sums[1], sums[2], sums[3], sums[4], 0);
  }

  @Test
  void aKeyAndItsProjectAreToldWhatTheySpentInEachPeriod() throws Exception {
    // NOW is a Tuesday.
    spend("january", "key_1", "0.30", Instant.parse("2026-01-20T12:00:00Z"));
    spend("last-week", "key_1", "0.50", Instant.parse("2026-02-08T23:59:59Z"));
    spend("monday", "key_1", "0.70", Instant.parse("2026-02-09T00:00:00Z"));
    spend("today", "key_1", "1.10", NOW);
    spend("another", "key_2", "2.00", NOW);
    ask(HoldLimits.NONE).hold("open");

    ProjectTotals sums = ledger.totals(project);
    assertThat(ledger.spending(project, "key_1", NOW))
        .isEqualTo(spending(sums, "2.60", "1.10", "1.80", "2.30", "1.00"));
    assertThat(ledger.spending(project, null, NOW))
        .isEqualTo(spending(sums, "4.60", "3.10", "3.80", "4.30", "1.00"));
  }

  @Test
  void whatWasSpentTodayCountsAsYesterdaysAfterMidnight() throws Exception {
    spend("h1", "key_1", "1.10", NOW);
    assertThat(ledger.spending(project, "key_1", NOW).daily()).isEqualTo(Money.parse("1.10"));

    Spending later = ledger.spending(project, "key_1", MIDNIGHT);
    assertThat(later.daily()).isEqualTo(Money.ZERO);
    assertThat(later.ever()).isEqualTo(Money.parse("1.10"));
    assertThat(later.weekly()).isEqualTo(Money.parse("1.10"));
  }

  @Test
  void whoSpentNothingIsToldSo() {
    assertThat(ledger.spending("nobody", "key_1", NOW)).isEqualTo(Spending.NOTHING);
    assertThat(ledger.spending(project, "key_9", NOW).ever()).isEqualTo(Money.ZERO);
  }

  // How many are open.

  @Test
  void asManyHoldsMayBeOpenAsTheLimitSays() throws Exception {
    assertThat(ask(open(2)).hold("h1")).isEqualTo(held("1.00"));
    assertThat(ask(open(2)).with("key_2").hold("h2")).isEqualTo(held("1.00"));

    assertThat(ask(open(2)).hold("h3")).isEqualTo(new TooManyOpen());
    assertThat(ask(open(3)).hold("h3")).isEqualTo(held("1.00"));
    assertThat(ledger.balance(project).loaned()).isEqualTo(Money.parse("3.00"));
  }

  @Test
  void aLimitThatWasLoweredRefusesUntilEnoughHaveEnded() throws Exception {
    for (int i = 0; i < 4; i++) {
      ask(HoldLimits.NONE).hold("h" + i);
    }
    capture("h0", "0.50");
    capture("h1", "0.50");

    assertThat(ask(open(2)).hold("h9")).isEqualTo(new TooManyOpen());
    capture("h2", "0.50");
    assertThat(ask(open(2)).hold("h9")).isEqualTo(held("1.00"));
  }

  @ParameterizedTest
  @EnumSource(names = {"PENDING", "CAPTURED", "RELEASED"})
  void whatIsNotOpenAnyMoreMakesRoom(State state) throws Exception {
    ask(open(1)).hold("h1");
    bring("h1", state);

    assertThat(ask(open(1)).hold("h2")).isEqualTo(held("1.00"));
    assertThat(ask(open(1)).hold("h3")).isEqualTo(new TooManyOpen());
  }

  @Test
  void whatWasPendingMakesRoomOnce() throws Exception {
    ask(open(1)).hold("h1");
    bring("h1", State.PENDING);
    bring("h1", State.CAPTURED);
    ask(open(1)).hold("h2");

    assertThat(ask(open(1)).hold("h3")).isEqualTo(new TooManyOpen());
  }

  @ParameterizedTest
  @EnumSource
  void aRepeatIsNotOneMore(State state) throws Exception {
    ask(open(1)).hold("h1");
    bring("h1", state);
    assertThat(ask(open(1)).hold("h1")).isEqualTo(held("1.00"));

    assertThat(ask(open(2)).hold("h2")).isEqualTo(held("1.00"));
    assertThat(ask(open(1)).hold("h1")).isEqualTo(held("1.00"));
  }

  @Test
  void whatAnotherProjectHasOpenDoesNotCount() throws Exception {
    String other = newProject();
    credit(other, "5.00");
    ask(open(1)).of(other).hold("h1");

    assertThat(ask(open(1)).hold("h2")).isEqualTo(held("1.00"));
  }

  @Test
  void manyThreadsNeverHaveMoreOpen() throws Exception {
    for (int round = 0; round < 3; round++) {
      String prefix = "r" + round + "/";
      Map<HoldOutcome, Long> answers = atOnce(24, i -> () -> ask(open(5)).hold(prefix + i));

      assertThat(answers).isEqualTo(Map.of(held("1.00"), 5L, new TooManyOpen(), 19L));
      for (int i = 0; i < 24; i++) {
        capture(prefix + i, "0.01");
      }
    }
  }

  // Free requests.

  @Test
  void asManyFreeRequestsMayBeMadeInADayAsTheLimitSays() throws Exception {
    assertThat(ask(free(2)).at(MIDNIGHT).hold("h1")).isEqualTo(held("1.00"));
    assertThat(ask(free(2)).at(MIDNIGHT).with("key_2").hold("h2")).isEqualTo(held("1.00"));

    assertThat(ask(free(2)).at(MIDNIGHT.plusSeconds(86_399)).hold("h3"))
        .isEqualTo(new TooManyFree());
    assertThat(ask(free(3)).at(MIDNIGHT).hold("h3")).isEqualTo(held("1.00"));
  }

  @Test
  void aFreeRequestIsAdmittedWhateverTheCapsLeave() throws Exception {
    HoldLimits reached = limits(caps("1.00", "1.00"), caps("1.00", "1.00"));
    ask(reached).hold("h1");
    assertThat(ask(reached).hold("h2")).isInstanceOf(CapReached.class);

    assertThat(ask(reached).free().hold("h3")).isEqualTo(held("0"));
  }

  @Test
  void aFreeRequestThatHoldsNothingIsCounted() throws Exception {
    assertThat(ask(free(1)).free().hold("h1")).isEqualTo(held("0"));

    assertThat(ask(free(1)).free().hold("h2")).isEqualTo(new TooManyFree());
  }

  @Test
  void aFreeRequestIsOneOfThoseThatMayBeOpen() throws Exception {
    assertThat(ask(open(1)).free().hold("h1")).isEqualTo(held("0"));

    assertThat(ask(open(1)).free().hold("h2")).isEqualTo(new TooManyOpen());
  }

  @Test
  void aFreeRequestTakesItsIdempotencyKey() throws Exception {
    ask(HoldLimits.NONE).free().named("k").hold("h1");

    assertThat(ask(HoldLimits.NONE).free().named("k").hold("h2")).isEqualTo(new Duplicate("h1"));
  }

  @Test
  void freeRequestsAreCountedAnewFromMidnight() throws Exception {
    ask(free(1)).at(MIDNIGHT.minusMillis(1)).hold("h1");
    assertThat(ask(free(1)).at(MIDNIGHT.minusMillis(1)).hold("h2")).isEqualTo(new TooManyFree());

    assertThat(ask(free(1)).at(MIDNIGHT).hold("h2")).isEqualTo(held("1.00"));
    assertThat(ask(free(1)).at(MIDNIGHT).hold("h3")).isEqualTo(new TooManyFree());
  }

  @Test
  void aFreeRequestByAClockThatIsBehindCountsInTheNewestDay() throws Exception {
    ask(free(2)).at(MIDNIGHT).hold("h1");

    assertThat(ask(free(2)).at(MIDNIGHT.minusMillis(1)).hold("h2")).isEqualTo(held("1.00"));
    assertThat(ask(free(2)).at(MIDNIGHT.minusMillis(1)).hold("h3")).isEqualTo(new TooManyFree());
    assertThat(ask(free(2)).at(MIDNIGHT).hold("h3")).isEqualTo(new TooManyFree());
  }

  @Test
  void aRepeatOfAFreeRequestIsCountedOnce() throws Exception {
    ask(free(2)).hold("h1");
    assertThat(ask(free(2)).hold("h1")).isEqualTo(held("1.00"));

    assertThat(ask(free(2)).hold("h2")).isEqualTo(held("1.00"));
    assertThat(ask(free(2)).hold("h1")).isEqualTo(held("1.00"));
    assertThat(ask(free(2)).hold("h3")).isEqualTo(new TooManyFree());
  }

  @ParameterizedTest
  @EnumSource
  void aFreeRequestCountsWhateverBecameOfIt(State state) throws Exception {
    ask(free(1)).hold("h1");
    bring("h1", state);

    assertThat(ask(free(1)).hold("h2")).isEqualTo(new TooManyFree());
  }

  @Test
  void aFreeRequestThatWasNeverSentStaysCounted() throws Exception {
    ask(free(1)).hold("h1");
    get(ledger.release("h1", false, NOW));

    assertThat(ask(free(1)).hold("h2")).isEqualTo(new TooManyFree());
  }

  @Test
  void aRequestThatIsNotFreeIsNeitherCountedNorRefused() throws Exception {
    ask(HoldLimits.NONE).hold("h1");
    ask(free(1)).hold("h2");

    assertThat(ask(HoldLimits.NONE).hold("h3")).isEqualTo(held("1.00"));
    assertThat(ask(free(2)).hold("h4")).isEqualTo(held("1.00"));
  }

  @Test
  void aRefusedFreeRequestIsNotCounted() throws Exception {
    ask(HoldLimits.NONE).named("k").hold("h0");
    ask(new HoldLimits(1, 1, SpendingCaps.NONE, SpendingCaps.NONE)).hold("h1");
    ask(free(1)).named("k").hold("h2");
    ask(new HoldLimits(0, 1, caps("0.50", null), SpendingCaps.NONE)).strictly().hold("h3");
    ask(free(1)).amount("100.00").strictly().hold("h4");

    assertThat(ask(free(1)).hold("h5")).isEqualTo(held("1.00"));
  }

  @Test
  void theFreeRequestsOfAnotherProjectDoNotCount() throws Exception {
    String other = newProject();
    credit(other, "5.00");
    ask(free(1)).of(other).hold("h1");

    assertThat(ask(free(1)).hold("h2")).isEqualTo(held("1.00"));
  }

  @Test
  void manyThreadsNeverMakeMoreFreeRequests() throws Exception {
    assertThat(atOnce(24, i -> () -> ask(free(7)).hold("h" + i)))
        .isEqualTo(Map.of(held("1.00"), 7L, new TooManyFree(), 17L));
  }

  // The order.

  @Test
  void whatIsOpenIsLookedAtBeforeWhatIsFree() throws Exception {
    HoldLimits both = new HoldLimits(1, 1, SpendingCaps.NONE, SpendingCaps.NONE);
    ask(both).hold("h1");

    assertThat(ask(both).hold("h2")).isEqualTo(new TooManyOpen());
  }

  @Test
  void whatIsOpenIsLookedAtBeforeTheIdempotencyKey() throws Exception {
    ask(open(1)).named("k").hold("h1");

    assertThat(ask(open(1)).named("k").hold("h2")).isEqualTo(new TooManyOpen());
  }

  @Test
  void whatIsFreeIsLookedAtBeforeTheIdempotencyKey() throws Exception {
    ask(free(1)).named("k").hold("h1");

    assertThat(ask(free(1)).named("k").hold("h2")).isEqualTo(new TooManyFree());
  }

  @Test
  void theIdempotencyKeyIsLookedAtBeforeTheCaps() throws Exception {
    ask(daily("1.00")).named("k").hold("h1");

    assertThat(ask(daily("1.00")).named("k").hold("h2")).isEqualTo(new Duplicate("h1"));
  }

  @ParameterizedTest
  @EnumSource
  void theCapsAreLookedAtBeforeTheMoney(HoldMode mode) throws Exception {
    ask(HoldLimits.NONE).amount("100.00").hold("h1");

    assertThat(ask(daily("1.00")).in(mode).hold("h2")).isEqualTo(new CapReached(Period.DAILY));
    assertThat(ask(daily("1000.00")).in(mode).hold("h2")).isInstanceOf(Insufficient.class);
  }

  @Test
  void aHoldThatACapRefusedDoesNotTakeItsIdempotencyKey() throws Exception {
    spend("h0", "1.00");
    ask(daily("1.00")).named("k").hold("h1");

    assertThat(ask(HoldLimits.NONE).named("k").hold("h2")).isEqualTo(held("1.00"));
  }

  @Test
  void aRepeatIsKeptToNothing() throws Exception {
    ask(HoldLimits.NONE).hold("h1");
    spend("h2", "1.00");

    assertThat(
            ask(new HoldLimits(1, 1, caps("0.01", "0.01"), caps("0.01", "0.01")))
                .amount("2.00")
                .strictly()
                .hold("h1"))
        .isEqualTo(held("1.00"));
  }

  @Test
  void anUnknownProjectHoldsNothingWhateverTheLimits() throws Exception {
    HoldLimits all = new HoldLimits(1, 1, caps("1.00", "1.00"), caps("1.00", "1.00"));

    assertThat(ask(all).of("prj_unknown").hold("h1")).isInstanceOf(Insufficient.class);
  }

  // Caps.

  @ParameterizedTest
  @MethodSource("payersAndPeriods")
  void aBoundedHoldIsCutToWhatACapLeaves(Payer payer, Period period) throws Exception {
    spend("h1", "1.25");
    ask(HoldLimits.NONE).amount("0.50").hold("h2");

    assertThat(ask(cap(payer, period, "2.00")).hold("h3")).isEqualTo(held("0.25"));
    assertThat(ledger.balance(project).loaned()).isEqualTo(Money.parse("0.75"));
    assertThat(ask(cap(payer, period, "2.00")).hold("h4")).isEqualTo(new CapReached(period));
    assertThat(ledger.balance(project).loaned()).isEqualTo(Money.parse("0.75"));
  }

  @ParameterizedTest
  @MethodSource("payersAndPeriods")
  void aStrictHoldMustFitUnderACap(Payer payer, Period period) throws Exception {
    spend("h1", "1.25");
    ask(HoldLimits.NONE).amount("0.50").hold("h2");
    HoldLimits cap = cap(payer, period, "2.00");

    assertThat(ask(cap).strictly().amount("0.250000001").hold("h3"))
        .isEqualTo(new CapReached(period));
    assertThat(ledger.balance(project).loaned()).isEqualTo(Money.parse("0.50"));
    assertThat(ask(cap).strictly().amount("0.25").hold("h3")).isEqualTo(held("0.25"));
  }

  @ParameterizedTest
  @MethodSource("payersAndPeriods")
  void aCapThatWasPassedAdmitsNothing(Payer payer, Period period) throws Exception {
    spend("h1", "25.00");

    for (HoldMode mode : HoldMode.values()) {
      assertThat(ask(cap(payer, period, "2.00")).in(mode).amount("0.000000001").hold("h2"))
          .isEqualTo(new CapReached(period));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aNanoUnderTheCapAdmitsABoundedHold(Payer payer) throws Exception {
    spend("h1", "1.999999999");

    assertThat(ask(cap(payer, Period.MONTHLY, "2.00")).hold("h2")).isEqualTo(held("0.000000001"));
  }

  @Test
  void aHoldIsCutToTheLeastThatAnyCapLeaves() throws Exception {
    spend("h1", "1.00");
    spend("h2", "key_2", "0.50", NOW);

    assertThat(ask(limits(caps("2.00", "2.10"), caps("1.30", "1.20"))).hold("h3"))
        .isEqualTo(held("0.20"));
    assertThat(ask(limits(caps("2.00", "1.80"), caps("5.00", "5.00"))).hold("h4"))
        .isEqualTo(held("0.10"));
  }

  @Test
  void aHoldIsCutToTheBalanceWhereThatIsLess() throws Exception {
    ask(HoldLimits.NONE).amount("99.50").hold("h1");

    assertThat(ask(daily("100.25")).hold("h2")).isEqualTo(held("0.50"));
  }

  @Test
  void ofSeveralCapsThatAreReachedTheOneThatLastsLongestIsTold() throws Exception {
    spend("h1", "1.00");

    for (HoldMode mode : HoldMode.values()) {
      assertThat(ask(limits(caps("1.00", "1.00"), SpendingCaps.NONE)).in(mode).hold("h2"))
          .isEqualTo(new CapReached(Period.MONTHLY));
      assertThat(ask(limits(caps("1.00", null), caps(null, "1.00"))).in(mode).hold("h2"))
          .isEqualTo(new CapReached(Period.MONTHLY));
      assertThat(ask(limits(caps(null, "1.00"), caps("1.00", null))).in(mode).hold("h2"))
          .isEqualTo(new CapReached(Period.MONTHLY));
      assertThat(ask(limits(caps("1.00", "5.00"), caps(null, "5.00"))).in(mode).hold("h2"))
          .isEqualTo(new CapReached(Period.DAILY));
    }
  }

  @Test
  void aKeysCapDoesNotCountWhatOtherKeysSpendAndHold() throws Exception {
    spend("h1", "key_2", "5.00", NOW);
    ask(HoldLimits.NONE).with("key_2").hold("h2");
    HoldLimits cap = cap(Payer.KEY, Period.DAILY, "1.00");

    assertThat(ask(cap).hold("h3")).isEqualTo(held("1.00"));
    assertThat(ask(cap).hold("h4")).isEqualTo(new CapReached(Period.DAILY));
    assertThat(ask(cap).with("key_3").hold("h4")).isEqualTo(held("1.00"));
  }

  @Test
  void aKeysCapDoesNotCountAnotherProjectsKeyOfTheSameId() throws Exception {
    String other = newProject();
    credit(other, "50.00");
    ask(HoldLimits.NONE).of(other).hold("h1");
    ask(HoldLimits.NONE).of(other).hold("h2");
    capture("h1", "1.00");

    assertThat(ask(cap(Payer.KEY, Period.DAILY, "1.00")).hold("h3")).isEqualTo(held("1.00"));
  }

  @Test
  void aProjectsCapCountsWhatAllItsKeysSpendAndHold() throws Exception {
    spend("h1", "key_2", "0.25", NOW);
    spend("h2", "-", "0.25", NOW);
    ask(HoldLimits.NONE).with("key_3").amount("0.25").hold("h3");

    assertThat(ask(daily("1.00")).hold("h4")).isEqualTo(held("0.25"));
  }

  @Test
  void aProjectsCapDoesNotCountOtherProjects() throws Exception {
    String other = newProject();
    credit(other, "5.00");
    ask(HoldLimits.NONE).of(other).hold("h1");
    ask(HoldLimits.NONE).of(other).hold("h2");
    capture("h1", "1.00");

    assertThat(ask(daily("1.00")).hold("h3")).isEqualTo(held("1.00"));
  }

  @ParameterizedTest
  @EnumSource
  void whatIsPendingCountsByWhatItIsCutTo(Payer payer) throws Exception {
    ask(HoldLimits.NONE).hold("h1");
    pend("h1", "0.25");

    assertThat(ask(cap(payer, Period.DAILY, "1.00")).hold("h2")).isEqualTo(held("0.75"));
  }

  @ParameterizedTest
  @EnumSource
  void whatIsReleasedCountsNoMore(Payer payer) throws Exception {
    HoldLimits cap = cap(payer, Period.MONTHLY, "1.00");
    ask(cap).hold("h1");
    get(ledger.release("h1", true, NOW));

    assertThat(ask(cap).hold("h2")).isEqualTo(held("1.00"));
  }

  @ParameterizedTest
  @EnumSource
  void ofWhatIsCapturedOnlyTheChargeCounts(Payer payer) throws Exception {
    HoldLimits cap = cap(payer, Period.DAILY, "1.00");
    ask(cap).hold("h1");
    capture("h1", "0.25");

    assertThat(ask(cap).hold("h2")).isEqualTo(held("0.75"));
  }

  @ParameterizedTest
  @EnumSource
  void aPendingHoldThatIsCapturedLaterCounts(Payer payer) throws Exception {
    ask(HoldLimits.NONE).hold("h1");
    pend("h1", "0.25");
    capture("h1", "0.75");

    assertThat(ask(cap(payer, Period.DAILY, "1.00")).hold("h2")).isEqualTo(held("0.25"));
  }

  @ParameterizedTest
  @EnumSource
  void aWeekBeginsOnMonday(Payer payer) throws Exception {
    HoldLimits cap = cap(payer, Period.WEEKLY, "2.00");
    spend("sunday", "key_1", "1.90", Instant.parse("2026-02-08T23:59:59Z"));
    spend("monday", "key_1", "0.70", Instant.parse("2026-02-09T00:00:00Z"));

    assertThat(ask(cap).amount("0.10").at(NOW).hold("h1")).isEqualTo(held("0.10"));
    spend("tuesday", "key_1", "0.60", NOW);
    assertThat(ask(cap).at(NOW).hold("h2")).isEqualTo(held("0.60"));
    assertThat(ask(cap).at(NOW).hold("h3")).isEqualTo(new CapReached(Period.WEEKLY));

    Instant nextMonday = Instant.parse("2026-02-16T00:00:00Z");
    assertThat(ask(cap).at(nextMonday).hold("h4")).isEqualTo(held("1.00"));
  }

  @ParameterizedTest
  @EnumSource
  void theTotalIsNeverBegunAnew(Payer payer) throws Exception {
    HoldLimits cap = cap(payer, Period.TOTAL, "2.00");
    spend("january", "key_1", "1.00", Instant.parse("2026-01-20T12:00:00Z"));
    assertThat(ask(cap).amount("0.10").at(NOW).hold("h1")).isEqualTo(held("0.10"));
    spend("february", "key_1", "0.50", NOW);

    assertThat(ask(cap).at(MARCH).hold("h2")).isEqualTo(held("0.40"));
    assertThat(ask(cap).at(MARCH).hold("h3")).isEqualTo(new CapReached(Period.TOTAL));
  }

  @ParameterizedTest
  @EnumSource
  void aChargeThatComesLateCountsInItsWeekAndInTotal(Payer payer) throws Exception {
    HoldLimits week = cap(payer, Period.WEEKLY, "2.00");
    HoldLimits total = cap(payer, Period.TOTAL, "3.00");
    spend("tuesday", "key_1", "0.50", NOW);
    assertThat(ask(week).amount("0.01").hold("h1")).isEqualTo(held("0.01"));
    assertThat(ask(total).amount("0.01").hold("h2")).isEqualTo(held("0.01"));
    spend("monday", "key_1", "0.25", NOW.minus(Duration.ofDays(1)));
    spend("january", "key_1", "1.00", NOW.minus(Duration.ofDays(20)));

    assertThat(ask(week).amount("5.00").hold("h3")).isEqualTo(held("1.23"));
    get(ledger.release("h3", true, NOW));
    assertThat(ask(total).amount("5.00").hold("h4")).isEqualTo(held("1.23"));
  }

  @ParameterizedTest
  @EnumSource
  void aChargeOfTheMinuteBeforeMidnightCountsInItsWeekAndInTotal(Payer payer) throws Exception {
    HoldLimits week = cap(payer, Period.WEEKLY, "2.00");
    HoldLimits total = cap(payer, Period.TOTAL, "2.00");
    Instant wednesday = MIDNIGHT.plusSeconds(60);
    spend("wednesday", "key_1", "0.50", wednesday);
    assertThat(ask(week).amount("0.01").at(wednesday).hold("h1")).isEqualTo(held("0.01"));
    assertThat(ask(total).amount("0.01").at(wednesday).hold("h2")).isEqualTo(held("0.01"));
    spend("tuesday", "key_1", "0.25", MIDNIGHT.minusSeconds(60));

    assertThat(ask(week).amount("5.00").at(wednesday).hold("h3")).isEqualTo(held("1.23"));
    get(ledger.release("h3", true, NOW));
    assertThat(ask(total).amount("5.00").at(wednesday).hold("h4")).isEqualTo(held("1.23"));
  }

  @Test
  void chargesAddUpToTheNano() throws Exception {
    for (int i = 0; i < 5; i++) {
      spend("h" + i, "0.100000001");
    }

    assertThat(ask(daily("1.00")).hold("h9")).isEqualTo(held("0.499999995"));
  }

  @Test
  void creditsAndCorrectionsDoNotCount() throws Exception {
    spend("h1", "0.50");
    credit(project, "5.00");
    credit(project, "-1.00");

    assertThat(ask(daily("1.00")).hold("h2")).isEqualTo(held("0.50"));
  }

  @Test
  void aSecondAnswerDoesNotCount() throws Exception {
    spend("h1", "0.25");
    assertThat(capture("h1", "0.25")).isEqualTo(Settled.REPEATED);
    assertThat(capture("h1", "0.75")).isEqualTo(Settled.LATE);
    ask(HoldLimits.NONE).hold("h2");
    get(ledger.release("h2", true, NOW));
    assertThat(capture("h2", "0.75")).isEqualTo(Settled.LATE);

    assertThat(ask(limits(caps("1.00", "1.00"), caps("1.00", "1.00"))).hold("h3"))
        .isEqualTo(held("0.75"));
  }

  @Test
  void aShortfallDoesNotCount() throws Exception {
    ask(HoldLimits.NONE).strictly().amount("0.25").hold("h1");
    capture("h1", "5.00");

    assertThat(ask(limits(caps("1.00", "1.00"), caps("1.00", "1.00"))).hold("h2"))
        .isEqualTo(held("0.75"));
  }

  @Test
  void aChargeThatIsRefusedDoesNotCount() throws Exception {
    ask(HoldLimits.NONE).hold("h1");
    spend("h2", "key_2", "9223372036.854775806", NOW);

    assertThatThrownBy(() -> capture("h1", "0.000000002", MARCH))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(ArithmeticException.class);
    // Under the caps, by a nano beside what is held.
    for (Payer payer : Payer.values()) {
      assertThat(ask(cap(payer, Period.DAILY, "1.000000001")).at(MARCH).hold("h3"))
          .isInstanceOf(Insufficient.class);
    }
  }

  @Test
  void whatABoundedChargeIsAboveAHoldThatACapCutIsAnOverrun() throws Exception {
    assertThat(ask(daily("0.25")).hold("h1")).isEqualTo(held("0.25"));
    capture("h1", "0.75");

    assertThat(entries(project))
        .filteredOn(entry -> entry.kind() == Kind.CHARGE)
        .extracting(Entry::amount, Entry::overrun)
        .containsExactly(tuple(Money.parse("0.75"), Money.parse("0.50")));
    assertThat(ask(daily("0.80")).hold("h2")).isEqualTo(held("0.05"));
  }

  @Test
  void aStrictChargeNeverPassesTheCapThatAdmittedItsHold() throws Exception {
    assertThat(ask(daily("0.25")).strictly().amount("0.25").hold("h1")).isEqualTo(held("0.25"));
    capture("h1", "0.75");

    assertThat(ledger.totals(project).charges()).isEqualTo(Money.parse("0.25"));
    assertThat(ask(daily("0.25")).hold("h2")).isEqualTo(new CapReached(Period.DAILY));
    assertThat(ask(daily("0.26")).hold("h2")).isEqualTo(held("0.01"));
  }

  @ParameterizedTest
  @EnumSource
  void theLargestCapsAndAmountsCanBeCounted(Payer payer) throws Exception {
    String most = "9223372036.854775807";
    credit(project, "9223371936.854775807");
    ask(HoldLimits.NONE).amount("9223372035.854775807").hold("h1");

    assertThat(ask(cap(payer, Period.DAILY, most)).hold("h2")).isEqualTo(held("1.00"));
    capture("h1", "9223372035.854775807");
    assertThat(ask(cap(payer, Period.DAILY, "0.01")).hold("h3"))
        .isEqualTo(new CapReached(Period.DAILY));
    capture("h2", "1.00");
    assertThat(ask(cap(payer, Period.MONTHLY, most)).hold("h3"))
        .isEqualTo(new CapReached(Period.MONTHLY));
  }

  @ParameterizedTest
  @EnumSource
  void aCapIsReachedHoweverMuchIsChargedAndHeld(Payer payer) throws Exception {
    credit(project, "9223371936.854775807");
    ask(HoldLimits.NONE).amount("9223372035.854775807").hold("h1");
    ask(HoldLimits.NONE).hold("h2");
    capture("h2", "9223372036.854775807");

    assertThat(ask(cap(payer, Period.DAILY, "1.00")).hold("h3"))
        .isEqualTo(new CapReached(Period.DAILY));
  }

  @Test
  void textOfAKeyIsNotReadAsAnythingElse() throws Exception {
    String odd = "'; DROP TABLE key_spending; -- %_\\ \"\n\u00e9\ud83d\ude00";
    spend("h1", odd, "0.75", NOW);

    assertThat(ask(cap(Payer.KEY, Period.DAILY, "1.00")).with(odd).hold("h2"))
        .isEqualTo(held("0.25"));
    assertThat(ask(cap(Payer.KEY, Period.DAILY, "1.00")).hold("h3")).isEqualTo(held("1.00"));
  }

  // Periods.

  @ParameterizedTest
  @EnumSource
  void aDailyCapIsWholeAgainFromMidnight(Payer payer) throws Exception {
    HoldLimits cap = cap(payer, Period.DAILY, "1.00");
    spend("h1", "key_1", "1.00", MIDNIGHT.minusMillis(1));
    assertThat(ask(cap).at(MIDNIGHT.minusMillis(1)).hold("h2"))
        .isEqualTo(new CapReached(Period.DAILY));

    assertThat(ask(cap).at(MIDNIGHT).hold("h2")).isEqualTo(held("1.00"));
  }

  @ParameterizedTest
  @EnumSource
  void aMonthlyCapIsWholeAgainFromTheFirst(Payer payer) throws Exception {
    HoldLimits cap = cap(payer, Period.MONTHLY, "1.00");
    spend("h1", "key_1", "0.50", NOW);
    spend("h2", "key_1", "0.50", MARCH.minusMillis(1));
    assertThat(ask(cap).at(MARCH.minusMillis(1)).hold("h3"))
        .isEqualTo(new CapReached(Period.MONTHLY));

    assertThat(ask(cap).at(MARCH).hold("h3")).isEqualTo(held("1.00"));
  }

  @ParameterizedTest
  @CsvSource({
    "2024-02-29T23:59:59.999Z,2024-03-01T00:00:00Z",
    "2025-12-31T23:59:59.999Z,2026-01-01T00:00:00Z",
    "2026-04-30T23:59:59.999Z,2026-05-01T00:00:00Z"
  })
  void dayAndMonthEndTogether(Instant last, Instant first) throws Exception {
    HoldLimits caps = limits(caps("1.00", "1.00"), caps("1.00", "1.00"));
    spend("h1", "key_1", "1.00", last);
    assertThat(ask(caps).at(last).hold("h2")).isEqualTo(new CapReached(Period.MONTHLY));

    assertThat(ask(caps).at(first).hold("h2")).isEqualTo(held("1.00"));
  }

  @ParameterizedTest
  @EnumSource
  void aChargeOfANewDayIsTheFirstOfIt(Payer payer) throws Exception {
    spend("h1", "key_1", "0.75", MIDNIGHT.minusMillis(1));
    spend("h2", "key_1", "0.25", MIDNIGHT);

    assertThat(ask(cap(payer, Period.DAILY, "1.00")).at(MIDNIGHT).hold("h3"))
        .isEqualTo(held("0.75"));
    get(ledger.release("h3", true, NOW));
    assertThat(ask(cap(payer, Period.MONTHLY, "1.25")).at(MIDNIGHT).hold("h4"))
        .isEqualTo(held("0.25"));
  }

  @ParameterizedTest
  @EnumSource
  void whatIsHeldOverMidnightCountsOnBothDays(Payer payer) throws Exception {
    HoldLimits cap = cap(payer, Period.DAILY, "1.00");
    ask(cap).amount("0.75").at(MIDNIGHT.minusMillis(1)).hold("h1");

    assertThat(ask(cap).at(MIDNIGHT).hold("h2")).isEqualTo(held("0.25"));
  }

  @ParameterizedTest
  @EnumSource
  void aChargeCountsOnTheDayItIsMade(Payer payer) throws Exception {
    HoldLimits cap = cap(payer, Period.DAILY, "1.00");
    ask(cap).at(MIDNIGHT.minusMillis(1)).hold("h1");
    capture("h1", "0.75", MIDNIGHT);

    assertThat(ask(cap).at(MIDNIGHT).hold("h2")).isEqualTo(held("0.25"));
  }

  @ParameterizedTest
  @EnumSource
  void aLateChargeOfADayThatIsOverCountsInItsMonthOnly(Payer payer) throws Exception {
    ask(HoldLimits.NONE).at(NOW).hold("h1");
    spend("h2", "key_1", "0.25", MIDNIGHT);
    capture("h1", "0.50", MIDNIGHT.minusMillis(1));

    assertThat(ask(cap(payer, Period.DAILY, "1.00")).at(MIDNIGHT).hold("h3"))
        .isEqualTo(held("0.75"));
    get(ledger.release("h3", true, NOW));
    assertThat(ask(cap(payer, Period.MONTHLY, "1.00")).at(MIDNIGHT).hold("h4"))
        .isEqualTo(held("0.25"));
  }

  @ParameterizedTest
  @EnumSource
  void aLateChargeOfAMonthThatIsOverCountsNowhere(Payer payer) throws Exception {
    ask(HoldLimits.NONE).at(NOW).hold("h1");
    spend("h2", "key_1", "0.25", MARCH);
    capture("h1", "0.50", MARCH.minusMillis(1));

    assertThat(ask(cap(payer, Period.DAILY, "1.00")).at(MARCH).hold("h3")).isEqualTo(held("0.75"));
    get(ledger.release("h3", true, NOW));
    assertThat(ask(cap(payer, Period.MONTHLY, "1.00")).at(MARCH).hold("h4"))
        .isEqualTo(held("0.75"));
  }

  @ParameterizedTest
  @CsvSource({"PROJECT,DAILY", "PROJECT,MONTHLY", "KEY,DAILY", "KEY,MONTHLY"})
  void aHoldByAClockThatIsBehindMeetsTheNewestFigure(Payer payer, Period period) throws Exception {
    spend("h1", "key_1", "5.00", NOW);
    spend("h2", "key_1", "0.75", MARCH);

    assertThat(ask(cap(payer, period, "1.00")).at(MARCH.minusMillis(1)).hold("h3"))
        .isEqualTo(held("0.25"));
  }

  /** The period of NOW, and moments of a later one. */
  private static final String CLOCKS_AHEAD =
      """
      PROJECT,DAILY,PT13H
      PROJECT,DAILY,PT24H
      PROJECT,DAILY,PT9600H
      PROJECT,MONTHLY,PT456H
      PROJECT,MONTHLY,PT96000H
      KEY,DAILY,PT13H
      KEY,DAILY,PT24H
      KEY,DAILY,PT9600H
      KEY,MONTHLY,PT456H
      KEY,MONTHLY,PT96000H
      """;

  @ParameterizedTest
  @CsvSource(textBlock = CLOCKS_AHEAD)
  void aCapIsExactAtOnceAfterAClockWasAhead(Payer payer, Period period, Duration ahead)
      throws Exception {
    HoldLimits cap = cap(payer, period, "1.00");
    spend("h1", "key_1", "0.25", NOW);
    spend("h2", "key_1", "5.00", NOW.plus(ahead));

    assertThat(ask(cap).hold("h3")).isEqualTo(held("0.75"));
    capture("h3", "0.50");
    assertThat(ask(cap).hold("h4")).isEqualTo(held("0.25"));
    capture("h4", "0.25");
    assertThat(ask(cap).hold("h5")).isEqualTo(new CapReached(period));
  }

  @ParameterizedTest
  @CsvSource(textBlock = CLOCKS_AHEAD)
  void whatAClockThatWasAheadChargedCountsWhenItsTimeComes(
      Payer payer, Period period, Duration ahead) throws Exception {
    spend("h1", "key_1", "0.75", NOW.plus(ahead));
    spend("h2", "key_1", "0.50", NOW);

    assertThat(ask(cap(payer, period, "1.00")).at(NOW.plus(ahead)).hold("h3"))
        .isEqualTo(held("0.25"));
    capture("h3", "0.25", NOW.plus(ahead));
    assertThat(ask(cap(payer, period, "1.00")).at(NOW.plus(ahead)).hold("h4"))
        .isEqualTo(new CapReached(period));
  }

  @ParameterizedTest
  @CsvSource(textBlock = CLOCKS_AHEAD)
  void aCounterThatIsPutRightSaysWhatWasChargedNow(Payer payer, Period period, Duration ahead)
      throws Exception {
    spend("h1", "key_1", "0.25", NOW);
    spend("h2", "key_1", "5.00", NOW.plus(ahead));

    // The day of the project and the key, and mostly the month.
    assertThat(ledger.putClocksRight(NOW, Duration.ZERO)).isIn(2, 4);

    assertThat(ledger.putClocksRight(NOW, Duration.ZERO)).isZero();
    assertThat(ask(cap(payer, period, "1.00")).hold("h3")).isEqualTo(held("0.75"));
  }

  @ParameterizedTest
  @CsvSource({"PROJECT,DAILY", "PROJECT,MONTHLY", "KEY,DAILY", "KEY,MONTHLY"})
  void aClockThatIsBehindByMoreThanClocksDifferMeetsItsOwnPeriod(Payer payer, Period period)
      throws Exception {
    Instant within = MARCH.minus(Ledger.CLOCK_SKEW);
    spend("h1", "key_1", "0.50", NOW.plus(Duration.ofDays(18)));
    spend("h2", "key_1", "0.75", MARCH);

    assertThat(ask(cap(payer, period, "1.00")).at(within).hold("h3")).isEqualTo(held("0.25"));
    get(ledger.release("h3", true, NOW));
    assertThat(ask(cap(payer, period, "1.00")).at(within.minusMillis(1)).hold("h4"))
        .isEqualTo(held("0.50"));
  }

  @Test
  void freeRequestsAreCountedFromNoneAfterAClockWasAhead() throws Exception {
    ask(free(1)).at(NOW.plus(Duration.ofDays(400))).hold("h1");

    assertThat(ask(free(1)).hold("h2")).isEqualTo(held("1.00"));
    assertThat(ask(free(1)).hold("h3")).isEqualTo(new TooManyFree());
  }

  @Test
  void aDayOfFreeRequestsInTheFutureIsPutRight() throws Exception {
    ask(free(1)).at(NOW.plus(Duration.ofDays(400))).hold("h1");

    assertThat(ledger.putClocksRight(NOW, Duration.ZERO)).isEqualTo(1);

    assertThat(ask(free(1)).hold("h2")).isEqualTo(held("1.00"));
  }

  @Test
  void aHoldInANewPeriodDoesNotForgetTheOld() throws Exception {
    HoldLimits caps = limits(caps("1.00", "1.00"), caps("1.00", "1.00"));
    spend("h1", "0.75");
    ask(caps).at(MARCH).hold("h2");
    get(ledger.release("h2", true, MARCH));

    assertThat(ask(caps).hold("h3")).isEqualTo(held("0.25"));
  }

  @Test
  void aKeysPeriodsAreItsOwn() throws Exception {
    spend("h1", "key_1", "0.75", MIDNIGHT.minusMillis(1));
    spend("h2", "key_2", "0.50", MIDNIGHT);

    assertThat(ask(cap(Payer.KEY, Period.DAILY, "1.00")).at(MIDNIGHT.minusMillis(1)).hold("h3"))
        .isEqualTo(held("0.25"));
    assertThat(ask(daily("1.00")).at(MIDNIGHT.minusMillis(1)).with("key_3").hold("h4"))
        .isEqualTo(held("0.25"));
  }

  // Many at once.

  @ParameterizedTest
  @EnumSource
  void manyThreadsNeverHoldMoreThanACapLeaves(Payer payer) throws Exception {
    spend("h", "2.50");
    HoldLimits cap = cap(payer, Period.DAILY, "10.00");

    assertThat(atOnce(24, i -> () -> ask(cap).hold("h" + i)))
        .isEqualTo(Map.of(held("1.00"), 7L, held("0.50"), 1L, new CapReached(Period.DAILY), 16L));
  }

  @ParameterizedTest
  @EnumSource
  void manyThreadsNeverSpendMoreThanACap(Payer payer) throws Exception {
    HoldLimits cap = cap(payer, Period.MONTHLY, "3.00");

    atOnce(
        16,
        i ->
            () -> {
              for (int n = 0; n < 12; n++) {
                String id = i + "/" + n;
                if (ask(cap).amount("0.10").hold(id) instanceof Held placed) {
                  capture(id, placed.amount().toString());
                }
              }
              return true;
            });

    assertThat(ledger.totals(project).charges()).isEqualTo(Money.parse("3.00"));
  }

  @Test
  void theChargesOfManyThreadsAreAllCounted() throws Exception {
    atOnce(
        16,
        i ->
            () -> {
              ask(HoldLimits.NONE).with("key_" + i % 2).hold("h" + i);
              return capture("h" + i, "0.10");
            });

    assertThat(ask(cap(Payer.KEY, Period.DAILY, "0.90")).with("key_0").hold("x0"))
        .isEqualTo(held("0.10"));
    assertThat(ask(cap(Payer.KEY, Period.MONTHLY, "0.90")).with("key_1").hold("x1"))
        .isEqualTo(held("0.10"));
    assertThat(ask(daily("2.00")).hold("x2")).isEqualTo(held("0.20"));
  }

  /** What each of many calls, made at once, answered, and how often. */
  private static <T> Map<T, Long> atOnce(int calls, IntFunction<Callable<T>> call)
      throws Exception {
    ExecutorService executor = Executors.newFixedThreadPool(calls);
    CyclicBarrier start = new CyclicBarrier(calls);
    try {
      List<Future<T>> made = new ArrayList<>();
      for (int i = 0; i < calls; i++) {
        Callable<T> each = call.apply(i);
        made.add(
            executor.submit(
                () -> {
                  start.await(10, SECONDS);
                  return each.call();
                }));
      }
      List<T> answers = new ArrayList<>();
      for (Future<T> each : made) {
        answers.add(each.get(30, SECONDS));
      }
      return answers.stream().collect(groupingBy(answer -> answer, counting()));
    } finally {
      executor.shutdownNow();
    }
  }
}
