package dev.tollgate.gateway.upstream;

import dev.tollgate.gateway.meter.PriceBook;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * File from which a price book is refreshed. The last prices stay in use while the file cannot be
 * read.
 */
public final class PriceFile {
  private static final Logger LOG = System.getLogger(PriceFile.class.getName());

  private final PriceBook prices;
  private final Path file;
  // Owned by the one thread that reads the file.
  private String failure = "";

  private PriceFile(PriceBook prices, Path file) {
    this.prices = prices;
    this.file = file;
  }

  /**
   * Reads a file.
   *
   * @param prices the price book to fill
   * @param file in the format of {@link PriceBook#replaceByTable}
   * @throws IllegalArgumentException if the file cannot be read
   */
  public static PriceFile read(PriceBook prices, Path file) {
    PriceFile read = new PriceFile(prices, file);
    LOG.log(Level.INFO, "The prices of {0} models were read from {1}", read.read(), file);
    return read;
  }

  /** Reads the file periodically on a thread of {@code scheduler}. */
  public void start(Duration refresh, ScheduledExecutorService scheduler) {
    long millis = refresh.toMillis();
    var unused =
        scheduler.scheduleWithFixedDelay(this::readAgain, millis, millis, TimeUnit.MILLISECONDS);
  }

  private int read() {
    try {
      return prices.replaceByTable(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot read " + file + ": " + e, e);
    }
  }

  private void readAgain() {
    String message = "";
    try {
      read();
    } catch (RuntimeException | Error e) {
      // Catch everything: a task that throws is not scheduled again.
      message = String.valueOf(e.getMessage());
    }
    if (!message.equals(failure) && !message.isEmpty()) {
      LOG.log(Level.WARNING, "{0}; keeping the last prices", message);
    }
    failure = message;
  }
}
