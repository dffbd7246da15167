package dev.tollgate.gateway.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.ledger.CreditOutcome.Result;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link Ledger} keeps to. Extend it to test one. */
public abstract class LedgerContract {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private Ledger ledger;
  private String project;

  /** A ledger without entries; asked for once before each test. */
  protected abstract Ledger freshLedger() throws Exception;

  /** The id of a project that {@link #freshLedger}'s ledger knows, another one each time. */
  protected abstract String newProject();

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
}
