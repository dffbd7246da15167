package dev.tollgate.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.account.UpstreamKeys;
import dev.tollgate.gateway.exchange.UpstreamTarget;
import dev.tollgate.gateway.ledger.Credit;
import dev.tollgate.gateway.ledger.Hold;
import dev.tollgate.gateway.ledger.HoldMode;
import dev.tollgate.gateway.ledger.HoldRequest;
import dev.tollgate.gateway.ledger.InMemoryLedger;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Pending;
import dev.tollgate.gateway.meter.Meter;
import dev.tollgate.gateway.meter.MeterOptions;
import dev.tollgate.gateway.meter.PriceBook;
import dev.tollgate.gateway.threads.OwnThreads;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the reconciler does after long stops and with keys that do not open. */
class ReconcilerTest {
  private static final Instant START = Instant.parse("2026-11-20T00:00:00Z");

  private final InMemoryLedger ledger = new InMemoryLedger();
  private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(1);
  private final ScheduledExecutorService thread = Executors.newScheduledThreadPool(1);
  private final UpstreamClient client =
      new UpstreamClient(UpstreamOptions.defaults(), new OwnThreads());
  private final AtomicInteger asked = new AtomicInteger();
  private HttpServer server;
  private volatile Instant now = START;

  @BeforeEach
  void start() throws Exception {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          asked.incrementAndGet();
          byte[] body = "{\"data\":{\"total_cost\":0.000777}}".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    ledger.addProject("p");
    ledger.credit(new Credit("c1", "p", Money.parse("5"), "", START));
  }

  @AfterEach
  void stop() {
    thread.shutdownNow();
    timer.shutdownNow();
    client.close();
    server.stop(0);
  }

  private void pending(String id, String upstreamKeyId) {
    ledger.hold(
        new HoldRequest(
            id,
            "p",
            "k",
            Money.parse("0.10"),
            HoldMode.BOUNDED,
            Markup.NONE,
            "a/b",
            upstreamKeyId,
            null,
            START));
    ledger.pend(
        new Pending(
            id,
            Money.parse("0.01"),
            Money.ZERO,
            "client_gone",
            "gen-" + id,
            START,
            Duration.ofSeconds(2)));
  }

  private void reconcile(UpstreamKeys keys) {
    new Reconciler(
            ledger,
            client,
            new UpstreamTarget(
                URI.create("http://127.0.0.1:" + server.getAddress().getPort()), null),
            keys,
            new Meter(new PriceBook(), MeterOptions.defaults()),
            ReconcilerOptions.defaults(),
            () -> now,
            projectId -> {},
            thread)
        .start();
  }

  // The gateway was down for longer than give-up-after. Nobody has asked yet.
  @Test
  void aHoldIsAskedForAtLeastOnceAfterALongStop() {
    pending("h1", "k1");
    now = START.plus(Duration.ofHours(25));

    reconcile(UpstreamKeys.inMemory());

    await()
        .atMost(Duration.ofSeconds(5))
        .until(() -> ledger.hold("h1").orElseThrow().state() == Hold.State.CAPTURED);
    assertThat(asked).hasPositiveValue();
    assertThat(ledger.entries("p").get(1).flags()).isEmpty();
    assertThat(ledger.entries("p").get(1).amount()).isEqualTo(Money.parse("0.000777"));
  }

  // A key that cannot be opened (another master key, a torn row) keeps all others waiting.
  @Test
  void aHoldWhoseKeyCannotBeOpenedDoesNotKeepOthersWaiting() {
    pending("h1", "broken");
    pending("h2", "good");
    now = START.plus(Duration.ofMinutes(1));

    reconcile(
        new UpstreamKeys() {
          @Override
          public String remember(Secret key) {
            return "good";
          }

          @Override
          public Optional<Secret> find(String id) {
            if (id.equals("broken")) {
              // As MasterKey.open has it.
              throw new IllegalArgumentException(
                  "the sealed text does not open with this master key");
            }
            return Optional.empty();
          }
        });

    await()
        .atMost(Duration.ofSeconds(5))
        .until(() -> ledger.hold("h2").orElseThrow().state() == Hold.State.CAPTURED);
  }
}
