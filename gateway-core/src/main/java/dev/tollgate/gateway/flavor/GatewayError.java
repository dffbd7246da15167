package dev.tollgate.gateway.flavor;

import dev.tollgate.gateway.http.Header;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Period;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why the gateway refuses a request: a value, made wherever the refusal is decided and rendered by
 * the request's {@link Flavor}. Immutable.
 *
 * @param kind the row of the table of refusals
 * @param text what the caller reads
 * @param headers what goes with it, such as {@code Retry-After}
 * @param available what the project may spend, where it is too little; null: that is not the matter
 */
public record GatewayError(
    Kind kind, String text, List<Header> headers, @Nullable Money available) {
  /**
   * The table of refusals: its row, the HTTP status, the text, OpenAI's {@code type} and {@code
   * code}.
   */
  public enum Kind {
    BODY_TOO_LARGE(1, 413, "Request body too large", "invalid_request_error", "request_too_large"),
    MISSING_CREDENTIAL(
        2, 401, "X-API-Key header is required", "authentication_error", "missing_api_key"),
    MISSING_PROJECT_NAME(
        3, 400, "project_name is required", "invalid_request_error", "missing_project_name"),
    INVALID_KEY(4, 401, "Invalid API key", "authentication_error", "invalid_api_key"),
    INVALID_KEY_OR_PROJECT(
        5, 401, "Invalid API key or project name", "authentication_error", "invalid_api_key"),
    NOT_CONFIGURED(
        6,
        400,
        "LLM service not configured for this project",
        "invalid_request_error",
        "not_configured"),
    PROJECT_DISABLED(
        7, 403, "LLM service is disabled for this project", "permission_error", "project_disabled"),
    RATE_LIMITED(
        8,
        429,
        "Rate limit exceeded, please retry later",
        "rate_limit_error",
        "rate_limit_exceeded"),
    INSUFFICIENT_BALANCE(
        9,
        403,
        "Insufficient balance, please recharge to continue using LLM service",
        "insufficient_credits",
        "insufficient_credits"),
    REQUEST_BUILD_FAILED(10, 500, "Failed to build request", "api_error", "request_build_failed"),
    UPSTREAM_UNAVAILABLE(11, 502, "LLM service unavailable", "api_error", "upstream_unavailable"),
    UNAVAILABLE(12, 503, "Service temporarily unavailable", "api_error", "unavailable"),
    MODEL_NOT_ALLOWED(
        13, 403, "Model not allowed for this project", "permission_error", "model_not_allowed"),
    NOT_FOUND(14, 404, "Not found", "invalid_request_error", "not_found"),
    METHOD_NOT_ALLOWED(
        15, 405, "Method not allowed", "invalid_request_error", "method_not_allowed"),
    MALFORMED_REQUEST(16, 400, "Malformed request", "invalid_request_error", "malformed_request"),
    DUPLICATE_REQUEST(17, 409, "Duplicate request", "invalid_request_error", "duplicate_request"),
    SPENDING_LIMIT(
        18, 403, "Spending limit reached", "insufficient_credits", "spending_limit_reached"),
    UPGRADE_REQUIRED(
        19,
        426,
        "WebSocket is not supported, use HTTP",
        "invalid_request_error",
        "upgrade_required"),
    CONFLICT(20, 409, "Conflict", "invalid_request_error", "conflict");

    private final int row;
    private final int status;
    private final String text;
    private final String type;
    private final String code;

    Kind(int row, int status, String text, String type, String code) {
      this.row = row;
      this.status = status;
      this.text = text;
      this.type = type;
      this.code = code;
    }

    /** The number of the row, as documented; it stands in the log line of a refused exchange. */
    public int row() {
      return row;
    }

    /** The HTTP status, in PinMe's dialect. */
    int status() {
      return status;
    }

    /** OpenAI's word for what is wrong. */
    String type() {
      return type;
    }

    /** OpenAI's word for what exactly is wrong. */
    String code() {
      return code;
    }

    /** Whether more money would help. */
    boolean isForMoney() {
      return this == INSUFFICIENT_BALANCE || this == SPENDING_LIMIT;
    }
  }

  private static final long KILOBYTE = 1L << 10;
  private static final long MEGABYTE = 1L << 20;

  /** Copies the headers. */
  public GatewayError {
    headers = List.copyOf(headers);
  }

  /** A refusal that its row says everything about. */
  public static GatewayError of(Kind kind) {
    return of(kind, kind.text);
  }

  private static GatewayError of(Kind kind, String text, Header... headers) {
    return new GatewayError(kind, text, List.of(headers), null);
  }

  /**
   * Row 8, where the end of another request makes room. When that will be cannot be known, so the
   * client is told to come back in a second.
   */
  public static GatewayError tooManyAtOnce() {
    return rateLimited(Duration.ofSeconds(1));
  }

  /**
   * Row 8.
   *
   * @param wait after which one more request would be let in, as far as can be known
   */
  public static GatewayError rateLimited(Duration wait) {
    Kind kind = Kind.RATE_LIMITED;
    long millis = Math.max(1, wait.plusNanos(999_999).toMillis());
    return of(
        kind,
        kind.text,
        new Header("Retry-After", Long.toString((millis + 999) / 1000)),
        new Header("Retry-After-Ms", Long.toString(millis)));
  }

  /**
   * Row 9.
   *
   * @param available what the project may spend; it is too little
   */
  public static GatewayError insufficientBalance(Money available) {
    Kind kind = Kind.INSUFFICIENT_BALANCE;
    return new GatewayError(kind, kind.text, List.of(), available);
  }

  /**
   * Row 13.
   *
   * @param model which one; of the client's making
   */
  public static GatewayError modelNotAllowed(String model) {
    Kind kind = Kind.MODEL_NOT_ALLOWED;
    return of(kind, kind.text + ": " + model);
  }

  /**
   * Row 14, where something below a path that is served is not there.
   *
   * @param what there is not, in one line
   */
  public static GatewayError notFound(String what) {
    return of(Kind.NOT_FOUND, what);
  }

  /**
   * Row 20, of the admin API alone.
   *
   * @param why it does not go with what there is, in one line
   */
  public static GatewayError conflict(String why) {
    return of(Kind.CONFLICT, why);
  }

  /**
   * Row 1.
   *
   * @param maxBytes what is accepted; told as {@code 1MB}, which is 1,048,576 bytes
   */
  public static GatewayError bodyTooLarge(long maxBytes) {
    String max =
        maxBytes % MEGABYTE == 0
            ? maxBytes / MEGABYTE + "MB"
            : maxBytes % KILOBYTE == 0 ? maxBytes / KILOBYTE + "KB" : maxBytes + " bytes";
    return bodyTooLarge(max);
  }

  /**
   * Row 1, in the words of another interface.
   *
   * @param max such as {@code 64 KiB}
   */
  public static GatewayError bodyTooLarge(String max) {
    Kind kind = Kind.BODY_TOO_LARGE;
    return of(kind, kind.text + " (max " + max + ")");
  }

  /** Row 14, where a generation was asked for. */
  public static GatewayError generationNotFound() {
    return of(Kind.NOT_FOUND, "Generation not found");
  }

  /** Row 19. Clients fall back to HTTP at once (RFC 9110 15.5.22). */
  public static GatewayError upgradeRequired() {
    Kind kind = Kind.UPGRADE_REQUIRED;
    // A header that is about the connection is named there (RFC 9110 7.8).
    return of(
        kind, kind.text, new Header("Upgrade", "HTTP/1.1"), new Header("Connection", "Upgrade"));
  }

  /**
   * Row 18.
   *
   * @param period of the cap
   * @param resetsAt when it is over
   */
  public static GatewayError spendingLimit(Period period, Instant resetsAt) {
    Kind kind = Kind.SPENDING_LIMIT;
    return of(kind, kind.text + " (" + period + "), resets at " + resetsAt);
  }

  /**
   * The gateway stops before the upstream has answered.
   *
   * @param dispatched whether the upstream may have got the request: a blind retry would be billed
   *     again
   */
  public static GatewayError stopped(boolean dispatched) {
    Kind kind = Kind.UNAVAILABLE;
    Header retryAfter = new Header("Retry-After", "1");
    return dispatched
        ? of(kind, kind.text, retryAfter, new Header("x-should-retry", "false"))
        : of(kind, kind.text, retryAfter);
  }

  /**
   * Row 11.
   *
   * @param dispatched whether the upstream may have got the request: then a blind retry could be
   *     billed again, and the OpenAI SDKs are told not to make one
   */
  public static GatewayError upstreamUnavailable(boolean dispatched) {
    Kind kind = Kind.UPSTREAM_UNAVAILABLE;
    return dispatched
        ? of(kind, kind.text, new Header("x-should-retry", "false"))
        : of(kind, kind.text);
  }

  /**
   * Row 12.
   *
   * @param retryAfterSeconds when it is worth trying again, at least 1
   */
  public static GatewayError unavailable(int retryAfterSeconds) {
    Kind kind = Kind.UNAVAILABLE;
    return of(kind, kind.text, new Header("Retry-After", Integer.toString(retryAfterSeconds)));
  }

  /**
   * Row 12, where the upstream has said when it is worth trying again.
   *
   * @param retryAfter the value of the upstream's {@code Retry-After}
   */
  public static GatewayError unavailable(String retryAfter) {
    Kind kind = Kind.UNAVAILABLE;
    return of(kind, kind.text, new Header("Retry-After", retryAfter));
  }

  /**
   * Row 15.
   *
   * @param allow the value of the {@code Allow} header (RFC 9110 10.2.1)
   */
  public static GatewayError methodNotAllowed(String allow) {
    Kind kind = Kind.METHOD_NOT_ALLOWED;
    return of(kind, kind.text, new Header("Allow", allow));
  }

  /**
   * Row 16.
   *
   * @param what the part of the request that is malformed, in a word or two of ours
   */
  public static GatewayError malformed(String what) {
    Kind kind = Kind.MALFORMED_REQUEST;
    return of(kind, kind.text + ": " + what);
  }

  /**
   * Row 17.
   *
   * @param id of the request that had the idempotency key first
   */
  public static GatewayError duplicateRequest(String id) {
    Kind kind = Kind.DUPLICATE_REQUEST;
    return of(kind, kind.text + ": " + id, new Header("x-should-retry", "false"));
  }
}
