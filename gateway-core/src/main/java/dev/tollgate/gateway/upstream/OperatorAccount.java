package dev.tollgate.gateway.upstream;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.exchange.UpstreamTarget;
import dev.tollgate.gateway.json.Json;
import dev.tollgate.gateway.metrics.GatewayMetrics;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.math.BigDecimal;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.eclipse.jetty.client.ContentResponse;

/**
 * Monitor that reports when the upstream rejects the operator's key or account. A 401 is
 * conclusive. A 402 may be about one large request, so the upstream is asked for the remaining
 * credits: {@code GET /key} gives the key's limit, {@code GET /credits} the account's credits
 * (OpenRouter's API reference). If neither answers, the account counts as out of credits once a
 * minute has passed without a paid answer. Safe for use by many threads.
 */
public final class OperatorAccount {
  private static final Logger LOG = System.getLogger(OperatorAccount.class.getName());
  private static final int OK = 200;
  private static final int SUCCESSES_END = 300;
  private static final int UNAUTHORIZED = 401;
  private static final int PAYMENT_REQUIRED = 402;
  private static final int MAX_BYTES = 64 << 10;
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  /** Delay before the key is tried again at start, if the upstream did not answer. */
  private static final Duration RETRY = Duration.ofSeconds(30);

  /** Least time between two requests for the remaining credits. */
  private static final Duration ASKING = Duration.ofSeconds(10);

  /** Least time between two log lines about the account. */
  private static final Duration REMINDER = Duration.ofMinutes(1);

  /** How long a paid answer proves that the account has credits. */
  private static final Duration PAID_LATELY = Duration.ofMinutes(1);

  private final UpstreamClient upstream;
  private final UpstreamTarget target;
  private final boolean namesLimits;
  private final GatewayMetrics metrics;
  private final LongSupplier nanoTime;
  private final ScheduledExecutorService scheduler;
  private final AtMostEvery questions;
  private final AtMostEvery reminders;
  private volatile long paidAtNanos;
  // Result of the last request for the remaining credits.
  private volatile boolean outOfCredits;

  /**
   * @param namesLimits whether the upstream has {@code GET /key}
   * @param metrics is notified; must not throw
   * @param nanoTime the clock, as {@link System#nanoTime}
   * @param scheduler runs the parsing of answers
   */
  public OperatorAccount(
      UpstreamClient upstream,
      UpstreamTarget target,
      boolean namesLimits,
      GatewayMetrics metrics,
      LongSupplier nanoTime,
      ScheduledExecutorService scheduler) {
    this.upstream = upstream;
    this.target = target;
    this.namesLimits = namesLimits;
    this.metrics = metrics;
    this.nanoTime = nanoTime;
    this.scheduler = scheduler;
    this.questions = new AtMostEvery(ASKING, nanoTime);
    this.reminders = new AtMostEvery(REMINDER, nanoTime);
    this.paidAtNanos = nanoTime.getAsLong() - PAID_LATELY.toNanos();
  }

  /** Tries the key, and retries until the upstream has answered once. */
  public void start() {
    Secret key = target.defaultKey();
    if (key != null) {
      var unused =
          get(namesLimits ? "/key" : "/models", key).thenAcceptAsync(this::tried, scheduler);
    }
  }

  private void tried(Optional<ContentResponse> answer) {
    if (answer.isEmpty()) {
      try {
        var unused = scheduler.schedule(this::start, RETRY.toMillis(), TimeUnit.MILLISECONDS);
      } catch (RejectedExecutionException e) {
        // The gateway is closed.
      }
    } else if (answer.get().getStatus() == UNAUTHORIZED) {
      refused(UNAUTHORIZED);
    } else if (isNothing(limitRemaining(answer))) {
      refused(PAYMENT_REQUIRED);
    }
  }

