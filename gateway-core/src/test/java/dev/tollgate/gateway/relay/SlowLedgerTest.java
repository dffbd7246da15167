package dev.tollgate.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.Gateway;
import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.KeyFingerprint;
import dev.tollgate.gateway.account.KeyStore;
import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.ledger.Credit;
import dev.tollgate.gateway.ledger.InMemoryLedger;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.JettyContainer;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A ledger that takes its time, on an embedder's own stores. */
class SlowLedgerTest {
  private static final String KEY = "an-embedders-own-key";
  private static final Project PROJECT =
      new Project("prj_1", "shop", true, null, Markup.NONE, Instant.EPOCH);

  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private final InMemoryLedger books = new InMemoryLedger();
  private final Set<String> threads = ConcurrentHashMap.newKeySet();
  private final Map<String, Duration> delays = new ConcurrentHashMap<>();
  private final ScheduledExecutorService later = Executors.newSingleThreadScheduledExecutor();
  private Gateway gateway;
  private JettyContainer container;

  private void start() throws Exception {
    books.addProject("prj_1");
    books.credit(new Credit("c", "prj_1", Money.parse("5"), "", Instant.EPOCH));
    KeyStore keys =
        new KeyStore() {
          @Override
          public Optional<Principal> find(KeyFingerprint fingerprint) {
            return fingerprint.equals(KeyFingerprint.of(KEY))
                ? Optional.of(
                    new Principal(PROJECT, new ApiKey("k", "prj_1", Instant.EPOCH, null, null)))
                : Optional.empty();
          }

          @Override
          public long changeCounter() {
            return 0;
          }
        };
    gateway =
        Gateway.builder()
            .config(
                GatewayConfig.of(
                    Map.of(
                        "tollgate.upstream.url",
                        upstream.baseUrl().toString(),
                        "tollgate.upstream.key",
                        "sk-or-v1-x")))
            .keyStore(keys)
            .ledger(slow())
            .build();
    container = new JettyContainer("/", 30_000, gateway::install);
  }

  @AfterEach
  void stop() throws Exception {
    container.close();
    gateway.close();
    upstream.close();
    later.shutdownNow();
    assertThat(upstream.failures()).isEmpty();
  }

