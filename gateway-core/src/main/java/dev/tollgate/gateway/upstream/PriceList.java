package dev.tollgate.gateway.upstream;

import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.exchange.UpstreamTarget;
import dev.tollgate.gateway.meter.PriceBook;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.client.ContentResponse;
import org.jspecify.annotations.Nullable;

/**
 * Upstream's list of models, from which a price book is refreshed. The last prices stay in use
 * while the upstream fails.
 */
public final class PriceList {
  private static final Logger LOG = System.getLogger(PriceList.class.getName());
  // OpenRouter's list has about 1 MB.
  private static final int MAX_BYTES = 8 << 20;
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final Duration RETRY = Duration.ofSeconds(10);

  private final PriceBook prices;
  private final UpstreamClient upstream;
  private final URI models;
  private final @Nullable Secret key;
  private final Duration refresh;
  private final ScheduledExecutorService scheduler;
  private volatile boolean failing;

  /**
   * @param prices the price book to fill
   * @param refresh time between two readings of the list
   * @param scheduler parses the answers, which may take a while
   */
  public PriceList(
      PriceBook prices,
      UpstreamClient upstream,
      UpstreamTarget target,
      Duration refresh,
      ScheduledExecutorService scheduler) {
    this.prices = prices;
    this.upstream = upstream;
    this.models = URI.create(target.baseUrl() + "/models");
    this.key = target.defaultKey();
    this.refresh = refresh;
    this.scheduler = scheduler;
  }

  /** Reads the list now, then periodically until the scheduler is shut down. */
  public void start() {
    var unused =
        upstream
            .get(models, key, TIMEOUT, MAX_BYTES)
            .whenComplete((answer, failure) -> later(Duration.ZERO, () -> read(answer, failure)));
  }

  private void read(@Nullable ContentResponse answer, @Nullable Throwable failure) {
    boolean read = false;
    try {
      if (answer == null) {
        failed(String.valueOf(failure));
      } else if (answer.getStatus() != 200) {
        failed("status " + answer.getStatus());
      } else {
        succeeded(prices.replace(answer.getContent()));
        read = true;
      }
    } catch (IllegalArgumentException e) {
      failed(String.valueOf(e.getMessage()));
    } finally {
      later(read || refresh.compareTo(RETRY) < 0 ? refresh : RETRY, this::start);
    }
  }

  private void later(Duration delay, Runnable task) {
    try {
      var unused = scheduler.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      // The gateway is closed.
    }
  }

  private void failed(String why) {
    if (!failing) {
      failing = true;
      LOG.log(
          Level.WARNING,
          "cannot read the upstream''s prices: {0}; {1}",
          why,
          prices.isEmpty() ? "no prices are known" : "keeping the last ones");
    }
  }

  private void succeeded(int models) {
    if (failing) {
      failing = false;
      LOG.log(Level.INFO, "The prices of {0} models were read", models);
    }
  }
}
