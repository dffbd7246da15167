package dev.tollgate.gateway.metrics;

import dev.tollgate.gateway.metrics.Histogram.Buckets;
import dev.tollgate.gateway.metrics.MetricRegistry.Family;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;

/**
 * Counters and histograms of a gateway's exchanges. Where OpenTelemetry's conventions for
 * generative AI define a name, it is used in Prometheus' spelling; other names are Tollgate's own.
 * The end of an exchange costs one look-up and a few additions, because exchanges with equal labels
 * share their counters.
 */
public final class ExchangeMetrics implements GatewayMetrics {
  private static final double NANOS = 1e9;

  /** OpenTelemetry's buckets for durations, plus longer ones: a model may think for minutes. */
  private static final Buckets SECONDS =
      Buckets.of(
          NANOS, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96,
          81.92, 163.84, 327.68, 655.36);

  /** OpenTelemetry's buckets for the time to the first token, plus longer ones. */
  private static final Buckets FIRST_SECONDS =
      Buckets.of(
          NANOS, 0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5,
          10, 30, 60, 120, 300);

  /** OpenTelemetry's buckets for numbers of tokens. */
  private static final Buckets TOKENS =
      Buckets.of(
          1, 1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216,
          67108864);

  private static final String NONE = "-";
  private static final String REFUSED = "refused";
  private static final String OTHER = "other";
  private static final String OPERATION = "gen_ai_operation_name";
  private static final String PROVIDER = "gen_ai_provider_name";

  /**
   * The statuses with their own label. An upstream may send any status, so the others are grouped
   * by class.
   */
  private static final Set<Integer> STATUSES =
      Set.of(
          200, 201, 204, 206, 301, 302, 304, 307, 400, 401, 402, 403, 404, 405, 408, 409, 413, 422,
          429, 500, 502, 503, 504, 529);

  private final String provider;
  private final LongAdder opened = new LongAdder();
  private final LongAdder ended = new LongAdder();
  private final Map<Kind, List<Consumer<ExchangeEnd>>> series = new ConcurrentHashMap<>();
  private final Family<Counter> requests;
  private final Family<Counter> requestBytes;
  private final Family<Counter> responseBytes;
  private final Family<Counter> refusals;
  private final Family<Histogram> firstByte;
  private final Family<Histogram> streams;
  private final Family<Histogram> operations;
  private final Family<Histogram> firstToken;
  private final Family<Histogram> tokens;
  private final Counter retries;
  private final Counter circuitOpenings;
  private final Family<Counter> accountRefusals;
  private volatile boolean circuitOpen;

  /** The labels that exchanges with shared counters have in common. */
  private record Kind(
      String route,
      String flavor,
      String operation,
      boolean streamed,
      String outcome,
      String status) {}

  /**
   * @param registry gets the metrics
   * @param provider the kind of upstream in one word
   * @param refusalCodes the codes of all refusals; each is shown from the start, so that the first
   *     refusal is an increase
   */
  public ExchangeMetrics(MetricRegistry registry, String provider, Set<String> refusalCodes) {
    this.provider = provider;
    registry.gauge(
        "tollgate_open_exchanges",
        "Requests that have come and not ended yet.",
        samples -> samples.add(openExchanges()));
    requests =
        registry.counters(
            "tollgate_requests_total",
            "Requests that have ended.",
            "route",
            "flavor",
            "outcome",
            "status");
    requestBytes =
        registry.counters(
            "tollgate_request_body_bytes_total", "Bytes of body that clients sent.", "route");
    responseBytes =
        registry.counters(
            "tollgate_response_body_bytes_total",
            "Bytes of body that were written to clients.",
            "route");
    refusals = registry.counters("tollgate_refusals_total", "Refusals by their code.", "code");
    refusalCodes.forEach(refusals::with);
    firstByte =
        registry.histograms(
            "tollgate_time_to_first_byte_seconds",
            "From the request to the first byte of an answer's body; without refusals.",
            FIRST_SECONDS,
            "route");
    streams =
        registry.histograms(
            "tollgate_stream_duration_seconds",
            "From the first byte of an event stream's body to its end.",
            SECONDS,
            "route",
            "outcome");
    operations =
        registry.histograms(
            "gen_ai_server_request_duration_seconds",
            "From a metered request to the end of its answer.",
            SECONDS,
            OPERATION,
            PROVIDER,
            "error_type");
    firstToken =
        registry.histograms(
            "gen_ai_server_time_to_first_token_seconds",
            "From a metered request to the first generated content of its event stream.",
            FIRST_SECONDS,
            OPERATION,
            PROVIDER);
    tokens =
        registry.histograms(
            "gen_ai_client_token_usage",
            "Tokens of a metered request, as the upstream counted them.",
            TOKENS,
            OPERATION,
            PROVIDER,
            "gen_ai_token_type");
    retries =
        registry.counter(
            "tollgate_upstream_retries_total",
            "Requests tried on another connection since none could be had.");
    circuitOpenings =
        registry.counter(
            "tollgate_upstream_circuit_openings_total",
            "How often the upstream was given up for a while.");
    registry.gauge(
        "tollgate_upstream_circuit_open",
        "1 while the upstream counts as not reachable and requests are refused at once.",
        samples -> samples.add(circuitOpen ? 1 : 0));
    accountRefusals =
        registry.counters(
            "tollgate_operator_account_refused_total",
            "How often the upstream refused the operator's own account.",
            "status");
    accountRefusals.with("401");
    accountRefusals.with("402");
  }

