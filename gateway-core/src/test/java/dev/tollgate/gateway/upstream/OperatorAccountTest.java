package dev.tollgate.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.exchange.UpstreamTarget;
import dev.tollgate.gateway.metrics.GatewayMetrics;
import dev.tollgate.gateway.testkit.LogCapture;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.threads.OwnThreads;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When the operator is told that the upstream does not serve the operator's key. */
class OperatorAccountTest {
  private static final String UNKNOWN = "404";

  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private final LogCapture log = new LogCapture();
  private final OwnThreads threads = new OwnThreads();
  private final ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1);
  private final UpstreamClient client = new UpstreamClient(UpstreamOptions.defaults(), threads);
  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1_000);
  private final List<Integer> told = new CopyOnWriteArrayList<>();
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final GatewayMetrics metrics =
      new GatewayMetrics() {
        @Override
        public void operatorAccountRefused(int status) {
          told.add(status);
        }
      };

  @AfterEach
  void stop() throws Exception {
    client.close();
    scheduler.shutdownNow();
    log.close();
    upstream.close();
  }

  private OperatorAccount account(boolean namesLimits) {
    return new OperatorAccount(
        client,
        new UpstreamTarget(upstream.baseUrl(), Secret.of("sk-or-v1-operator")),
        namesLimits,
        metrics,
        now::get,
        scheduler);
  }

  /** What the upstream says: a status, or the data of a 200. */
  private void say(String key, String credits) {
    upstream.background(
        (request, connection) -> {
          asked.add(request.target());
          String said = request.target().endsWith("/credits") ? credits : key;
          connection.write(
              said.startsWith("{")
                  ? ScriptedUpstream.json(200, "{\"data\":" + said + "}")
                  : ScriptedUpstream.json(Integer.parseInt(said), "{}"));
        });
  }

  private static String limit(String remaining) {
    return "{\"limit_remaining\":" + remaining + "}";
  }

  private static String credits(String bought, String used) {
    return "{\"total_credits\":" + bought + ",\"total_usage\":" + used + "}";
  }

  /** Waits until so many questions were asked, and the answers judged. */
  private void awaitJudged(int questions) {
    await().until(() -> scheduler.getCompletedTaskCount() == questions);
  }

  // --- at the start

  @ParameterizedTest
  @CsvSource({"true, /api/v1/key", "false, /api/v1/models"})
  void aKeyThatIsNotAcceptedAtTheStartIsOneLoudLine(boolean namesLimits, String path)
      throws Exception {
    say("401", UNKNOWN);

    account(namesLimits).start();

    log.awaitLine("SEVERE: THE UPSTREAM DOES NOT ACCEPT THE OPERATOR'S KEY (401)");
    assertThat(asked).containsExactly(path);
    assertThat(told).containsExactly(401);
  }

  @Test
  void aKeyWhoseLimitIsUsedUpIsToldAtTheStart() {
    say(limit("0"), UNKNOWN);

    account(true).start();

    log.awaitLine("SEVERE: THE OPERATOR'S ACCOUNT AT THE UPSTREAM IS OUT OF CREDITS (402)");
  }

  @ParameterizedTest
  @CsvSource({"200", "404", "403", "500"})
  void anyOtherAnswerIsNoNewsAtTheStart(String status) throws Exception {
    say(status, UNKNOWN);

    account(true).start();

    awaitJudged(1);
    assertThat(told).isEmpty();
  }

  @Test
  void withoutAKeyNothingIsAsked() throws Exception {
    say(UNKNOWN, UNKNOWN);

    new OperatorAccount(
            client,
            new UpstreamTarget(upstream.baseUrl(), null),
            true,
            metrics,
            now::get,
            scheduler)
        .start();

    assertThat(asked).isEmpty();
    assertThat(told).isEmpty();
  }

  // --- a 402

  private void assertTold(String key, String credits, boolean expected) throws Exception {
    say(key, credits);

    account(true).paymentRequired();

    awaitJudged(1);
    assertThat(told).isEqualTo(expected ? List.of(402) : List.of());
  }

  @Test
  void anAccountWithNothingLeftIsOutOfCredits() throws Exception {
    assertTold(limit("null"), credits("10", "10.0"), true);
  }

  @Test
  void aKeyWithNothingLeftIsOutOfCredits() throws Exception {
    assertTold(limit("-0.01"), credits("10", "1"), true);
  }

  @Test
  void anAccountThatHasCreditsLeftIsNotOutOfThem() throws Exception {
    assertTold(limit("null"), credits("10", "9.99"), false);
    log.awaitLine("WARNING: the upstream answered 402, although", "0.01 USD");
  }

  @Test
  void aKeyThatHasCreditsLeftIsNotOutOfThem() throws Exception {
    assertTold(limit("3"), "403", false);
  }

  @Test
  void whereNobodyTellsAMinuteWithoutAPaidAnswerDecides() throws Exception {
    assertTold(UNKNOWN, UNKNOWN, true);
  }

  @Test
  void aKeyWithoutALimitTellsNothing() throws Exception {
    assertTold(limit("null"), "403", true);
  }

  @ParameterizedTest
  @CsvSource({"59, false", "61, true"})
  void aPaidAnswerOfTheLastMinuteShowsThatThereAreCredits(int secondsLater, boolean expected)
      throws Exception {
    OperatorAccount account = account(true);
    say(UNKNOWN, UNKNOWN);
    account.answered(200, true);
    now.addAndGet(Duration.ofSeconds(secondsLater).toNanos());

    account.paymentRequired();

    awaitJudged(1);
    assertThat(told).isEqualTo(expected ? List.of(402) : List.of());
  }

  @Test
  void aFreeAnswerShowsNothing() throws Exception {
    OperatorAccount account = account(true);
    say(UNKNOWN, UNKNOWN);
    account.answered(200, false);

    account.paymentRequired();

    awaitJudged(1);
    assertThat(told).containsExactly(402);
  }

  @Test
  void manyAtOnceAskOnce() throws Exception {
    OperatorAccount account = account(true);
    say(limit("0"), UNKNOWN);

    account.paymentRequired();
    account.paymentRequired();
    awaitJudged(1);
    now.addAndGet(Duration.ofSeconds(10).toNanos());
    account.paymentRequired();

    awaitJudged(2);
    assertThat(told).containsExactly(402, 402);
    assertThat(log.lines()).filteredOn(line -> line.contains("OUT OF CREDITS")).hasSize(1);
  }

  @Test
  void untilTheUpstreamIsAskedAgainEachRefusalCounts() throws Exception {
    OperatorAccount account = account(true);
    say(limit("0"), UNKNOWN);
    account.paymentRequired();
    awaitJudged(1);

    account.paymentRequired();
    account.answered(200, true);
    account.paymentRequired();

    assertThat(told).containsExactly(402, 402);
    assertThat(asked).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource({"rubbish", "1e999", "'\"0\"'", "[]"})
  void whatCannotBeReadTellsNothing(String remaining) throws Exception {
    assertTold(limit(remaining), credits(remaining, "1"), true);
  }
}