  /**
   * Notes the upstream's answer to a request that was sent with the operator's key.
   *
   * @param metered whether the upstream charges for the request
   */
  public void answered(int status, boolean metered) {
    if (status == UNAUTHORIZED) {
      refused(UNAUTHORIZED);
    } else if (metered && status >= OK && status < SUCCESSES_END) {
      paidAtNanos = nanoTime.getAsLong();
      if (outOfCredits) {
        outOfCredits = false;
      }
    }
  }

  /**
   * Notes a 402 answer. Where the gateway has read the answer's body, the body does not blame the
   * request alone.
   */
  public void paymentRequired() {
    Secret key = target.defaultKey();
    if (key == null) {
      return;
    }
    if (!questions.isDue()) {
      if (outOfCredits) {
        refused(PAYMENT_REQUIRED);
      }
    } else {
      var unused =
          get("/key", key)
              .thenCombineAsync(
                  get("/credits", key),
                  (limit, credits) -> {
                    judge(limitRemaining(limit), creditsRemaining(credits));
                    return true;
                  },
                  scheduler);
    }
  }

  /** An empty value is unknown. */
  private void judge(Optional<BigDecimal> limit, Optional<BigDecimal> credits) {
    boolean paidLately = nanoTime.getAsLong() - paidAtNanos < PAID_LATELY.toNanos();
    boolean told = limit.isPresent() || credits.isPresent();
    outOfCredits = isNothing(limit) || isNothing(credits) || (!told && !paidLately);
    if (outOfCredits) {
      refused(PAYMENT_REQUIRED);
    } else if (!paidLately && reminders.isDue()) {
      LOG.log(
          Level.WARNING,
          "the upstream answered 402, although the operator''s key has {0} USD left and the account"
              + " {1} USD",
          limit.map(BigDecimal::toPlainString).orElse("?"),
          credits.map(BigDecimal::toPlainString).orElse("?"));
    }
  }

  private void refused(int status) {
    metrics.operatorAccountRefused(status);
    if (reminders.isDue()) {
      LOG.log(
          Level.ERROR,
          status == UNAUTHORIZED
              ? "THE UPSTREAM DOES NOT ACCEPT THE OPERATOR'S KEY (401): no project without a key of"
                  + " its own is served until tollgate.upstream.key is a valid one"
              : "THE OPERATOR'S ACCOUNT AT THE UPSTREAM IS OUT OF CREDITS (402): no project without"
                  + " a key of its own is served until it is recharged");
    }
  }

  /** Completes with an empty value if the call fails. */
  private CompletableFuture<Optional<ContentResponse>> get(String path, Secret key) {
    return upstream
        .get(URI.create(target.baseUrl() + path), key, TIMEOUT, MAX_BYTES)
        .handle((answer, failure) -> Optional.ofNullable(answer));
  }

  private static Optional<BigDecimal> limitRemaining(Optional<ContentResponse> answer) {
    return number(data(answer).path("limit_remaining"));
  }

  private static Optional<BigDecimal> creditsRemaining(Optional<ContentResponse> answer) {
    JsonNode data = data(answer);
    return number(data.path("total_credits"))
        .flatMap(credits -> number(data.path("total_usage")).map(usage -> credits.subtract(usage)));
  }

  private static JsonNode data(Optional<ContentResponse> answer) {
    if (answer.isEmpty() || answer.get().getStatus() != OK) {
      return Json.mapper().missingNode();
    }
    try {
      JsonNode read = Json.mapper().readTree(answer.get().getContent());
      return read == null ? Json.mapper().missingNode() : read.path("data");
    } catch (IOException e) {
      return Json.mapper().missingNode();
    }
  }

  private static Optional<BigDecimal> number(JsonNode node) {
    return node.isNumber() && Double.isFinite(node.asDouble())
        ? Optional.of(BigDecimal.valueOf(node.asDouble()))
        : Optional.empty();
  }

  private static boolean isNothing(Optional<BigDecimal> left) {
    return left.filter(amount -> amount.signum() <= 0).isPresent();
  }
}
