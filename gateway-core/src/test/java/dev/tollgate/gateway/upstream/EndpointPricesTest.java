package dev.tollgate.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.exchange.UpstreamTarget;
import dev.tollgate.gateway.meter.Endpoints;
import dev.tollgate.gateway.meter.ProviderChoice;
import dev.tollgate.gateway.testkit.LogCapture;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Received;
import dev.tollgate.gateway.threads.OwnThreads;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointPricesTest {
  private static final Duration REFRESH = Duration.ofMinutes(5);

  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private final ExecutorService threads = Executors.newFixedThreadPool(1);
  private final UpstreamClient client =
      new UpstreamClient(UpstreamOptions.defaults(), new OwnThreads());
  private final AtomicLong nanos = new AtomicLong();
  private final List<Received> asked = new CopyOnWriteArrayList<>();
  private final CountDownLatch mayAnswer = new CountDownLatch(1);
  private volatile String answer = priced("1");
  private final EndpointPrices prices =
      new EndpointPrices(
          client,
          new UpstreamTarget(upstream.baseUrl(), Secret.of("sk-or-v1-x")),
          Set.of("a/b:thinking")::contains,
          REFRESH,
          threads,
          nanos::get);

  private static String priced(String price) {
    return ScriptedUpstream.json(
        200,
        "{\"data\":{\"endpoints\":[{\"tag\":\"x\",\"pricing\":{\"prompt\":\""
            + price
            + "\",\"completion\":\"0\"}}]}}");
  }

  @BeforeEach
  void start() {
    upstream.background(
        (request, connection) -> {
          asked.add(request);
          mayAnswer.await();
          connection.write(answer);
        });
  }

  @AfterEach
  void stop() throws Exception {
    mayAnswer.countDown();
    threads.shutdownNow();
    client.close();
    upstream.close();
  }

  private Endpoints find(String model) throws Exception {
    mayAnswer.countDown();
    return prices.find(model).toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private BigDecimal prompt() throws Exception {
    return find("a/b").dearest(ProviderChoice.ANY).orElseThrow().base().input();
  }

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  @ParameterizedTest
  @CsvSource({
    "a/b, /api/v1/models/a/b/endpoints",
    "a/b:nitro, /api/v1/models/a/b/endpoints",
    "a/b:floor, /api/v1/models/a/b/endpoints",
    "a/b:free, /api/v1/models/a/b:free/endpoints",
    "a/b:thinking, /api/v1/models/a/b:thinking/endpoints"
  })
  void theModelsPageIsAskedForWithTheOperatorsKey(String model, String path) throws Exception {
    find(model);

    assertThat(asked.get(0).target()).isEqualTo(path);
    assertThat(asked.get(0).values("Authorization")).containsExactly("Bearer sk-or-v1-x");
  }

  @Test
  void thoseWhoAskAtOnceShareOneCall() {
    List<CompletableFuture<Endpoints>> answers =
        IntStream.range(0, 20).mapToObj(i -> prices.find("a/b").toCompletableFuture()).toList();
    assertThat(answers).noneMatch(CompletableFuture::isDone);
    mayAnswer.countDown();

    answers.forEach(future -> assertThat(future).succeedsWithin(Duration.ofSeconds(10)));
    assertThat(asked).hasSize(1);
  }

  @Test
  void anAnswerIsKeptUntilItIsToBeRefreshed() throws Exception {
    assertThat(prompt()).isEqualByComparingTo("1");
    answer = priced("2");
    pass(REFRESH.minusSeconds(1));
    assertThat(prompt()).isEqualByComparingTo("1");
    assertThat(asked).hasSize(1);

    pass(Duration.ofSeconds(2));
    await().atMost(Duration.ofSeconds(10)).until(() -> prompt().intValueExact() == 2);
    assertThat(asked).hasSize(2);
  }

  @Test
  void anAnswerThatNobodyAskedForInALongTimeIsNotUsed() throws Exception {
    assertThat(prompt()).isEqualByComparingTo("1");
    answer = priced("2");
    pass(REFRESH.multipliedBy(3));

    assertThat(prompt()).isEqualByComparingTo("2");
  }

  @Test
  void theLastAnswerStaysWhileTheUpstreamIsInTrouble() throws Exception {
    assertThat(prompt()).isEqualByComparingTo("1");
    answer = ScriptedUpstream.json(500, "{}");
    try (LogCapture log = new LogCapture()) {
      pass(REFRESH.plusSeconds(1));
      assertThat(prompt()).isEqualByComparingTo("1");
      log.awaitLine("cannot read the endpoints of a/b", "status 500");

      assertThat(prompt()).isEqualByComparingTo("1");
    }
  }

  @Test
  void aFailureIsKeptForSomeSecondsOnly() throws Exception {
    answer = ScriptedUpstream.json(500, "{}");
    assertThatThrownBy(() -> find("a/b")).hasMessageContaining("status 500");
    assertThatThrownBy(() -> find("a/b")).hasMessageContaining("status 500");
    assertThat(asked).hasSize(1);
    answer = priced("1");
    pass(Duration.ofSeconds(6));

    assertThat(prompt()).isEqualByComparingTo("1");
  }

  @Test
  void anAnswerWithoutEndpointsIsAnEmptyList() throws Exception {
    answer = ScriptedUpstream.json(200, "{\"data\":{\"endpoints\":[]}}");

    assertThat(find("a/b").isEmpty()).isTrue();
  }

  /** The name is a client's, and is to choose no other path. */
  @ParameterizedTest
  @ValueSource(
      strings = {"", "a", "a/", "/b", "a/b/c", "../b", "a/..", "./b", "a/b?x=1", "a/b#c", "a/b%2f"})
  void aNameThatIsNoPathOfAModelIsNotAskedFor(String model) {
    assertThat(prices.find(model)).isCompletedWithValue(Endpoints.NONE);
    assertThat(asked).isEmpty();
  }
}
