package dev.tollgate.gateway.signal;

import dev.tollgate.gateway.account.StoreUnavailableException;
import dev.tollgate.gateway.ledger.Reports;
import dev.tollgate.gateway.ledger.Reports.HoldCounts;
import dev.tollgate.gateway.metrics.MetricRegistry;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Gauges of the database: its holds and its free disk space. A separate thread reads them, at most
 * once in 5 seconds. During a scrape each gauge waits for a running read for a second at most;
 * after that it is left out.
 */
public final class StoreMetrics {
  /** The bounds of the age groups of open holds. */
  private static final List<Duration> AGES =
      List.of(Duration.ofSeconds(10), Duration.ofMinutes(1), Duration.ofMinutes(10));

  private static final List<String> AGE_NAMES =
      List.of("under_10s", "10s_to_1m", "1m_to_10m", "10m_and_more");

  /** The maximum number of holds to count, which bounds the query to some tens of milliseconds. */
  private static final int MOST_HOLDS = 100_000;

  private static final Duration BELIEVED_FOR = Duration.ofSeconds(5);
  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final Logger LOG = System.getLogger(StoreMetrics.class.getName());

  private final Reports reports;
  private final @Nullable Path file;
  private final InstantSource clock;
  private final Executor executor;

  // Guarded by this.
  private CompletableFuture<Reading> reading = new CompletableFuture<>();
  private boolean asked;
  private long askedAtNanos;

  /**
   * One reading.
   *
   * @param freeBytes free space on the disk; negative: unknown
   * @param fileBytes the size of the database file; negative: unknown
   */
  private record Reading(HoldCounts holds, long freeBytes, long fileBytes) {}

  /**
   * @param file the database file; null: the database is not a local file
   * @param executor may block on the database
   */
  public StoreMetrics(
      Reports reports, @Nullable Path file, InstantSource clock, Executor executor) {
    this.reports = reports;
    this.file = file;
    this.clock = clock;
    this.executor = executor;
  }

  /** Adds the gauges to a registry. */
  public void addTo(MetricRegistry registry) {
    registry.gauge(
        "tollgate_open_holds",
        "Holds of requests that have not ended, of all nodes on the database, by age.",
        samples ->
            read()
                .ifPresent(
                    read -> {
                      for (int i = 0; i < AGE_NAMES.size(); i++) {
                        samples.add(read.holds.open().get(i), AGE_NAMES.get(i));
                      }
                    }),
        "age");
    registry.gauge(
        "tollgate_pending_settlements",
        "Requests that have ended and whose cost is being asked for, of all nodes.",
        samples -> read().ifPresent(read -> samples.add(read.holds.pending())));
    registry.gauge(
        "tollgate_database_disk_free_bytes",
        "Room on the disk of a SQLite database.",
        samples -> bytes(samples, read().map(Reading::freeBytes)));
    registry.gauge(
        "tollgate_database_file_bytes",
        "Size of a SQLite database, without its write-ahead log.",
        samples -> bytes(samples, read().map(Reading::fileBytes)));
  }

  private static void bytes(MetricRegistry.Samples samples, Optional<Long> bytes) {
    bytes.filter(known -> known >= 0).ifPresent(known -> samples.add(known));
  }

  private Optional<Reading> read() {
    try {
      return Optional.of(latest().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS));
    } catch (ExecutionException | TimeoutException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  private synchronized CompletableFuture<Reading> latest() {
    boolean old = !asked || System.nanoTime() - askedAtNanos > BELIEVED_FOR.toNanos();
    // Wait for a slow reading: the database never gets two queries at once.
    if (old && (!asked || reading.isDone())) {
      asked = true;
      askedAtNanos = System.nanoTime();
      CompletableFuture<Reading> next = new CompletableFuture<>();
      reading = next;
      try {
        executor.execute(() -> ask(next));
      } catch (RejectedExecutionException e) {
        // The gateway is being closed.
        next.completeExceptionally(e);
      }
    }
    return reading;
  }

  private void ask(CompletableFuture<Reading> next) {
    try {
      HoldCounts holds = reports.holdCounts(clock.instant(), AGES, MOST_HOLDS);
      next.complete(new Reading(holds, freeBytes(), fileBytes()));
    } catch (StoreUnavailableException e) {
      next.completeExceptionally(e);
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "cannot count the holds", e);
      next.completeExceptionally(e);
    }
  }

  private long freeBytes() {
    try {
      return file == null ? -1 : Files.getFileStore(file).getUsableSpace();
    } catch (IOException e) {
      return -1;
    }
  }

  private long fileBytes() {
    try {
      return file == null ? -1 : Files.size(file);
    } catch (IOException e) {
      return -1;
    }
  }
}
