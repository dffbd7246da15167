package dev.tollgate.gateway.ledger;

import static java.util.concurrent.TimeUnit.SECONDS;
import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.ledger.CreditOutcome.Result;
import dev.tollgate.gateway.ledger.Entry.Kind;
import dev.tollgate.gateway.ledger.Hold.State;
import dev.tollgate.gateway.ledger.HoldOutcome.Duplicate;
import dev.tollgate.gateway.ledger.HoldOutcome.Held;
import dev.tollgate.gateway.ledger.HoldOutcome.Insufficient;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every {@link Ledger} keeps to. Extend it to test one. */
public abstract class LedgerContract {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration DAY = Duration.ofHours(24);
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private Ledger ledger;
  private String project;

  /** A ledger without entries; asked for once before each test. */
  protected abstract Ledger freshLedger() throws Exception;

  /** The id of a project that {@link #freshLedger}'s ledger knows, another one each time. */
  protected abstract String newProject();

  /** All the entries of a project of the fresh ledger, in any order. */
  protected abstract List<Entry> entries(String projectId) throws Exception;

  @BeforeEach
  void openLedger() throws Exception {
    ledger = freshLedger();
    project = newProject();
  }

  private CreditOutcome credit(String projectId, String id, String dollars) {
    return ledger.credit(new Credit(id, projectId, Money.parse(dollars), "", NOW));
  }

  private CreditOutcome credit(String id, String dollars) {
    return credit(project, id, dollars);
  }

  private static Balance free(String dollars) {
    return new Balance(Money.parse(dollars), Money.ZERO);
  }

  @Test
  void anUnknownProjectHasNothing() {
    assertThat(ledger.balance("prj_unknown")).isEqualTo(free("0"));
  }

  @Test
  void aNewProjectHasNothing() {
    assertThat(ledger.balance(project)).isEqualTo(free("0"));
  }

  @Test
  void aCreditIsBooked() {
    assertThat(credit("c1", "5.00")).isEqualTo(new CreditOutcome(Result.BOOKED, free("5.00")));
    assertThat(ledger.balance(project)).isEqualTo(free("5.00"));
  }

  @Test
  void creditsAddUpToTheNano() {
    credit("c1", "9000000000");
    credit("c2", "0.000000001");
    credit("c3", "-8999999999.999999999");

    assertThat(ledger.balance(project)).isEqualTo(free("0.000000002"));
  }

  @Test
  void aCreditIsOneProjectsAlone() {
    String other = newProject();
    credit("c1", "5.00");

    assertThat(ledger.balance(other)).isEqualTo(free("0"));
  }

  @Test
  void aRepeatedCreditIsBookedOnce() {
    credit("c1", "5.00");

    assertThat(credit("c1", "5")).isEqualTo(new CreditOutcome(Result.REPEATED, free("5.00")));
    assertThat(ledger.balance(project)).isEqualTo(free("5.00"));
  }

  @Test
  void aRepeatWithAnotherNoteAndTimeIsARepeat() {
    credit("c1", "5.00");
    Credit again = new Credit("c1", project, Money.parse("5"), "again", NOW.plusSeconds(60));

    assertThat(ledger.credit(again).result()).isEqualTo(Result.REPEATED);
  }

  @Test
  void aRepeatAnswersTheBalanceOfNow() {
    credit("c1", "5.00");
    credit("c2", "1.00");

    assertThat(credit("c1", "5.00").balance()).isEqualTo(free("6.00"));
  }

  @Test
  void anIdThatWasUsedForAnotherAmountIsTaken() {
    credit("c1", "5.00");

    assertThat(credit("c1", "5.000000001"))
        .isEqualTo(new CreditOutcome(Result.ID_TAKEN, free("5.00")));
    assertThat(ledger.balance(project)).isEqualTo(free("5.00"));
  }

  private CreditOutcome correct(String id, String dollars, String corrects) {
    return ledger.credit(new Credit(id, project, Money.parse(dollars), corrects, "", NOW));
  }

  private void charged(String id, String dollars) throws Exception {
    credit("c-" + id, "5.00");
    hold(HoldMode.BOUNDED, id, dollars);
    capture(id, dollars);
  }

  @Test
  void aRefundGivesBackPartsOfAChargeUntilAllIsGivenBack() throws Exception {
    charged("h1", "0.50");

    assertThat(correct("r1", "0.20", "h1").result()).isEqualTo(Result.BOOKED);
    assertThat(correct("r2", "0.30", "h1").result()).isEqualTo(Result.BOOKED);
    assertThat(correct("r3", "0.000000001", "h1").result()).isEqualTo(Result.BEYOND_ENTRY);
    assertThat(ledger.balance(project)).isEqualTo(free("5.00"));
  }

  @Test
  void aRefundIsAnEntryWithWhatItsChargeIsAbout() throws Exception {
    charged("h1", "0.50");

    correct("r1", "0.20", "h1");

    assertThat(entries(project))
        .filteredOn(entry -> entry.id().equals("r1"))
        .singleElement()
        .satisfies(
            refund -> {
              assertThat(refund.kind()).isEqualTo(Kind.CREDIT);
              assertThat(refund.corrects()).isEqualTo("h1");
              assertThat(refund.refund()).isEqualTo(Money.parse("0.20"));
              assertThat(refund.keyId()).isEqualTo("key_1");
              assertThat(refund.model()).isEqualTo("asked/model");
              assertThat(refund.cost()).isEqualTo(Money.ZERO);
            });
  }

  @Test
  void aRefundIsUndoneByOneMoreCorrectionOfTheCharge() throws Exception {
    charged("h1", "0.50");
    correct("r1", "0.50", "h1");

    assertThat(correct("r2", "-0.500000001", "h1").result()).isEqualTo(Result.BEYOND_ENTRY);
    assertThat(correct("r3", "-0.50", "h1").result()).isEqualTo(Result.BOOKED);
    assertThat(correct("r4", "0.50", "h1").result()).isEqualTo(Result.BOOKED);
    assertThat(ledger.balance(project)).isEqualTo(free("5.00"));
  }

  @Test
  void aCreditIsTakenBackAtMostAsAWhole() {
    credit("c1", "5.00");
    credit("c2", "5.00");

    assertThat(correct("k1", "0.01", "c1").result()).isEqualTo(Result.BEYOND_ENTRY);
    assertThat(correct("k2", "-5.00", "c1").result()).isEqualTo(Result.BOOKED);
    assertThat(correct("k3", "-0.01", "c1").result()).isEqualTo(Result.BEYOND_ENTRY);
    assertThat(ledger.balance(project)).isEqualTo(free("5.00"));
  }

  @Test
  void aNegativeCreditIsGivenBackAtMostAsAWhole() {
    credit("c1", "5.00");
    credit("c2", "-2.00");

    assertThat(correct("k1", "2.000000001", "c2").result()).isEqualTo(Result.BEYOND_ENTRY);
    assertThat(correct("k2", "2.00", "c2").result()).isEqualTo(Result.BOOKED);
    assertThat(ledger.balance(project)).isEqualTo(free("5.00"));
  }

  @Test
  void aCorrectionCannotTakeBackWhatIsHeld() throws Exception {
    credit("c1", "5.00");
    hold(HoldMode.BOUNDED, "h1", "2.00");

    assertThat(correct("k1", "-3.000000001", "c1").result()).isEqualTo(Result.BELOW_HELD);
  }

  @Test
  void aCorrectionCannotBeCorrected() {
    credit("c1", "5.00");
    correct("k1", "-1.00", "c1");

    CreditOutcome outcome = correct("k2", "1.00", "k1");

    assertThat(outcome.result()).isEqualTo(Result.NOT_CORRECTABLE);
    assertThat(outcome.correction().entry().corrects()).isEqualTo("c1");
  }

  @Test
  void anEntryOfNoProjectOrAnotherCannotBeCorrected() {
    String other = newProject();
    credit(other, "c1", "5.00");

    assertThat(correct("k1", "-1.00", "c1").result()).isEqualTo(Result.NO_SUCH_ENTRY);
    assertThat(ledger.balance(other)).isEqualTo(free("5.00"));
  }

