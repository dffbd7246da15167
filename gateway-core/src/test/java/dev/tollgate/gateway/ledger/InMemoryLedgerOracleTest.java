package dev.tollgate.gateway.ledger;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.account.SpendingCaps;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** That the comparison itself is sound: two of the same do the same, and a wrong one is found. */
class InMemoryLedgerOracleTest extends LedgerOracleContract {
  private static final int MOST_HISTORIES = 40;

  /** Ways to be wrong, as what becomes of the arguments of a method. */
  private static final Map<String, UnaryOperator<Object[]>> WRONG =
      Map.of(
          "hold", // the idempotency key is forgotten
          in -> {
            HoldRequest r = (HoldRequest) in[0];
            return new Object[] {
              new HoldRequest(
                  r.id(),
                  r.projectId(),
                  r.keyId(),
                  r.amount(),
                  r.mode(),
                  r.markup(),
                  r.model(),
                  "",
                  r.upstreamKeyId(),
                  null,
                  r.limits(),
                  r.promptEstimate(),
                  r.free(),
                  r.at())
            };
          },
          "capture", // the flags are forgotten
          in -> {
            Capture c = (Capture) in[0];
            return new Object[] {
              new Capture(
                  c.holdId(),
                  c.cost(),
                  c.charge(),
                  c.literal(),
                  Set.of(),
                  c.tokens(),
                  c.model(),
                  c.generationId(),
                  c.at())
            };
          },
          "pend", // the hold is not cut
          in -> {
            Pending p = (Pending) in[0];
            return new Object[] {
              new Pending(
                  p.holdId(),
                  new Money(Long.MAX_VALUE),
                  p.fallback(),
                  p.reason(),
                  p.generationId(),
                  p.at(),
                  p.askAfter())
            };
          },
          "release", // the idempotency key is never freed
          in -> new Object[] {in[0], true, in[2]},
          "recordGeneration", // another one is recorded
          in -> new Object[] {in[0], "gen-x"},
          "defer", // for a millisecond more
          in -> new Object[] {in[0], in[1], ((Instant) in[2]).plus(Duration.ofMillis(1))},
          "hurry", // not at all
          in -> new Object[] {in[0], Instant.EPOCH, in[2]},
          "due", // never asked for
          in -> new Object[] {Instant.MIN, in[1]});

  private static final Map<String, UnaryOperator<HoldLimits>> FORGETTING =
      Map.of(
          "maxOpen",
          l -> new HoldLimits(0, l.maxFreeOfDay(), l.project(), l.key()),
          "maxFreeOfDay",
          l -> new HoldLimits(l.maxOpen(), 0, l.project(), l.key()),
          "project",
          l -> new HoldLimits(l.maxOpen(), l.maxFreeOfDay(), SpendingCaps.NONE, l.key()),
          "key",
          l -> new HoldLimits(l.maxOpen(), l.maxFreeOfDay(), l.project(), SpendingCaps.NONE));

  private final InMemoryLedger ledger = new InMemoryLedger();
  private Ledger underTest = ledger;
  private int projects;

  @Override
  protected Ledger freshLedger() {
    return underTest;
  }

  @Override
  protected String newProject() {
    String id = "prj_" + projects++;
    ledger.addProject(id);
    return id;
  }

  @Override
  protected List<Entry> entries(String projectId) {
    return ledger.entries(projectId);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"hold", "capture", "pend", "release", "recordGeneration", "defer", "hurry", "due"})
  void aWrongLedgerIsFound(String method) {
    assertIsFound(method, WRONG.get(method));
  }

  @ParameterizedTest
  @ValueSource(strings = {"maxOpen", "maxFreeOfDay", "project", "key"})
  void aLedgerThatForgetsALimitIsFound(String limit) {
    assertIsFound(
        "hold",
        in -> {
          HoldRequest request = (HoldRequest) in[0];
          return new Object[] {withLimits(request, FORGETTING.get(limit).apply(request.limits()))};
        });
  }

  private static HoldRequest withLimits(HoldRequest request, HoldLimits limits) {
    return new HoldRequest(
        request.id(),
        request.projectId(),
        request.keyId(),
        request.amount(),
        request.mode(),
        request.markup(),
        request.model(),
        "",
        request.upstreamKeyId(),
        request.idempotencyKey(),
        limits,
        request.promptEstimate(),
        request.free(),
        request.at());
  }

  /** One random history may miss a fault, so there are several; the first that finds it ends. */
  private static void assertIsFound(String method, UnaryOperator<Object[]> wrong) {
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < MOST_HISTORIES; i++) {
                new InMemoryLedgerOracleTest().compareWith(method, wrong);
              }
            })
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("the last calls");
  }

  private void compareWith(String method, UnaryOperator<Object[]> wrong) throws Exception {
    underTest =
        (Ledger)
            Proxy.newProxyInstance(
                Ledger.class.getClassLoader(),
                new Class<?>[] {Ledger.class},
                (proxy, called, in) -> {
                  boolean isWrong = called.getName().equals(method);
                  try {
                    return called.invoke(ledger, isWrong ? wrong.apply(in) : in);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
    itDoesWhatTheBooksInMemoryDo();
  }
}
