package dev.tollgate.benchmark;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.jdbc.DatabaseOptions;
import dev.tollgate.gateway.jdbc.JdbcStores;
import dev.tollgate.gateway.ledger.Capture;
import dev.tollgate.gateway.ledger.Credit;
import dev.tollgate.gateway.ledger.HoldMode;
import dev.tollgate.gateway.ledger.HoldOutcome;
import dev.tollgate.gateway.ledger.HoldRequest;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Settled;
import dev.tollgate.gateway.ledger.Tokens;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The money of one request: a hold, then its capture, both durable in a SQLite file in the working
 * directory.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class LedgerPieces {
  private static final String PROJECT = "prj_bench";
  private static final Money HELD = Money.parse("0.01");
  private static final Money COST = Money.parse("0.000385");
  private static final int MANY = 32;

  private final AtomicLong requests = new AtomicLong();
  private final Path directory = newDirectory();
  private final JdbcStores stores =
      JdbcStores.openForServer(
          new DatabaseOptions(directory.resolve("bench.db")), null, Duration.ofSeconds(30));

  private static Path newDirectory() {
    try {
      return Files.createTempDirectory(Path.of("").toAbsolutePath(), "ledger");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes a project that can pay. */
  @Setup
  public void credit() {
    stores
        .keyAdmin()
        .insertProject(new Project(PROJECT, "bench", true, null, Markup.NONE, Instant.EPOCH));
    var unused =
        stores
            .ledger()
            .credit(new Credit("credit", PROJECT, Money.parse("1000000"), "", Instant.now()));
  }

  /** Removes the database. */
  @TearDown
  public void close() throws IOException {
    stores.close();
    try (var files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }

  /** By one request at a time. */
  @Benchmark
  @Threads(1)
  public Settled holdAndCapture() {
    return pay();
  }

  /** By many at once, which share their commits. */
  @Benchmark
  @Threads(MANY)
  public Settled holdAndCaptureOfMany() {
    return pay();
  }

  private Settled pay() {
    String id = "req_" + requests.incrementAndGet();
    HoldOutcome outcome =
        stores
            .ledger()
            .hold(
                new HoldRequest(
                    id,
                    PROJECT,
                    "tg_bench",
                    HELD,
                    HoldMode.BOUNDED,
                    Markup.NONE,
                    "openai/gpt-4o-mini",
                    "",
                    null,
                    Instant.now()))
            .toCompletableFuture()
            .join();
    if (!(outcome instanceof HoldOutcome.Held)) {
      throw new IllegalStateException("not held: " + outcome);
    }
    return stores
        .ledger()
        .capture(
            new Capture(
                id,
                COST,
                COST,
                "0.000385",
                Set.of(),
                new Tokens(24, 100),
                null,
                "gen-" + id,
                Instant.now()))
        .toCompletableFuture()
        .join();
  }
}
