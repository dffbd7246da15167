package dev.tollgate.gateway.jdbc;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.ledger.HoldLimits;
import dev.tollgate.gateway.ledger.HoldOutcome;
import dev.tollgate.gateway.ledger.HoldOutcome.Held;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Settled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** On one node, and on two that share the database. */
class PostgresLedgerLimitsTest extends JdbcLedgerLimitsContract {
  private static final ReusedSchema SCHEMA = new ReusedSchema();
  private static final int THREADS_OF_A_NODE = 6;

  @Override
  DatabaseOptions freshDatabase() {
    return SCHEMA.emptied();
  }

  /** What threads of a node do all at once. */
  private interface Work {
    void run(Ledger ledger, String thread) throws Exception;
  }

  private void onTwoNodes(Work work) throws Exception {
    ExecutorService executor = Executors.newFixedThreadPool(2 * THREADS_OF_A_NODE);
    CyclicBarrier start = new CyclicBarrier(2 * THREADS_OF_A_NODE);
    try (JdbcBooks other = new JdbcBooks(books.options)) {
      List<Future<?>> made = new ArrayList<>();
      for (int i = 0; i < 2 * THREADS_OF_A_NODE; i++) {
        Ledger ledger = i % 2 == 0 ? books.ledger() : other.ledger();
        String thread = "t" + i;
        made.add(
            executor.submit(
                () -> {
                  start.await(10, SECONDS);
                  work.run(ledger, thread);
                  return null;
                }));
      }
      for (Future<?> each : made) {
        each.get(60, SECONDS);
      }
    } finally {
      executor.shutdownNow();
    }
  }

  /** Holds and charges a little less than what was held, again and again, some after a while. */
  private static void spend(
      Ledger ledger, String project, String thread, int times, HoldLimits limits) throws Exception {
    for (int i = 0; i < times; i++) {
      String id = thread + "/" + i;
      HoldOutcome outcome = hold(ledger, project, id, "k", limits).get(20, SECONDS);
      if (outcome instanceof Held held) {
        assertThat(capture(ledger, id, held.amount().nanos(), NOON).get(20, SECONDS))
            .isEqualTo(Settled.DONE);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"9,0,0,0,9", "0,13,0,0,13", "0,0,95,0,10", "0,0,0,105,11"})
  void twoNodesTogetherHoldWhatTheLimitsLeave(
      int maxOpen, int maxFree, long project, long key, int holds) throws Exception {
    String shared = richProject();
    HoldLimits limits = limits(maxOpen, maxFree, project, key);
    onTwoNodes(
        (ledger, thread) -> {
          List<CompletableFuture<HoldOutcome>> asked = new ArrayList<>();
          for (int i = 0; i < 5; i++) {
            asked.add(hold(ledger, shared, thread + "/" + i, "k", limits));
          }
          all(asked);
        });

    assertThat(number("SELECT count(*) FROM hold WHERE state = 'open'")).isEqualTo(holds);
  }

  @ParameterizedTest
  @CsvSource({"405,0", "0,405"})
  void twoNodesTogetherSpendACapToTheNano(long project, long key) throws Exception {
    String shared = richProject();
    HoldLimits limits = limits(0, 0, project, key);
    onTwoNodes((ledger, thread) -> spend(ledger, shared, thread, 8, limits));

    assertThat(books.ledger().totals(shared).charges()).isEqualTo(new Money(405));
    assertThat(number("SELECT day_nanos FROM key_spending")).isEqualTo(405);
    assertThat(books.stores.reports().violations(NOON, Duration.ofMinutes(15))).isEmpty();
  }

  @Test
  void theChargesOfTwoNodesAreAllCounted() throws Exception {
    String shared = richProject();
    onTwoNodes((ledger, thread) -> spend(ledger, shared, thread, 10, HoldLimits.NONE));

    assertThat(number("SELECT month_nanos FROM project WHERE id = '" + shared + "'"))
        .isEqualTo(1_200);
    assertThat(number("SELECT month_nanos FROM key_spending")).isEqualTo(1_200);
  }

  @Test
  void twoNodesNeverHaveMoreOpenAtAnyMoment() throws Exception {
    String shared = richProject();
    HoldLimits limits = limits(3, 0, 0, 0);
    onTwoNodes(
        (ledger, thread) -> {
          for (int i = 0; i < 10; i++) {
            String id = thread + "/" + i;
            if (hold(ledger, shared, id, "k", limits).get(20, SECONDS) instanceof Held) {
              assertThat(number("SELECT count(*) FROM hold WHERE state = 'open'"))
                  .isLessThanOrEqualTo(3);
              capture(ledger, id, 1, NOON).get(20, SECONDS);
            }
          }
        });

    assertThat(number("SELECT count(*) FROM hold WHERE state = 'open'")).isZero();
    assertThat(number("SELECT count(*) FROM hold")).isGreaterThan(3);
  }
}
