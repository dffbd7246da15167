package dev.tollgate.benchmark;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.CachingKeyStore;
import dev.tollgate.gateway.account.KeyFingerprint;
import dev.tollgate.gateway.account.KeyStore;
import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.exchange.AccessLog;
import dev.tollgate.gateway.exchange.Exchange;
import dev.tollgate.gateway.exchange.Outcome;
import dev.tollgate.gateway.exchange.RequestScope;
import dev.tollgate.gateway.exchange.Route;
import dev.tollgate.gateway.flavor.Flavor;
import dev.tollgate.gateway.http.Header;
import dev.tollgate.gateway.http.RequestHeaders;
import dev.tollgate.gateway.http.ResponseHeaders;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Tokens;
import dev.tollgate.gateway.metrics.ExchangeEnd;
import dev.tollgate.gateway.metrics.ExchangeMetrics;
import dev.tollgate.gateway.metrics.GatewayMetrics;
import dev.tollgate.gateway.metrics.GuardedMetrics;
import dev.tollgate.gateway.metrics.MetricRegistry;
import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
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
import org.openjdk.jmh.annotations.Warmup;

/**
 * What every request goes through, whatever is asked for. Samples: their median is the same on a
 * machine that does other things, too.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class RequestPieces {
  private static final String KEY = "tg_0123456789abcdef_" + "k".repeat(43);
  private static final int OK = 200;
  private static final Money COST = Money.parse("0.000385");

  private final RequestHeaders headers = new RequestHeaders(List.of());
  private final PlainRequest request = new PlainRequest();
  private final PlainResponse response = new PlainResponse();
  private final List<Header> answered =
      List.of(
          new Header("Date", "Mon, 01 Jun 2026 12:00:00 GMT"),
          new Header("Content-Type", "text/event-stream"),
          new Header("Transfer-Encoding", "chunked"),
          new Header("Connection", "keep-alive"),
          new Header("CF-RAY", "9a0b1c2d3e4f5061-FRA"),
          new Header("Access-Control-Allow-Origin", "*"),
          new Header("Cache-Control", "no-cache"),
          new Header("X-Generation-Id", "gen-1750000000-0123456789abcdefABCD"));
  private final ScheduledExecutorService log = Executors.newSingleThreadScheduledExecutor();
  private final RequestScope scope =
      new RequestScope(new GuardedMetrics(), new AccessLog(AccessLog.Format.TEXT, log), 100);
  private final GatewayMetrics metrics =
      new ExchangeMetrics(new MetricRegistry(), "openrouter", Set.of());
  private final ExchangeEnd end =
      new ExchangeEnd(
          "POST",
          "/api/v1/chat/completions",
          "openai",
          "chat",
          true,
          OK,
          "complete",
          null,
          200,
          25_000,
          300_000_000,
          310_000_000,
          2_300_000_000L,
          385_000,
          24,
          100);
  private final Principal principal =
      new Principal(
          new Project("prj_bench", "bench", true, null, Markup.NONE, Instant.EPOCH),
          new ApiKey("tg_01234567", "prj_bench", Instant.EPOCH, null, null));
  private final CachingKeyStore keys =
      new CachingKeyStore(
          new KeyStore() {
            @Override
            public Optional<Principal> find(KeyFingerprint fingerprint) {
              return Optional.of(principal);
            }

            @Override
            public long changeCounter() {
              return 1;
            }
          },
          () -> 0);

  /** The log goes through all of its back end but the write to a file. */
  @Setup
  public void writeTheLogNowhere() {
    System.setErr(new PrintStream(OutputStream.nullOutputStream()));
  }

  /** Ends the thread of the log. */
  @TearDown
  public void close() {
    log.shutdownNow();
  }

  /** The client's headers that go upstream. */
  @Benchmark
  public List<Header> headersOfARequest() {
    return headers.select(request, true, false);
  }

  /** The upstream's headers that go to the client. */
  @Benchmark
  public int headersOfAnAnswer() {
    ResponseHeaders.copy(answered, response, OK);
    return response.count();
  }

  /** From a secret to its principal, which the cache has. */
  @Benchmark
  public Optional<Principal> principalOfAKey() {
    return keys.find(KeyFingerprint.of(KEY));
  }

  /** An exchange that is opened and finished; its line is written by a thread of the log's. */
  @Benchmark
  public boolean exchange() {
    Route.Match match = Route.find("POST", "/api/v1/chat/completions");
    Route route = match instanceof Route.Match.Found found ? found.route() : Route.NONE;
    Exchange exchange = scope.open(request, route, Flavor.of(route.path(), request));
    scope.authenticate(request, principal);
    exchange.stats().setRequestBytes(200);
    exchange.stats().setStatus(OK);
    exchange.stats().addResponseBytes(1_024);
    exchange.stats().setModel("openai/gpt-4o-mini");
    exchange.stats().setCharge(COST, COST, new Tokens(24, 100));
    boolean decided = exchange.decide(Outcome.COMPLETE);
    exchange.finish();
    return decided;
  }

  /** What the metrics do for one exchange. */
  @Benchmark
  public ExchangeEnd metricsOfAnExchange() {
    metrics.exchangeOpened();
    metrics.exchangeEnded(end);
    return end;
  }
}
