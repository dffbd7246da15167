package dev.tollgate.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.flavor.OpenAiFlavor;
import dev.tollgate.gateway.http.RawQuery;
import dev.tollgate.gateway.metrics.GuardedMetrics;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ExchangeTest {
  private static final int ROUNDS = 2_000;

  private final ExecutorService opener = Executors.newSingleThreadExecutor();
  private final ScheduledExecutorService writer = Executors.newSingleThreadScheduledExecutor();
  private final RequestScope scope =
      new RequestScope(new GuardedMetrics(), new AccessLog(AccessLog.Format.TEXT, writer), 1);

  @AfterEach
  void close() {
    opener.shutdownNow();
    writer.shutdownNow();
  }

  private Exchange exchange() {
    return new Exchange(
        scope,
        "req_1",
        null,
        "POST",
        "127.0.0.1",
        Route.NONE,
        null,
        OpenAiFlavor.INSTANCE,
        RawQuery.parse(""));
  }

  /** Two threads, each round anew, for one interleaving of two lines lost it. */
  @Test
  void anAbortIsNotLostOnAnExchangeThatIsBeingOpened() {
    for (int i = 0; i < ROUNDS; i++) {
      Exchange exchange = exchange();
      AtomicInteger ready = new AtomicInteger();
      AtomicBoolean brokenOff = new AtomicBoolean();
      CompletableFuture<Void> opening =
          CompletableFuture.runAsync(
              () -> {
                meet(ready);
                exchange.onAbort(() -> brokenOff.set(true));
              },
              opener);
      meet(ready);
      exchange.abort();
      opening.join();
      assertThat(brokenOff).as("round " + i).isTrue();
    }
  }

  private static void meet(AtomicInteger ready) {
    ready.incrementAndGet();
    while (ready.get() < 2) {
      Thread.onSpinWait();
    }
  }

  @Test
  void anExchangeIsBrokenOffOnce() {
    Exchange exchange = exchange();
    AtomicInteger times = new AtomicInteger();
    exchange.onAbort(times::incrementAndGet);
    exchange.abort();
    exchange.abort();
    assertThat(times).hasValue(1);
    assertThat(exchange.decide(Outcome.COMPLETE)).isFalse();
  }
}