  @Test
  void aRepeatedCorrectionIsBookedOnceAndForOneEntry() {
    credit("c1", "5.00");
    credit("c2", "5.00");
    correct("k1", "-5.00", "c1");

    assertThat(correct("k1", "-5.00", "c1").result()).isEqualTo(Result.REPEATED);
    assertThat(correct("k1", "-5.00", "c2").result()).isEqualTo(Result.ID_TAKEN);
    assertThat(credit("k1", "-5.00").result()).isEqualTo(Result.ID_TAKEN);
    assertThat(ledger.balance(project)).isEqualTo(free("5.00"));
  }

  @Test
  void aCorrectionMayTakeBackAll() {
    credit("c1", "5.00");

    assertThat(credit("c2", "-5.00")).isEqualTo(new CreditOutcome(Result.BOOKED, free("0")));
  }

  @Test
  void aCorrectionBelowWhatIsHeldIsRefused() {
    credit("c1", "5.00");

    assertThat(credit("c2", "-5.000000001"))
        .isEqualTo(new CreditOutcome(Result.BELOW_HELD, free("5.00")));
    assertThat(ledger.balance(project)).isEqualTo(free("5.00"));
  }

  @Test
  void theIdOfARefusedCorrectionIsFree() {
    credit("c1", "5.00");
    credit("c2", "-6.00");

    assertThat(credit("c2", "-4.00").result()).isEqualTo(Result.BOOKED);
  }

  @Test
  void aBalanceThatCannotBeCountedIsRefusedAndChangesNothing() {
    credit("c1", "9223372036.854775807");

    assertThatThrownBy(() -> credit("c2", "0.000000001")).isInstanceOf(ArithmeticException.class);
    assertThat(ledger.balance(project)).isEqualTo(free("9223372036.854775807"));
    assertThat(credit("c2", "-1.00").result()).isEqualTo(Result.BOOKED);
  }

  @Test
  void aCreditOfAnUnknownProjectGivesItNothing() {
    try {
      credit("prj_unknown", "c1", "5.00");
    } catch (RuntimeException e) {
      // It may say so, or not: only the books are promised.
    }

    assertThat(ledger.balance("prj_unknown")).isEqualTo(free("0"));
  }

  @Test
  void textIsNotReadAsAnythingElse() {
    String id = "'; DROP TABLE project; -- \u00e9\ud83d\ude00";

    assertThat(credit(id, "1.00").result()).isEqualTo(Result.BOOKED);
    assertThat(credit(id, "1.00").result()).isEqualTo(Result.REPEATED);
  }