  /** The updates for the end of one kind of exchange. Each child of a family is looked up once. */
  private List<Consumer<ExchangeEnd>> series(Kind kind) {
    Counter count = requests.with(kind.route, kind.flavor, kind.outcome, kind.status);
    Counter in = requestBytes.with(kind.route);
    Counter out = responseBytes.with(kind.route);
    List<Consumer<ExchangeEnd>> series = new ArrayList<>();
    series.add(end -> count.increment());
    series.add(end -> in.add(end.requestBytes()));
    series.add(end -> out.add(end.responseBytes()));
    if (!kind.outcome.equals(REFUSED)) {
      series.add(recording(ExchangeEnd::firstByteNanos, firstByte.with(kind.route)));
    }
    if (kind.streamed) {
      series.add(recording(ExchangeMetrics::streamNanos, streams.with(kind.route, kind.outcome)));
    }
    String operation = kind.operation;
    if (!operation.equals(NONE)) {
      Histogram duration = operations.with(operation, provider, errorType(kind));
      series.add(recording(ExchangeEnd::totalNanos, duration));
      series.add(recording(ExchangeEnd::firstTokenNanos, firstToken.with(operation, provider)));
      series.add(recording(ExchangeEnd::promptTokens, tokens.with(operation, provider, "input")));
      series.add(
          recording(ExchangeEnd::completionTokens, tokens.with(operation, provider, "output")));
    }
    return List.copyOf(series);
  }

  /** Records a value, unless it is negative, which means unknown. */
  private static Consumer<ExchangeEnd> recording(
      ToLongFunction<ExchangeEnd> value, Histogram histogram) {
    return end -> {
      long known = value.applyAsLong(end);
      if (known >= 0) {
        histogram.record(known);
      }
    };
  }

  private static long streamNanos(ExchangeEnd end) {
    return end.firstByteNanos() < 0 ? -1 : end.totalNanos() - end.firstByteNanos();
  }

  /**
   * The label for an error: the status of an error response, or the outcome of a broken exchange;
   * empty on success.
   */
  private static String errorType(Kind kind) {
    if (kind.outcome.equals(REFUSED) || kind.outcome.equals("complete")) {
      return kind.status.startsWith("4") || kind.status.startsWith("5") ? kind.status : "";
    }
    return kind.outcome;
  }

  private static String statusWord(int status) {
    if (status == 0) {
      return NONE;
    }
    if (STATUSES.contains(status)) {
      return Integer.toString(status);
    }
    return status >= 100 && status < 600 ? status / 100 + "xx" : OTHER;
  }

  private long openExchanges() {
    // Read ended first: an exchange that opens and ends in between must not make the result
    // negative.
    long gone = ended.sum();
    return Math.max(0, opened.sum() - gone);
  }

  @Override
  public void exchangeOpened() {
    opened.increment();
  }

  @Override
  public void exchangeEnded(ExchangeEnd end) {
    ended.increment();
    Kind kind =
        new Kind(
            end.route(),
            end.flavor(),
            end.operation(),
            end.streamed(),
            end.outcome(),
            statusWord(end.status()));
    series.computeIfAbsent(kind, this::series).forEach(each -> each.accept(end));
    String code = end.refusalCode();
    if (code != null) {
      refusals.with(code).increment();
    }
  }

  @Override
  public void upstreamRetried() {
    retries.increment();
  }

  @Override
  public void upstreamCircuitChanged(boolean open) {
    circuitOpen = open;
    if (open) {
      circuitOpenings.increment();
    }
  }

  @Override
  public void operatorAccountRefused(int status) {
    accountRefusals
        .with(status == 401 || status == 402 ? Integer.toString(status) : OTHER)
        .increment();
  }
}
