package dev.tollgate.gateway;

import dev.tollgate.gateway.config.ConfigException;
import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.meter.Meter;
import dev.tollgate.gateway.meter.PriceBook;
import dev.tollgate.gateway.upstream.EndpointPrices;
import dev.tollgate.gateway.upstream.PriceFile;
import dev.tollgate.gateway.upstream.PriceList;
import dev.tollgate.gateway.upstream.UpstreamClient;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/** The prices of models: from a file, or from the upstream's list. */
final class GatewayPrices {
  private static final Logger LOG = System.getLogger(GatewayPrices.class.getName());

  private final PriceBook book = new PriceBook();
  private final GatewayConfig config;
  private final @Nullable PriceFile file;

  /**
   * Reads the file, if there is one.
   *
   * @throws ConfigException if it cannot be read
   */
  GatewayPrices(GatewayConfig config) {
    this.config = config;
    this.file = file(book, config.prices().file());
  }

  private static @Nullable PriceFile file(PriceBook book, @Nullable Path path) {
    if (path == null) {
      return null;
    }
    try {
      return PriceFile.read(book, path);
    } catch (IllegalArgumentException e) {
      throw new ConfigException("tollgate.prices.file: " + e.getMessage());
    }
  }

  PriceBook book() {
    return book;
  }

  /** Null: no hold needs the prices of a model's endpoints. */
  @Nullable EndpointPrices endpoints(
      Meter meter, UpstreamClient upstream, ScheduledExecutorService scheduler) {
    return meter.needsEndpoints()
        ? new EndpointPrices(
            upstream, config.target(), book::lists, config.prices().refresh(), scheduler)
        : null;
  }

  /** Keeps the prices fresh. */
  void start(UpstreamClient upstream, ScheduledExecutorService scheduler) {
    Duration refresh = config.prices().refresh();
    if (file != null) {
      file.start(refresh, scheduler);
    } else if (config.meter().generations()) {
      new PriceList(book, upstream, config.target(), refresh, scheduler).start();
    } else {
      LOG.log(
          Level.WARNING,
          "no prices are known: tollgate.prices.file is not set; {0} is held for each request",
          config.meter().unknownHold());
    }
  }
}