  @Test
  void manyThreadsBookEachCreditOnce() throws Exception {
    int threads = 8;
    int credits = 10;
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      List<Future<?>> done = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        done.add(
            executor.submit(
                () -> {
                  for (int c = 0; c < credits; c++) {
                    credit("c" + c, "1.00");
                  }
                }));
      }
      for (Future<?> each : done) {
        each.get();
      }
    } finally {
      executor.shutdownNow();
    }

    assertThat(ledger.balance(project)).isEqualTo(free("10.00"));
  }

  @Test
  void aRandomSequenceLeavesTheSumOfWhatWasBookedAndNeverLessThanNothing() {
    Random random = new Random(42);
    long expected = 0;
    for (int i = 0; i < 200; i++) {
      long amount = random.nextLong(-1_000, 1_000);
      if (amount == 0) {
        continue;
      }
      Credit credit = new Credit("c" + i, project, new Money(amount), "", NOW);
      Result result = ledger.credit(credit).result();
      assertThat(result).isEqualTo(expected + amount < 0 ? Result.BELOW_HELD : Result.BOOKED);
      expected += result == Result.BOOKED ? amount : 0;
      assertThat(ledger.balance(project).total().nanos()).isEqualTo(expected);
    }
  }

  // Holds.

  private static <T> T get(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(10, SECONDS);
  }

  private static Balance balance(String total, String loaned) {
    return new Balance(Money.parse(total), Money.parse(loaned));
  }

  private static Held held(String dollars) {
    return new Held(Money.parse(dollars));
  }

  private HoldRequest request(
      String projectId,
      String id,
      String dollars,
      HoldMode mode,
      @Nullable String name,
      Instant at) {
    return new HoldRequest(
        id,
        projectId,
        "key_1",
        Money.parse(dollars),
        mode,
        Markup.parse("10%"),
        "asked/model",
        "upk_1",
        name,
        at);
  }

  private HoldOutcome hold(HoldMode mode, String id, String dollars) throws Exception {
    return get(ledger.hold(request(project, id, dollars, mode, null, NOW)));
  }

  private HoldOutcome bounded(String id, String dollars) throws Exception {
    return hold(HoldMode.BOUNDED, id, dollars);
  }

  private HoldOutcome strict(String id, String dollars) throws Exception {
    return hold(HoldMode.STRICT, id, dollars);
  }

  /** A hold of a cent that has an idempotency key. */
  private HoldOutcome named(String id, String name, Instant at) throws Exception {
    return get(ledger.hold(request(project, id, "0.01", HoldMode.BOUNDED, name, at)));
  }

  private static Capture answer(String id, String dollars) {
    return new Capture(
        id,
        Money.parse("0.10"),
        Money.parse(dollars),
        "1e-1",
        Set.of(),
        new Tokens(3, 4),
        null,
        null,
        NOW.plusSeconds(1));
  }

  private Settled capture(String id, String dollars) throws Exception {
    return get(ledger.capture(answer(id, dollars)));
  }

  private Settled release(String id, boolean keepKey) throws Exception {
    return get(ledger.release(id, keepKey, NOW.plusSeconds(1)));
  }

  private static Pending pending(String id, String dollars) {
    return new Pending(
        id, Money.parse(dollars), Money.parse("0.05"), "client_gone", null, NOW, MINUTE);
  }

  private Settled pend(String id, String dollars) throws Exception {
    return get(ledger.pend(pending(id, dollars)));
  }

  private List<Hold> due() {
    return ledger.due(NOW.plus(DAY), 100);
  }

  private static Entry charge(String projectId, String id, String dollars, String overrun) {
    return new Entry(
        projectId,
        id,
        Kind.CHARGE,
        Money.parse(dollars),
        Money.parse("0.10"),
        Money.parse(overrun),
        "1e-1",
        Set.of(),
        new Tokens(3, 4),
        "key_1",
        "",
        "asked/model",
        "",
        "",
        Money.ZERO,
        "",
        NOW.plusSeconds(1));
  }

  private List<Entry> entries(Kind kind) throws Exception {
    return entries(project).stream().filter(entry -> entry.kind() == kind).toList();
  }

  private Entry only(Kind kind) throws Exception {
    List<Entry> found = entries(kind);
    assertThat(found).hasSize(1);
    return found.get(0);
  }

  @Test
  void whatIsHeldIsLoaned() throws Exception {
    credit("c1", "5.00");

    assertThat(bounded("h1", "2.00")).isEqualTo(held("2.00"));
    assertThat(ledger.balance(project)).isEqualTo(balance("5.00", "2.00"));
  }

  @Test
  void holdsAddUp() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    strict("h2", "2.50");

    assertThat(ledger.balance(project)).isEqualTo(balance("5.00", "4.50"));
  }

  @Test
  void aHoldIsNoEntry() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");

    assertThat(entries(project)).extracting(Entry::id).containsExactly("c1");
  }

  @Test
  void aCreditIsAnEntry() throws Exception {
    ledger.credit(new Credit("c1", project, Money.parse("5.00"), "for \u00e9", NOW));

    assertThat(entries(project))
        .containsExactly(
            new Entry(
                project,
                "c1",
                Kind.CREDIT,
                Money.parse("5.00"),
                Money.ZERO,
                Money.ZERO,
                "",
                Set.of(),
                Tokens.NONE,
                "",
                "",
                "",
                "",
                "",
                Money.ZERO,
                "for \u00e9",
                NOW));
  }

  @Test
  void anUnknownProjectHasNoEntries() throws Exception {
    assertThat(entries("prj_unknown")).isEmpty();
  }

  @Test
  void whatIsHeldCannotBeTakenBack() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");

    assertThat(credit("c2", "-3.000000001"))
        .isEqualTo(new CreditOutcome(Result.BELOW_HELD, balance("5.00", "2.00")));
    assertThat(credit("c2", "-3.00"))
        .isEqualTo(new CreditOutcome(Result.BOOKED, balance("2.00", "2.00")));
  }

  @Test
  void aBoundedHoldIsCutToWhatIsAvailable() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");

    assertThat(bounded("h2", "4.00")).isEqualTo(held("3.00"));
    assertThat(ledger.balance(project)).isEqualTo(balance("5.00", "5.00"));
  }

  @Test
  void aNanoAdmitsABoundedHold() throws Exception {
    credit("c1", "0.000000001");

    assertThat(bounded("h1", "4.00")).isEqualTo(held("0.000000001"));
  }

  @Test
  void aStrictHoldMayBeOfAllThereIs() throws Exception {
    credit("c1", "5.00");

    assertThat(strict("h1", "5.00")).isEqualTo(held("5.00"));
  }

  @Test
  void aStrictHoldThatIsNotCoveredIsRefused() throws Exception {
    credit("c1", "5.00");

    assertThat(strict("h1", "5.000000001")).isEqualTo(new Insufficient(free("5.00")));
    assertThat(ledger.balance(project)).isEqualTo(free("5.00"));
  }

  @ParameterizedTest
  @EnumSource
  void nothingAvailableAdmitsNoHold(HoldMode mode) throws Exception {
    assertThat(hold(mode, "h1", "0.01")).isEqualTo(new Insufficient(free("0")));
  }

  @ParameterizedTest
  @EnumSource
  void whatIsHeldAlreadyAdmitsNoHold(HoldMode mode) throws Exception {
    credit("c1", "5.00");
    bounded("h1", "5.00");

    assertThat(hold(mode, "h2", "0.01")).isEqualTo(new Insufficient(balance("5.00", "5.00")));
    assertThat(ledger.balance(project)).isEqualTo(balance("5.00", "5.00"));
  }

  @ParameterizedTest
  @EnumSource
  void aProjectInDebtHoldsNothing(HoldMode mode) throws Exception {
    credit("c1", "1.00");
    bounded("h1", "1.00");
    capture("h1", "3.00");

    assertThat(hold(mode, "h2", "0.01")).isEqualTo(new Insufficient(free("-2.00")));
  }

  @ParameterizedTest
  @EnumSource
  void anUnknownProjectHoldsNothing(HoldMode mode) throws Exception {
    assertThat(get(ledger.hold(request("prj_unknown", "h1", "1.00", mode, null, NOW))))
        .isEqualTo(new Insufficient(free("0")));
    assertThat(capture("h1", "1.00")).isEqualTo(Settled.UNKNOWN);
  }

  @Test
  void theIdOfARefusedHoldIsFree() throws Exception {
    strict("h1", "1.00");
    assertThat(capture("h1", "1.00")).isEqualTo(Settled.UNKNOWN);

    credit("c1", "1.00");

    assertThat(strict("h1", "1.00")).isEqualTo(held("1.00"));
  }

  @Test
  void aRepeatedHoldIsPlacedOnce() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");

    assertThat(bounded("h1", "2.00")).isEqualTo(held("2.00"));
    assertThat(ledger.balance(project)).isEqualTo(balance("5.00", "2.00"));
  }

  @Test
  void aRepeatAnswersWhatWasPlacedAtFirst() throws Exception {
    credit("c1", "1.00");
    bounded("h1", "2.00");
    credit("c2", "5.00");

    assertThat(bounded("h1", "2.00")).isEqualTo(held("1.00"));
    assertThat(strict("h1", "7.00")).isEqualTo(held("1.00"));
    assertThat(ledger.balance(project)).isEqualTo(balance("6.00", "1.00"));
  }

  @Test
  void aRepeatNeedsNoMoney() throws Exception {
    credit("c1", "1.00");
    strict("h1", "1.00");

    assertThat(strict("h1", "1.00")).isEqualTo(held("1.00"));
  }

  @ParameterizedTest
  @EnumSource
  void aRepeatOfAHoldInAnyStateChangesNothing(State state) throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    bring("h1", state);
    Balance before = ledger.balance(project);

    assertThat(bounded("h1", "2.00")).isEqualTo(held("2.00"));
    assertThat(ledger.balance(project)).isEqualTo(before);
  }

  private void bring(String id, State state) throws Exception {
    if (state == State.PENDING) {
      assertThat(pend(id, "0.50")).isEqualTo(Settled.DONE);
    } else if (state == State.CAPTURED) {
      assertThat(capture(id, "0.50")).isEqualTo(Settled.DONE);
    } else if (state == State.RELEASED) {
      assertThat(release(id, true)).isEqualTo(Settled.DONE);
    }
  }

  @Test
  void theIdOfAnotherProjectsHoldIsRefusedAndChangesNothing() throws Exception {
    String other = newProject();
    credit("c1", "5.00");
    credit(other, "c1", "5.00");
    bounded("h1", "2.00");

    assertThatThrownBy(
            () -> get(ledger.hold(request(other, "h1", "1.00", HoldMode.BOUNDED, "k", NOW))))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(IllegalStateException.class);
    assertThat(ledger.balance(other)).isEqualTo(free("5.00"));
    assertThat(ledger.balance(project)).isEqualTo(balance("5.00", "2.00"));
    assertThat(get(ledger.hold(request(other, "h2", "1.00", HoldMode.BOUNDED, "k", NOW))))
        .isEqualTo(held("1.00"));
    capture("h1", "1.00");
    assertThat(ledger.balance(project)).isEqualTo(free("4.00"));
    assertThat(ledger.balance(other)).isEqualTo(balance("5.00", "1.00"));
  }

  @Test
  void holdsOfTwoProjectsDoNotTouchEachOther() throws Exception {
    String other = newProject();
    credit(other, "c1", "5.00");

    assertThat(bounded("h1", "1.00")).isEqualTo(new Insufficient(free("0")));
    assertThat(get(ledger.hold(request(other, "h1", "1.00", HoldMode.STRICT, null, NOW))))
        .isEqualTo(held("1.00"));
  }

  // Idempotency keys.

  @Test
  void anIdempotencyKeyIsTakenOnce() throws Exception {
    credit("c1", "5.00");

    assertThat(named("h1", "k", NOW)).isEqualTo(held("0.01"));
    assertThat(named("h2", "k", NOW)).isEqualTo(new Duplicate("h1"));
    assertThat(ledger.balance(project)).isEqualTo(balance("5.00", "0.01"));
    assertThat(capture("h2", "0.01")).isEqualTo(Settled.UNKNOWN);
  }

  @Test
  void aRepeatIsNoDuplicateOfItself() throws Exception {
    credit("c1", "5.00");
    named("h1", "k", NOW);

    assertThat(named("h1", "k", NOW)).isEqualTo(held("0.01"));
  }

  @Test
  void holdsWithoutAnIdempotencyKeyAreNoDuplicates() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "1.00");

    assertThat(bounded("h2", "1.00")).isEqualTo(held("1.00"));
  }

  @Test
  void anIdempotencyKeyIsOneProjectsAlone() throws Exception {
    String other = newProject();
    credit("c1", "5.00");
    credit(other, "c1", "5.00");
    named("h1", "k", NOW);

    assertThat(get(ledger.hold(request(other, "h2", "1.00", HoldMode.BOUNDED, "k", NOW))))
        .isEqualTo(held("1.00"));
  }

  @Test
  void anIdempotencyKeyIsLookedAtBeforeTheMoney() throws Exception {
    credit("c1", "0.01");
    named("h1", "k", NOW);

    assertThat(named("h2", "k", NOW)).isEqualTo(new Duplicate("h1"));
  }

  @Test
  void aRefusedHoldDoesNotTakeItsIdempotencyKey() throws Exception {
    named("h1", "k", NOW);
    credit("c1", "5.00");

    assertThat(named("h2", "k", NOW)).isEqualTo(held("0.01"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"K", "k ", " k", "", "\u212a", "k\u0301", "k%", "_"})
  void anotherIdempotencyKeyIsAnother(String name) throws Exception {
    credit("c1", "5.00");
    named("h1", "k", NOW);

    assertThat(named("h2", name, NOW)).isEqualTo(held("0.01"));
    assertThat(named("h3", name, NOW)).isEqualTo(new Duplicate("h2"));
  }

  @ParameterizedTest
  @EnumSource
  void anIdempotencyKeyCountsWhateverBecameOfItsHold(State state) throws Exception {
    credit("c1", "5.00");
    named("h1", "k", NOW);
    bring("h1", state);

    assertThat(named("h2", "k", NOW)).isEqualTo(new Duplicate("h1"));
  }

  @Test
  void anIdempotencyKeyIsFreeIfNothingWasSent() throws Exception {
    credit("c1", "5.00");
    named("h1", "k", NOW);
    release("h1", false);

    assertThat(named("h2", "k", NOW)).isEqualTo(held("0.01"));
    assertThat(named("h3", "k", NOW)).isEqualTo(new Duplicate("h2"));
  }

  @Test
  void anIdempotencyKeyOfAPendingHoldIsFreeIfNothingWasSent() throws Exception {
    credit("c1", "5.00");
    named("h1", "k", NOW);
    pend("h1", "0.01");
    release("h1", false);

    assertThat(named("h2", "k", NOW)).isEqualTo(held("0.01"));
  }

  @Test
  void onlyTheFirstReleaseSaysWhetherAnythingWasSent() throws Exception {
    credit("c1", "5.00");
    named("h1", "k", NOW);
    release("h1", true);
    release("h1", false);

    assertThat(named("h2", "k", NOW)).isEqualTo(new Duplicate("h1"));
  }

  @Test
  void aRepeatDoesNotTakeAFreedIdempotencyKeyAgain() throws Exception {
    credit("c1", "5.00");
    named("h1", "k", NOW);
    release("h1", false);
    named("h1", "k", NOW);

    assertThat(named("h2", "k", NOW)).isEqualTo(held("0.01"));
  }

  @Test
  void anIdempotencyKeyCountsForADay() throws Exception {
    credit("c1", "5.00");
    named("h1", "k", NOW);

    assertThat(named("h2", "k", NOW.plus(DAY).minusMillis(1))).isEqualTo(new Duplicate("h1"));
  }

  @Test
  void anIdempotencyKeyIsFreeAfterADay() throws Exception {
    credit("c1", "5.00");
    named("h1", "k", NOW);

    assertThat(named("h2", "k", NOW.plus(DAY))).isEqualTo(held("0.01"));
  }

  @Test
  void theDayOfAnIdempotencyKeyBeginsWithTheHoldThatHasIt() throws Exception {
    credit("c1", "5.00");
    named("h1", "k", NOW);
    named("h2", "k", NOW.plus(DAY).minusMillis(1));
    named("h3", "k", NOW.plus(DAY));

    assertThat(named("h4", "k", NOW.plus(DAY).plus(DAY).minusMillis(1)))
        .isEqualTo(new Duplicate("h3"));
    assertThat(named("h4", "k", NOW.plus(DAY).plus(DAY))).isEqualTo(held("0.01"));
  }

  @Test
  void aReleaseDoesNotFreeTheIdempotencyKeyOfAnother() throws Exception {
    credit("c1", "5.00");
    named("h1", "k", NOW);
    named("h2", "k", NOW.plus(DAY));
    release("h1", false);

    assertThat(named("h3", "k", NOW.plus(DAY))).isEqualTo(new Duplicate("h2"));
  }

  @Test
  void aHoldOfAnEarlierTimeIsADuplicateToo() throws Exception {
    credit("c1", "5.00");
    named("h1", "k", NOW);

    assertThat(named("h2", "k", NOW.minusSeconds(5))).isEqualTo(new Duplicate("h1"));
  }

  // Captures.

  @Test
  void aCaptureChargesAndFreesTheRest() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");

    assertThat(capture("h1", "0.50")).isEqualTo(Settled.DONE);
    assertThat(ledger.balance(project)).isEqualTo(free("4.50"));
    assertThat(only(Kind.CHARGE)).isEqualTo(charge(project, "h1", "0.50", "0"));
  }

  @ParameterizedTest
  @EnumSource
  void aChargeOfNothingIsAnEntryToo(HoldMode mode) throws Exception {
    credit("c1", "5.00");
    hold(mode, "h1", "2.00");

    assertThat(capture("h1", "0")).isEqualTo(Settled.DONE);
    assertThat(ledger.balance(project)).isEqualTo(free("5.00"));
    assertThat(only(Kind.CHARGE)).isEqualTo(charge(project, "h1", "0", "0"));
  }

  @ParameterizedTest
  @EnumSource
  void aChargeOfAllThatIsHeldIsNoOverrunAndNoShortfall(HoldMode mode) throws Exception {
    credit("c1", "5.00");
    hold(mode, "h1", "2.00");
    capture("h1", "2.00");

    assertThat(only(Kind.CHARGE)).isEqualTo(charge(project, "h1", "2.00", "0"));
    assertThat(entries(Kind.SHORTFALL)).isEmpty();
  }

  @Test
  void chargesAddUp() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    strict("h2", "2.00");
    bounded("h3", "1.00");
    capture("h1", "0.50");
    capture("h2", "0.000000001");

    assertThat(ledger.balance(project)).isEqualTo(balance("4.499999999", "1.00"));
  }

  @Test
  void whatABoundedChargeIsAboveItsHoldIsAnOverrun() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    capture("h1", "2.75");

    assertThat(ledger.balance(project)).isEqualTo(free("2.25"));
    assertThat(only(Kind.CHARGE)).isEqualTo(charge(project, "h1", "2.75", "0.75"));
  }

  @Test
  void anOverrunMayLeaveLessThanNothing() throws Exception {
    credit("c1", "1.00");
    bounded("h1", "2.00");
    capture("h1", "3.00");

    assertThat(ledger.balance(project)).isEqualTo(free("-2.00"));
    assertThat(only(Kind.CHARGE)).isEqualTo(charge(project, "h1", "3.00", "2.00"));
  }

  @Test
  void anOverrunIsMeasuredByWhatIsHeldByNow() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    pend("h1", "0.50");
    capture("h1", "1.75");

    assertThat(only(Kind.CHARGE)).isEqualTo(charge(project, "h1", "1.75", "1.25"));
  }

  @Test
  void aStrictChargeIsAtMostTheHoldAndTheRestAShortfall() throws Exception {
    credit("c1", "5.00");
    strict("h1", "2.00");

    assertThat(capture("h1", "2.75")).isEqualTo(Settled.DONE);
    assertThat(ledger.balance(project)).isEqualTo(free("3.00"));
    assertThat(only(Kind.CHARGE)).isEqualTo(charge(project, "h1", "2.00", "0"));
    Entry shortfall = only(Kind.SHORTFALL);
    assertThat(shortfall.id()).isEqualTo("h1/shortfall");
    assertThat(shortfall.amount()).isEqualTo(Money.parse("0.75"));
    assertThat(shortfall.overrun()).isEqualTo(Money.ZERO);
    assertThat(shortfall.keyId()).isEqualTo("key_1");
    assertThat(shortfall.model()).isEqualTo("asked/model");
    assertThat(shortfall.at()).isEqualTo(NOW.plusSeconds(1));
  }

  @Test
  void aShortfallDoesNotCountCostAndTokensTwice() throws Exception {
    credit("c1", "5.00");
    strict("h1", "2.00");
    capture("h1", "2.75");

    assertThat(only(Kind.SHORTFALL).cost()).isEqualTo(Money.ZERO);
    assertThat(only(Kind.SHORTFALL).tokens()).isEqualTo(Tokens.NONE);
    assertThat(only(Kind.SHORTFALL).literal()).isEmpty();
    assertThat(only(Kind.SHORTFALL).flags()).isEmpty();
  }

  @Test
  void aStrictHoldThatWasCutMayBeChargedWhatWasPlacedIfItIsThere() throws Exception {
    credit("c1", "5.00");
    strict("h1", "2.00");
    pend("h1", "0.50");
    capture("h1", "2.50");

    assertThat(ledger.balance(project)).isEqualTo(free("3.00"));
    assertThat(only(Kind.CHARGE)).isEqualTo(charge(project, "h1", "2.00", "0"));
    assertThat(only(Kind.SHORTFALL).amount()).isEqualTo(Money.parse("0.50"));
  }

  @Test
  void aStrictHoldThatWasCutIsNotChargedWhatOthersHold() throws Exception {
    credit("c1", "5.00");
    strict("h1", "2.00");
    pend("h1", "0.50");
    strict("h2", "4.25");
    capture("h1", "2.00");

    assertThat(ledger.balance(project)).isEqualTo(balance("4.25", "4.25"));
    assertThat(only(Kind.CHARGE)).isEqualTo(charge(project, "h1", "0.75", "0"));
    assertThat(only(Kind.SHORTFALL).amount()).isEqualTo(Money.parse("1.25"));
  }

  private HoldOutcome free(HoldMode mode, String id) throws Exception {
    return get(
        ledger.hold(
            new HoldRequest(
                id,
                project,
                "key_1",
                Money.parse("1.00"),
                mode,
                Markup.parse("10%"),
                "asked/model",
                "",
                "upk_1",
                null,
                HoldLimits.NONE,
                Money.ZERO,
                true,
                NOW)));
  }

  @ParameterizedTest
  @EnumSource
  void aFreeRequestOfAProjectWithoutCreditsIsAdmittedAndHoldsNothing(HoldMode mode)
      throws Exception {
    assertThat(free(mode, "h1")).isEqualTo(held("0"));

    assertThat(ledger.balance(project)).isEqualTo(free("0"));
  }

  @ParameterizedTest
  @EnumSource
  void aFreeRequestOfAProjectInDebtIsAdmitted(HoldMode mode) throws Exception {
    credit("c1", "1.00");
    bounded("h1", "1.00");
    capture("h1", "3.00");

    assertThat(free(mode, "h2")).isEqualTo(held("0"));

    assertThat(ledger.balance(project)).isEqualTo(free("-2.00"));
  }

  @Test
  void aChargeOfABoundedFreeRequestIsAnOverrun() throws Exception {
    credit("c1", "5.00");
    free(HoldMode.BOUNDED, "h1");

    capture("h1", "0.50");

    assertThat(entries(Kind.CHARGE)).containsExactly(charge(project, "h1", "0.50", "0.50"));
    assertThat(ledger.balance(project)).isEqualTo(free("4.50"));
  }

  @Test
  void aChargeOfAStrictFreeRequestIsAShortfall() throws Exception {
    credit("c1", "5.00");
    free(HoldMode.STRICT, "h1");

    capture("h1", "0.50");

    assertThat(only(Kind.CHARGE).amount()).isEqualTo(Money.ZERO);
    assertThat(only(Kind.SHORTFALL).amount()).isEqualTo(Money.parse("0.50"));
    assertThat(ledger.balance(project)).isEqualTo(free("5.00"));
  }

  @Test
  void aFreeRequestOfAnUnknownProjectIsRefused() throws Exception {
    project = "prj_unknown";

    assertThat(free(HoldMode.BOUNDED, "h1")).isEqualTo(new Insufficient(free("0")));
  }

  @Test
  void aStrictHoldOfAProjectInDebtIsChargedWhatIsHeld() throws Exception {
    credit("c1", "5.00");
    strict("h1", "2.00");
    bounded("h2", "3.00");
    capture("h2", "9.00");
    capture("h1", "2.50");

    assertThat(ledger.balance(project)).isEqualTo(free("-6.00"));
    assertThat(entries(project)).contains(charge(project, "h1", "2.00", "0"));
    assertThat(only(Kind.SHORTFALL).amount()).isEqualTo(Money.parse("0.50"));
  }

  @ParameterizedTest
  @EnumSource
  void aSecondCaptureOfAHoldChangesNothing(HoldMode mode) throws Exception {
    credit("c1", "5.00");
    hold(mode, "h1", "2.00");
    capture("h1", "2.75");
    Balance before = ledger.balance(project);
    List<Entry> booked = entries(project);

    assertThat(capture("h1", "2.75")).isEqualTo(Settled.REPEATED);
    assertThat(ledger.balance(project)).isEqualTo(before);
    assertThat(entries(project)).containsExactlyInAnyOrderElementsOf(booked);
  }

  @Test
  void aCaptureThatDiffersInWhatIsNoMoneyIsARepeat() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    capture("h1", "0.50");
    Capture again =
        new Capture(
            "h1",
            Money.parse("0.10"),
            Money.parse("0.50"),
            "1e-1",
            Set.of(),
            Tokens.NONE,
            "another/model",
            "gen-9",
            NOW.plusSeconds(9));

    assertThat(get(ledger.capture(again))).isEqualTo(Settled.REPEATED);
    assertThat(only(Kind.CHARGE)).isEqualTo(charge(project, "h1", "0.50", "0"));
  }

  @Test
  void anotherChargeIsLateAndWrittenDownOnce() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    capture("h1", "0.50");

    assertThat(capture("h1", "0.75")).isEqualTo(Settled.LATE);
    assertThat(capture("h1", "1.25")).isEqualTo(Settled.LATE);
    assertThat(capture("h1", "0.50")).isEqualTo(Settled.REPEATED);
    assertThat(ledger.balance(project)).isEqualTo(free("4.50"));
    assertThat(only(Kind.CHARGE)).isEqualTo(charge(project, "h1", "0.50", "0"));
    Entry late = only(Kind.LATE);
    assertThat(late.id()).isEqualTo("h1/late");
    assertThat(late.amount()).isEqualTo(Money.parse("0.75"));
    assertThat(late.overrun()).isEqualTo(Money.ZERO);
    assertThat(late.literal()).isEqualTo("1e-1");
    assertThat(late.keyId()).isEqualTo("key_1");
  }

  @Test
  void aStrictChargeOfWhatWasChargedInsteadIsLate() throws Exception {
    credit("c1", "5.00");
    strict("h1", "2.00");
    capture("h1", "2.75");

    assertThat(capture("h1", "2.00")).isEqualTo(Settled.LATE);
    assertThat(only(Kind.LATE).amount()).isEqualTo(Money.parse("2.00"));
  }

  @Test
  void anotherLiteralIsLate() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    capture("h1", "0.50");

    assertThat(get(ledger.capture(said("h1", "0.1", Set.of())))).isEqualTo(Settled.LATE);
    assertThat(only(Kind.LATE).literal()).isEqualTo("0.1");
  }

  @Test
  void otherFlagsAreLate() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    capture("h1", "0.50");

    assertThat(get(ledger.capture(said("h1", "1e-1", Set.of(Flag.ESTIMATED)))))
        .isEqualTo(Settled.LATE);
    assertThat(only(Kind.LATE).flags()).containsExactly(Flag.ESTIMATED);
  }

  private static Capture said(String id, String literal, Set<Flag> flags) {
    return new Capture(
        id,
        Money.parse("0.10"),
        Money.parse("0.50"),
        literal,
        flags,
        Tokens.NONE,
        "answering/model",
        "gen-told",
        NOW);
  }

  @Test
  void aChargeKeepsItsFlagsAndItsLiteral() throws Exception {
    Set<Flag> flags = Set.of(Flag.UNRESOLVED, Flag.ABSURD_COST);
    String literal = "1.2345678901234567e-7";
    credit("c1", "5.00");
    bounded("h1", "2.00");
    get(ledger.capture(said("h1", literal, flags)));

    assertThat(only(Kind.CHARGE).flags()).isEqualTo(flags);
    assertThat(only(Kind.CHARGE).literal()).isEqualTo(literal);
    assertThat(get(ledger.capture(said("h1", literal, flags)))).isEqualTo(Settled.REPEATED);
  }

  @Test
  void theModelThatAnsweredIsTheOneInTheBooks() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    get(ledger.capture(said("h1", "", Set.of())));

    assertThat(only(Kind.CHARGE).model()).isEqualTo("answering/model");
  }

  @Test
  void theGenerationThatACaptureNamesIsTheOneInTheBooks() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    get(ledger.recordGeneration("h1", "gen-1"));
    get(ledger.capture(said("h1", "", Set.of())));

    assertThat(only(Kind.CHARGE).generationId()).isEqualTo("gen-told");
  }

  @Test
  void theGenerationThatWasRecordedIsInTheBooks() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    get(ledger.recordGeneration("h1", "gen-1"));
    get(ledger.recordGeneration("h1", "gen-2"));
    capture("h1", "0.50");

    assertThat(only(Kind.CHARGE).generationId()).isEqualTo("gen-1");
  }

  @Test
  void aGenerationOfAnEndedHoldIsNotRecorded() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    release("h1", true);
    get(ledger.recordGeneration("h1", "gen-1"));
    capture("h1", "0.50");

    assertThat(only(Kind.LATE).generationId()).isEmpty();
  }

  @Test
  void aGenerationOfAnUnknownHoldIsForgotten() throws Exception {
    get(ledger.recordGeneration("h1", "gen-1"));
    credit("c1", "5.00");
    bounded("h1", "2.00");
    capture("h1", "0.50");

    assertThat(only(Kind.CHARGE).generationId()).isEmpty();
  }

  @Test
  void aCaptureOfAReleasedHoldIsLateAndWrittenDownOnce() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    release("h1", true);

    assertThat(capture("h1", "0.50")).isEqualTo(Settled.LATE);
    assertThat(capture("h1", "0.50")).isEqualTo(Settled.LATE);
    assertThat(ledger.balance(project)).isEqualTo(free("5.00"));
    assertThat(entries(Kind.CHARGE)).isEmpty();
    assertThat(only(Kind.LATE).amount()).isEqualTo(Money.parse("0.50"));
  }

  @Test
  void theIdOfAChargeIsTakenForACredit() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    capture("h1", "0.50");

    assertThat(credit("h1", "0.50").result()).isEqualTo(Result.ID_TAKEN);
    assertThat(ledger.balance(project)).isEqualTo(free("4.50"));
  }

  @Test
  void unknownHoldsAreUnknown() throws Exception {
    assertThat(capture("h1", "0.50")).isEqualTo(Settled.UNKNOWN);
    assertThat(release("h1", false)).isEqualTo(Settled.UNKNOWN);
    assertThat(pend("h1", "0.50")).isEqualTo(Settled.UNKNOWN);
  }

  // Releases.

  @Test
  void aReleaseFreesAllAndIsNoEntry() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");

    assertThat(release("h1", true)).isEqualTo(Settled.DONE);
    assertThat(ledger.balance(project)).isEqualTo(free("5.00"));
    assertThat(entries(project)).extracting(Entry::id).containsExactly("c1");
  }

  @Test
  void aSecondReleaseChangesNothing() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    bounded("h2", "2.00");
    release("h1", true);

    assertThat(release("h1", true)).isEqualTo(Settled.REPEATED);
    assertThat(ledger.balance(project)).isEqualTo(balance("5.00", "2.00"));
  }

  @Test
  void aReleaseOfACapturedHoldIsLateAndChangesNothing() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    capture("h1", "0.50");

    assertThat(release("h1", false)).isEqualTo(Settled.LATE);
    assertThat(ledger.balance(project)).isEqualTo(free("4.50"));
    assertThat(entries(project)).extracting(Entry::id).containsExactlyInAnyOrder("c1", "h1");
  }

  // Pending holds.

  @Test
  void aPendingHoldIsCutAndTheRestIsForOthers() throws Exception {
    credit("c1", "2.00");
    strict("h1", "2.00");

    assertThat(pend("h1", "0.50")).isEqualTo(Settled.DONE);
    assertThat(ledger.balance(project)).isEqualTo(balance("2.00", "0.50"));
    assertThat(strict("h2", "1.50")).isEqualTo(held("1.50"));
  }

  @Test
  void aHoldIsOnlyEverMadeSmaller() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    pend("h1", "3.00");

    assertThat(ledger.balance(project)).isEqualTo(balance("5.00", "2.00"));
  }

  @Test
  void aPendingHoldIsNeverOfLessThanNothing() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    pend("h1", "-1.00");

    assertThat(ledger.balance(project)).isEqualTo(free("5.00"));
    assertThat(due()).hasSize(1);
  }

  @Test
  void whatIsPendingIsPendingOnce() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    pend("h1", "1.00");
    List<Hold> before = due();
    Pending again =
        new Pending(
            "h1", Money.ZERO, Money.ZERO, "crash", "gen-2", NOW.plusSeconds(5), Duration.ZERO);

    assertThat(get(ledger.pend(again))).isEqualTo(Settled.REPEATED);
    assertThat(ledger.balance(project)).isEqualTo(balance("5.00", "1.00"));
    assertThat(due()).isEqualTo(before);
  }

  @ParameterizedTest
  @EnumSource(names = {"CAPTURED", "RELEASED"})
  void whatHasEndedDoesNotBecomePending(State state) throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    bring("h1", state);
    Balance before = ledger.balance(project);

    assertThat(pend("h1", "1.00")).isEqualTo(Settled.LATE);
    assertThat(ledger.balance(project)).isEqualTo(before);
    assertThat(due()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void aPendingHoldCanBeCaptured(HoldMode mode) throws Exception {
    credit("c1", "5.00");
    hold(mode, "h1", "2.00");
    pend("h1", "1.00");

    assertThat(capture("h1", "0.50")).isEqualTo(Settled.DONE);
    assertThat(ledger.balance(project)).isEqualTo(free("4.50"));
    assertThat(due()).isEmpty();
  }

  @Test
  void aPendingHoldCanBeReleased() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    pend("h1", "1.00");

    assertThat(release("h1", true)).isEqualTo(Settled.DONE);
    assertThat(ledger.balance(project)).isEqualTo(free("5.00"));
    assertThat(due()).isEmpty();
  }

  @Test
  void aPendingHoldIsAskedForWithAllThatIsKnown() throws Exception {
    credit("c1", "1.50");
    named("h0", "k", NOW);
    HoldRequest request = request(project, "h1", "2.00", HoldMode.BOUNDED, "k2", NOW);
    get(ledger.hold(request));
    get(ledger.recordGeneration("h1", "gen-1"));
    pend("h1", "1.00");

    assertThat(due())
        .containsExactly(
            new Hold(
                request,
                State.PENDING,
                Money.parse("1.49"),
                Money.parse("1.00"),
                Fallback.estimate(Money.parse("0.05")),
                "client_gone",
                "gen-1",
                NOW,
                0,
                NOW.plus(MINUTE)));
  }

  @Test
  void aPendingHoldKeepsItsFallback() throws Exception {
    Fallback fallback =
        new Fallback(
            Fallback.Source.TOKENS,
            Money.parse("0.04"),
            Money.parse("0.05"),
            "\"0.04\"",
            Set.of(Flag.ESTIMATED, Flag.UNREADABLE_COST),
            new Tokens(9, 2, 1, 7, 5));
    credit("c1", "5.00");
    bounded("h1", "2.00");

    get(
        ledger.pend(
            new Pending("h1", Money.parse("1.00"), fallback, "client_gone", null, NOW, MINUTE)));

    assertThat(due()).extracting(Hold::fallback).containsExactly(fallback);
  }

  @Test
  void anEntryKeepsThePartsOfItsTokens() throws Exception {
    Tokens tokens = new Tokens(9, 2, 1, 7, 5);
    credit("c1", "5.00");
    bounded("h1", "2.00");

    get(
        ledger.capture(
            new Capture("h1", Money.ZERO, Money.ZERO, "", Set.of(), tokens, null, null, NOW)));

    assertThat(only(Kind.CHARGE).tokens()).isEqualTo(tokens);
  }

  @Test
  void aHoldThatBecomesPendingMayNameItsGeneration() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    get(
        ledger.pend(
            new Pending("h1", Money.ZERO, Money.ZERO, "crash", "gen-1", NOW, Duration.ZERO)));
    get(ledger.recordGeneration("h1", "gen-2"));

    assertThat(due()).extracting(Hold::generationId).containsExactly("gen-1");
  }

  @Test
  void theGenerationThatWasRecordedFirstStays() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    get(ledger.recordGeneration("h1", "gen-1"));
    get(
        ledger.pend(
            new Pending("h1", Money.ZERO, Money.ZERO, "crash", "gen-2", NOW, Duration.ZERO)));

    assertThat(due()).extracting(Hold::generationId).containsExactly("gen-1");
  }

  @Test
  void aGenerationOfAPendingHoldIsRecorded() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    pend("h1", "1.00");
    assertThat(due()).extracting(Hold::generationId).containsOnlyNulls();

    get(ledger.recordGeneration("h1", "gen-1"));

    assertThat(due()).extracting(Hold::generationId).containsExactly("gen-1");
  }

  @Test
  void onlyPendingHoldsAreDue() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");

    assertThat(due()).isEmpty();
  }

  @Test
  void aPendingHoldIsDueFromTheMomentItIsToBeAskedFor() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    pend("h1", "1.00");

    assertThat(ledger.due(NOW.plus(MINUTE).minusMillis(1), 9)).isEmpty();
    assertThat(ledger.due(NOW.plus(MINUTE), 9)).extracting(Hold::id).containsExactly("h1");
  }

  @Test
  void thoseThatWaitLongestComeFirst() throws Exception {
    String other = newProject();
    credit("c1", "5.00");
    credit(other, "c1", "5.00");
    get(ledger.hold(request(other, "h1", "1.00", HoldMode.BOUNDED, null, NOW)));
    pend("h1", "1.00");
    for (int i = 2; i <= 4; i++) {
      bounded("h" + i, "1.00");
      pend("h" + i, "1.00");
    }
    ledger.defer("h1", NOW, NOW.plusSeconds(3));
    ledger.defer("h2", NOW, NOW.plusSeconds(4));
    ledger.defer("h3", NOW, NOW.plusSeconds(1));
    ledger.defer("h4", NOW, NOW.plusSeconds(2));

    assertThat(due()).extracting(Hold::id).containsExactly("h3", "h4", "h1", "h2");
    assertThat(ledger.due(NOW.plus(DAY), 2)).extracting(Hold::id).containsExactly("h3", "h4");
  }

  @Test
  void whatIsDeferredIsAskedForLaterAndCounted() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    pend("h1", "1.00");
    ledger.defer("h1", NOW, NOW.plusSeconds(90));
    ledger.defer("h1", NOW, NOW.plusSeconds(180));

    assertThat(ledger.due(NOW.plusSeconds(179), 9)).isEmpty();
    Hold due = ledger.due(NOW.plusSeconds(180), 9).get(0);
    assertThat(due.attempts()).isEqualTo(2);
    assertThat(due.nextAskAt()).isEqualTo(NOW.plusSeconds(180));
    assertThat(due.pendingAt()).isEqualTo(NOW);
  }

  @Test
  void aPendingHoldThatWasNeverAskedForIsHurried() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    pend("h1", "1.00");

    ledger.hurry(project, NOW.plusSeconds(1), MINUTE);

    assertThat(ledger.due(NOW.plusSeconds(1), 10)).extracting(Hold::id).containsExactly("h1");
  }

  @Test
  void aPendingHoldIsHurriedNoSoonerThanTheGapAfterItWasAskedFor() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    pend("h1", "1.00");
    ledger.defer("h1", NOW, NOW.plus(DAY));

    ledger.hurry(project, NOW.plusSeconds(9), Duration.ofSeconds(10));
    assertThat(ledger.due(NOW.plusSeconds(10), 10)).isEmpty();

    ledger.hurry(project, NOW.plusSeconds(10), Duration.ofSeconds(10));
    assertThat(ledger.due(NOW.plusSeconds(10), 10)).hasSize(1);
  }

  @Test
  void whatIsDueAlreadyKeepsItsTime() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    pend("h1", "1.00");

    ledger.hurry(project, NOW.plus(DAY), MINUTE);

    assertThat(due()).extracting(Hold::nextAskAt).containsExactly(NOW.plus(MINUTE));
  }

  @Test
  void theHoldsOfAnotherProjectAreNotHurried() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    pend("h1", "1.00");

    ledger.hurry(newProject(), NOW, MINUTE);

    assertThat(ledger.due(NOW, 10)).isEmpty();
  }

  @Test
  void whatIsNotPendingIsNotHurried() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    bounded("h2", "2.00");
    pend("h2", "1.00");
    capture("h2", "1.00");

    ledger.hurry(project, NOW, MINUTE);

    assertThat(due()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(names = {"OPEN", "CAPTURED", "RELEASED"})
  void whatIsNotPendingIsNotDeferred(State state) throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    bring("h1", state);
    ledger.defer("h1", NOW, NOW);
    ledger.defer("h9", NOW, NOW);

    assertThat(due()).isEmpty();
    if (state == State.OPEN) {
      pend("h1", "1.00");
      assertThat(due().get(0).attempts()).isZero();
    }
  }

  @Test
  void aPendingHoldThatIsDueTooLateIsDueNow() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    pend("h1", "1.00");
    ledger.defer("h1", NOW, NOW.plus(Duration.ofDays(400)));

    assertThat(ledger.putClocksRight(NOW.plusSeconds(1), MINUTE)).isEqualTo(1);

    assertThat(due()).extracting(Hold::nextAskAt).containsExactly(NOW.plusSeconds(1));
    assertThat(ledger.putClocksRight(NOW.plusSeconds(1), MINUTE)).isZero();
  }

  @Test
  void aPendingHoldIsDueAsLateAsTheDelayAndTheClocksMayBe() throws Exception {
    Instant latest = NOW.plus(MINUTE).plus(Ledger.CLOCK_SKEW);
    credit("c1", "5.00");
    bounded("h1", "2.00");
    pend("h1", "1.00");
    ledger.defer("h1", NOW, latest);

    assertThat(ledger.putClocksRight(NOW, MINUTE)).isZero();

    assertThat(due()).extracting(Hold::nextAskAt).containsExactly(latest);
  }

  @Test
  void aHoldThatIsPendingSinceTheFutureIsPendingSinceNow() throws Exception {
    Instant before = NOW.minus(DAY);
    credit("c1", "5.00");
    bounded("h1", "2.00");
    pend("h1", "1.00");

    // When it is asked for next is in the future, too.
    assertThat(ledger.putClocksRight(before, MINUTE)).isEqualTo(2);

    assertThat(ledger.due(before, 10)).extracting(Hold::pendingAt).containsExactly(before);
  }

  @Test
  void aHoldThatWasAskedForInTheFutureCanBeHurriedSoon() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    pend("h1", "1.00");
    ledger.defer("h1", NOW.plus(DAY), NOW.plusSeconds(60));

    assertThat(ledger.putClocksRight(NOW, MINUTE)).isEqualTo(1);

    ledger.hurry(project, NOW.plusSeconds(10), Duration.ofSeconds(10));
    assertThat(ledger.due(NOW.plusSeconds(10), 10)).hasSize(1);
  }

  @Test
  void anIdempotencyKeyThatWasTakenInTheFutureCountsForADayFromNow() throws Exception {
    credit("c1", "5.00");
    named("h1", "k", NOW.plus(Duration.ofDays(400)));

    assertThat(ledger.putClocksRight(NOW, MINUTE)).isEqualTo(1);

    assertThat(named("h2", "k", NOW.plus(DAY).minusMillis(1))).isEqualTo(new Duplicate("h1"));
    assertThat(named("h2", "k", NOW.plus(DAY))).isEqualTo(held("0.01"));
  }

  @Test
  void aKeyWhoseTimeWasPutRightIsFreedByItsHold() throws Exception {
    credit("c1", "5.00");
    named("h1", "k", NOW.plus(Duration.ofDays(400)));
    assertThat(ledger.putClocksRight(NOW, MINUTE)).isEqualTo(1);

    release("h1", false);

    assertThat(named("h2", "k", NOW)).isEqualTo(held("0.01"));
  }

  @Test
  void aPendingHoldIsChargedByHandAndFlagged() throws Exception {
    Tokens tokens = new Tokens(9, 2, 1, 7, 5);
    credit("c1", "5.00");
    bounded("h1", "2.00");
    Fallback fallback = Fallback.estimate(Money.parse("0.05"), tokens);
    get(
        ledger.pend(
            new Pending("h1", Money.parse("1.00"), fallback, "client_gone", "gen-1", NOW, MINUTE)));

    assertThat(ledger.settle("h1", Money.parse("0.75"), NOW)).isEqualTo(Settled.DONE);

    assertThat(ledger.balance(project)).isEqualTo(free("4.25"));
    assertThat(only(Kind.CHARGE))
        .isEqualTo(
            new Entry(
                project,
                "h1",
                Kind.CHARGE,
                Money.parse("0.75"),
                Money.ZERO,
                Money.ZERO,
                "",
                Set.of(Flag.UNRESOLVED),
                tokens,
                "key_1",
                "",
                "asked/model",
                "gen-1",
                "",
                Money.ZERO,
                "",
                NOW));
    assertThat(due()).isEmpty();
  }

  @Test
  void aPendingHoldIsReleasedByHandAndItsIdempotencyKeyStaysTaken() throws Exception {
    credit("c1", "5.00");
    named("h1", "k", NOW);
    pend("h1", "0.01");

    assertThat(ledger.settle("h1", null, NOW)).isEqualTo(Settled.DONE);

    assertThat(ledger.balance(project)).isEqualTo(free("5.00"));
    assertThat(entries(Kind.CHARGE)).isEmpty();
    assertThat(named("h2", "k", NOW)).isEqualTo(new Duplicate("h1"));
  }

  @ParameterizedTest
  @EnumSource(names = "PENDING", mode = EnumSource.Mode.EXCLUDE)
  void onlyAPendingHoldIsSettledByHand(State state) throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    bring("h1", state);
    Balance before = ledger.balance(project);

    assertThat(ledger.settle("h1", Money.parse("0.75"), NOW)).isEqualTo(Settled.LATE);
    assertThat(ledger.settle("h1", null, NOW)).isEqualTo(Settled.LATE);
    assertThat(ledger.settle("h9", null, NOW)).isEqualTo(Settled.UNKNOWN);

    assertThat(ledger.balance(project)).isEqualTo(before);
  }

  @Test
  void theUpstreamsAnswerAfterASettlementByHandIsLate() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");
    pend("h1", "1.00");
    ledger.settle("h1", Money.parse("0.75"), NOW);

    assertThat(capture("h1", "0.50")).isEqualTo(Settled.LATE);

    assertThat(ledger.balance(project)).isEqualTo(free("4.25"));
  }

  @Test
  void theHoldsOfThisGatewayAreNoOrphans() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "2.00");

    assertThat(ledger.adoptOrphans(NOW.plusSeconds(1))).isEqualTo(Orphans.NONE);
    assertThat(due()).isEmpty();
    assertThat(capture("h1", "0.50")).isEqualTo(Settled.DONE);
  }

  // What cannot be counted.

  @Test
  void aChargeThatCannotBeCountedIsRefusedAndChangesNothing() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "1.00");
    bounded("h2", "1.00");
    capture("h1", "9223372036.854775806");
    Balance before = ledger.balance(project);

    assertThatThrownBy(() -> capture("h2", "0.000000002"))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(ArithmeticException.class);
    assertThat(ledger.balance(project)).isEqualTo(before);
    assertThat(entries(Kind.CHARGE)).hasSize(1);
    assertThat(capture("h2", "0.000000001")).isEqualTo(Settled.DONE);
  }

  @Test
  void theLargestAmountsCanBeHeldAndCharged() throws Exception {
    credit("c1", "9223372036.854775807");

    assertThat(strict("h1", "9223372036.854775807")).isEqualTo(held("9223372036.854775807"));
    assertThat(bounded("h2", "9223372036.854775807"))
        .isEqualTo(new Insufficient(balance("9223372036.854775807", "9223372036.854775807")));
    assertThat(capture("h1", "9223372036.854775807")).isEqualTo(Settled.DONE);
    assertThat(ledger.balance(project)).isEqualTo(free("0"));
  }

  @Test
  void aHoldThatIsAskedForOverAllMeasureIsCut() throws Exception {
    credit("c1", "5.00");
    bounded("h1", "1.00");

    assertThat(bounded("h2", "9223372036.854775807")).isEqualTo(held("4.00"));
  }

  @Test
  void textOfAHoldIsNotReadAsAnythingElse() throws Exception {
    String odd = "'; DROP TABLE hold; -- %_\\ \"\n\t\u00e9\ud83d\ude00";
    credit("c1", "5.00");
    HoldRequest request =
        new HoldRequest(
            odd,
            project,
            "key " + odd,
            Money.parse("1.00"),
            HoldMode.BOUNDED,
            Markup.NONE,
            "model " + odd,
            "upk " + odd,
            "name " + odd,
            NOW);
    get(ledger.hold(request));
    get(ledger.recordGeneration(odd, "gen " + odd));
    get(
        ledger.pend(
            new Pending(odd, Money.ZERO, Money.ZERO, "why " + odd, null, NOW, Duration.ZERO)));

    Hold due = due().get(0);
    assertThat(due.request()).isEqualTo(request);
    assertThat(due.generationId()).isEqualTo("gen " + odd);
    assertThat(due.reason()).isEqualTo("why " + odd);
    assertThat(named("h2", "name " + odd, NOW)).isEqualTo(new Duplicate(odd));
    get(
        ledger.capture(
            new Capture(
                odd,
                Money.ZERO,
                Money.parse("0.50"),
                "literal " + odd,
                Set.of(),
                Tokens.NONE,
                null,
                null,
                NOW)));
    Entry charge = only(Kind.CHARGE);
    assertThat(charge.id()).isEqualTo(odd);
    assertThat(charge.keyId()).isEqualTo("key " + odd);
    assertThat(charge.model()).isEqualTo("model " + odd);
    assertThat(charge.generationId()).isEqualTo("gen " + odd);
    assertThat(charge.literal()).isEqualTo("literal " + odd);
  }

  // Many at once.

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

  @ParameterizedTest
  @EnumSource
  void manyThreadsGetExactlyTheHoldsThatAreCovered(HoldMode mode) throws Exception {
    credit("c1", "10.00");

    Map<HoldOutcome, Long> answers = atOnce(25, i -> () -> hold(mode, "h" + i, "1.00"));

    assertThat(answers)
        .isEqualTo(Map.of(held("1.00"), 10L, new Insufficient(balance("10.00", "10.00")), 15L));
    assertThat(ledger.balance(project)).isEqualTo(balance("10.00", "10.00"));
  }

  @Test
  void manyThreadsPlaceAHoldOnce() throws Exception {
    credit("c1", "10.00");

    assertThat(atOnce(16, i -> () -> strict("h1", "1.00"))).isEqualTo(Map.of(held("1.00"), 16L));
    assertThat(ledger.balance(project)).isEqualTo(balance("10.00", "1.00"));
  }

  @Test
  void manyThreadsTakeAnIdempotencyKeyOnce() throws Exception {
    credit("c1", "10.00");

    Map<HoldOutcome, Long> answers = atOnce(16, i -> () -> named("h" + i, "k", NOW));

    assertThat(answers).containsEntry(held("0.01"), 1L).hasSize(2).containsValue(15L);
    assertThat(ledger.balance(project)).isEqualTo(balance("10.00", "0.01"));
  }

  @Test
  void manyThreadsChargeOnce() throws Exception {
    credit("c1", "10.00");
    bounded("h1", "2.00");

    assertThat(atOnce(16, i -> () -> capture("h1", "0.50")))
        .isEqualTo(Map.of(Settled.DONE, 1L, Settled.REPEATED, 15L));
    assertThat(ledger.balance(project)).isEqualTo(free("9.50"));
    assertThat(entries(project)).hasSize(2);
  }

  @Test
  void ofManyDifferentChargesOneIsMade() throws Exception {
    credit("c1", "10.00");
    bounded("h1", "2.00");

    assertThat(atOnce(16, i -> () -> capture("h1", "0.0" + (i + 10))))
        .isEqualTo(Map.of(Settled.DONE, 1L, Settled.LATE, 15L));
    assertThat(ledger.balance(project).total())
        .isEqualTo(Money.parse("10.00").minus(only(Kind.CHARGE).amount()));
    assertThat(entries(Kind.LATE)).hasSize(1);
  }

  @Test
  void ofACaptureAndAReleaseOneIsMade() throws Exception {
    credit("c1", "10.00");
    for (int round = 0; round < 10; round++) {
      String id = "h" + round;
      bounded(id, "0.10");
      Map<Settled, Long> answers =
          atOnce(2, i -> () -> i == 0 ? capture(id, "0.10") : release(id, true));
      assertThat(answers).isEqualTo(Map.of(Settled.DONE, 1L, Settled.LATE, 1L));
    }

    assertThat(ledger.balance(project).loaned()).isEqualTo(Money.ZERO);
    assertThat(ledger.balance(project).total())
        .isEqualTo(
            entries(Kind.CHARGE).stream()
                .map(Entry::amount)
                .reduce(Money.parse("10.00"), Money::minus));
  }
}