  /** The books in memory, told late, with a note of who called. */
  private Ledger slow() {
    return (Ledger)
        Proxy.newProxyInstance(
            Ledger.class.getClassLoader(),
            new Class<?>[] {Ledger.class},
            (proxy, method, arguments) -> {
              if (!CompletableFuture.class.isInstance(proxy)
                  && !method.getReturnType().getSimpleName().equals("CompletionStage")) {
                threads.add(method.getName() + " on " + Thread.currentThread().getName());
              }
              try {
                Object result = method.invoke(books, arguments);
                Duration delay = delays.get(method.getName());
                return delay == null
                    ? result
                    : ((CompletableFuture<?>) result)
                        .thenComposeAsync(
                            CompletableFuture::completedFuture,
                            CompletableFuture.delayedExecutor(
                                delay.toMillis(), TimeUnit.MILLISECONDS, (Executor) later));
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private String chat(String body) {
    return "POST /api/v1/chat/completions?project_name=shop HTTP/1.1\r\nHost: a\r\nX-API-Key: "
        + KEY
        + "\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  @Test
  void aCommitThatTakesASecondDelaysTheEndOfAStreamAndNoToken() throws Exception {
    start();
    delays.put("capture", Duration.ofSeconds(1));
    delays.put("recordGeneration", Duration.ofSeconds(1));
    CountDownLatch seen = new CountDownLatch(3);
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.streamHead());
          for (int i = 0; i < 3; i++) {
            connection.chunk("data: {\"choices\":[]}\n\n");
            // The next one is sent only when the client has this one.
            while (seen.getCount() > 2 - i) {
              Thread.onSpinWait();
            }
          }
          connection.chunk("data: {\"usage\":{\"cost\":0.001}}\n\ndata: [DONE]\n\n").lastChunk();
        });
    try (RawClient client = new RawClient(container.port())) {
      long start = System.nanoTime();
      client.send(chat("{\"stream\":true}")).readHead();
      for (int i = 0; i < 3; i++) {
        client.readUntil("\n\n");
        seen.countDown();
      }
      client.readUntil("[DONE]\n\n");
      long tokens = System.nanoTime() - start;
      client.readUntil("0\r\n\r\n");
      long end = System.nanoTime() - start;

      assertThat(Duration.ofNanos(tokens)).isLessThan(Duration.ofMillis(900));
      assertThat(Duration.ofNanos(end)).isGreaterThan(Duration.ofMillis(950));
    }
  }

  @Test
  void theLastPieceOfABodyOfKnownLengthWaitsForTheCharge() throws Exception {
    start();
    delays.put("capture", Duration.ofSeconds(1));
    String body = "{\"usage\":{\"cost\":0.001}}";
    upstream.script((request, connection) -> connection.write(ScriptedUpstream.json(200, body)));
    try (RawClient client = new RawClient(container.port())) {
      long start = System.nanoTime();
      client.send(chat("{}")).readUntil(body);

      assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(950));
      assertThat(books.balance("prj_1").total()).isEqualTo(Money.parse("4.999"));
    }
  }

  @Test
  void anEndIsGivenAfterFiveSecondsWhateverTheLedgerDoes() throws Exception {
    start();
    delays.put("capture", Duration.ofSeconds(60));
    upstream.script(
        (request, connection) ->
            connection.write(ScriptedUpstream.json(200, "{\"usage\":{\"cost\":0.001}}")));
    try (RawClient client = new RawClient(container.port())) {
      long start = System.nanoTime();
      client.send(chat("{}")).readUntil("0.001}}");

      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isBetween(Duration.ofMillis(4_900), Duration.ofSeconds(8));
    }
  }

  @Test
  void aHoldThatTakesTooLongIsRefusedAndGivenBack() throws Exception {
    start();
    delays.put("hold", Duration.ofSeconds(4));
    try (RawClient client = new RawClient(container.port())) {
      long start = System.nanoTime();
      assertThat(client.send(chat("{}")).readHead())
          .startsWith("HTTP/1.1 503")
          .contains("Retry-After: ");

      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isBetween(Duration.ofMillis(1_900), Duration.ofMillis(3_500));
    }
    await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> books.balance("prj_1").loaned().equals(Money.ZERO));
    assertThat(upstream.waiting()).isZero();
    assertThat(books.entries("prj_1")).hasSize(1);
  }

  @Test
  void whatMayBlockIsNeverCalledOnAnInputOutputThread() throws Exception {
    start();
    upstream.script(
        (request, connection) ->
            connection
                .write(ScriptedUpstream.streamHead())
                .chunk("data: {\"usage\":{\"cost\":0.001}}\n\n")
                .lastChunk());
    for (int i = 0; i < 5; i++) {
      try (RawClient client = new RawClient(container.port())) {
        client.send(chat("{\"stream\":true}")).readUntil("0\r\n\r\n");
      }
    }

    assertThat(threads)
        .allMatch(
            call ->
                // The filters' own read of the balance is on a thread of the container's.
                call.startsWith("available on qtp") || call.contains(" on tollgate-reconciler"));
  }

  /** A client that tries again with the same Idempotency-Key would find it taken. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "429 X\r\nContent-Length: 2\r\n\r\n{}",
        "429 X\r\nContent-Length: 0\r\n\r\n",
        "429 X\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "503 X\r\nContent-Length: 2\r\n\r\n{}"
      })
  void anAnswerThatCostsNothingIsNotWholeBeforeTheHoldIsReleased(String answer) throws Exception {
    start();
    delays.put("release", Duration.ofMillis(500));
    upstream.script((request, connection) -> connection.write("HTTP/1.1 " + answer));
    try (RawClient client = new RawClient(container.port())) {
      long start = System.nanoTime();
      String head = client.send(chat("{}")).readHead();
      client.readBody(head);

      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isGreaterThanOrEqualTo(Duration.ofMillis(500));
    }
  }
}
