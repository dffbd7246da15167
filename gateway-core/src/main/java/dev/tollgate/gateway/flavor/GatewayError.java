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
 * @param kind which refusal
 * @param text what the caller reads
 * @param headers what goes with it, such as {@code Retry-After}
 * @param available what the project may spend, where it is too little; null: that is not the matter
 */
public record GatewayError(
    Kind kind, String text, List<Header> headers, @Nullable Money available) {
  // OpenAI's types of errors.
  private static final String INVALID_REQUEST = "invalid_request_error";
  private static final String AUTHENTICATION = "authentication_error";
  private static final String PERMISSION = "permission_error";
  private static final String CREDITS = "insufficient_credits";
  private static final String API = "api_error";

  /** All refusals: the code, the HTTP status, OpenAI's type, the text. */
  public enum Kind {
    BODY_TOO_LARGE("request_too_large", 413, INVALID_REQUEST, "Request body too large"),
    MISSING_CREDENTIAL("missing_api_key", 401, AUTHENTICATION, "X-API-Key header is required"),
    MISSING_PROJECT_NAME("project_name_required", 400, INVALID_REQUEST, "project_name is required"),
    INVALID_KEY("invalid_api_key", 401, AUTHENTICATION, "Invalid API key"),
    INVALID_KEY_OR_PROJECT(
        "invalid_project", 401, AUTHENTICATION, "Invalid API key or project name"),
    NOT_CONFIGURED(
        "not_configured", 400, INVALID_REQUEST, "LLM service not configured for this project"),
    PROJECT_DISABLED(
        "project_disabled", 403, PERMISSION, "LLM service is disabled for this project"),
    RATE_LIMITED(
        "rate_limit_exceeded", 429, "rate_limit_error", "Rate limit exceeded, please retry later"),
    INSUFFICIENT_BALANCE(
        "insufficient_credits",
        403,
        CREDITS,
        "Insufficient balance, please recharge to continue using LLM service"),
    REQUEST_BUILD_FAILED("request_build_failed", 500, API, "Failed to build request"),
    UPSTREAM_UNAVAILABLE("upstream_unavailable", 502, API, "LLM service unavailable"),
    UNAVAILABLE("unavailable", 503, API, "Service temporarily unavailable"),
    MODEL_NOT_ALLOWED("model_not_allowed", 403, PERMISSION, "Model not allowed for this project"),
    NOT_FOUND("not_found", 404, INVALID_REQUEST, "Not found"),
    METHOD_NOT_ALLOWED("method_not_allowed", 405, INVALID_REQUEST, "Method not allowed"),
    MALFORMED_REQUEST("malformed_request", 400, INVALID_REQUEST, "Malformed request"),
    DUPLICATE_REQUEST("duplicate_request", 409, INVALID_REQUEST, "Duplicate request"),
    SPENDING_LIMIT("spending_limit_reached", 403, CREDITS, "Spending limit reached"),
    UPGRADE_REQUIRED(
        "upgrade_required", 426, INVALID_REQUEST, "WebSocket is not supported, use HTTP"),
    /** Of the admin API alone. */
    CONFLICT("conflict", 409, INVALID_REQUEST, "Conflict");

    private final String code;
    private final int status;
    private final String type;
    private final String text;

    Kind(String code, int status, String type, String text) {
      this.code = code;
      this.status = status;
      this.type = type;
      this.text = text;
    }

    /** The name of the refusal in logs and metrics: unique, and stable between versions. */
    public String code() {
      return code;
    }

    /** The HTTP status, in PinMe's dialect. */
    int status() {
      return status;
    }

    /** OpenAI's {@code type}. */
    String type() {
      return type;
    }

    /** OpenAI's {@code code}. It does not tell an unknown key from a key of another project. */
    String openAiCode() {
      return this == INVALID_KEY_OR_PROJECT ? INVALID_KEY.code : code;
    }

    /** Whether more money would help. */
    boolean isForMoney() {
      return this == INSUFFICIENT_BALANCE || this == SPENDING_LIMIT;
    }
  }

  private static final long KILOBYTE = 1L << 10;
  private static final long MEGABYTE = 1L << 20;

  /** Tells the OpenAI SDKs not to send the request again: that could be billed a second time. */
  private static final Header NO_RETRY = new Header("x-should-retry", "false");

  /** Copies the headers. */
  public GatewayError {
    headers = List.copyOf(headers);
  }

  /** A refusal that its kind says everything about. */
  public static GatewayError of(Kind kind) {
    return of(kind, "");
  }

  private static GatewayError of(Kind kind, String detail, Header... headers) {
    return new GatewayError(kind, kind.text + detail, List.of(headers), null);
  }

  /**
   * Too many requests of the project are open. The end of another request makes room; that moment
   * cannot be known, so the client is told to come back in a second.
   */
  public static GatewayError tooManyAtOnce() {
    return rateLimited(Duration.ofSeconds(1));
  }

  /**
   * Too many requests.
   *
   * @param wait after which one more request would be let in, as far as can be known
   */
  public static GatewayError rateLimited(Duration wait) {
    long millis = Math.max(1, wait.plusNanos(999_999).toMillis());
    return of(
        Kind.RATE_LIMITED,
        "",
        retryAfter(Long.toString((millis + 999) / 1000)),
        new Header("Retry-After-Ms", Long.toString(millis)));
  }

  private static Header retryAfter(String value) {
    return new Header("Retry-After", value);
  }

  /**
   * The balance does not cover the hold.
   *
   * @param available what the project may spend; it is too little
   */
  public static GatewayError insufficientBalance(Money available) {
    Kind kind = Kind.INSUFFICIENT_BALANCE;
    return new GatewayError(kind, kind.text, List.of(), available);
  }

  /**
   * The project's list of models lacks this one.
   *
   * @param model of the client's making
   */
  public static GatewayError modelNotAllowed(String model) {
    return of(Kind.MODEL_NOT_ALLOWED, ": " + model);
  }

  /**
   * Something below a path that is served is not there.
   *
   * @param what there is not, in one line
   */
  public static GatewayError notFound(String what) {
    return new GatewayError(Kind.NOT_FOUND, what, List.of(), null);
  }

  /** The project has no such generation. */
  public static GatewayError generationNotFound() {
    return notFound("Generation not found");
  }

  /**
   * A change of the admin API contradicts the present state.
   *
   * @param why in one line
   */
  public static GatewayError conflict(String why) {
    return new GatewayError(Kind.CONFLICT, why, List.of(), null);
  }

  /**
   * The body is larger than the limit.
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
   * The same, in the words of another interface.
   *
   * @param max such as {@code 64 KiB}
   */
  public static GatewayError bodyTooLarge(String max) {
    return of(Kind.BODY_TOO_LARGE, " (max " + max + ")");
  }

  /** A WebSocket is not served. Clients fall back to HTTP at once (RFC 9110 15.5.22). */
  public static GatewayError upgradeRequired() {
    // A header that is about the connection is named there (RFC 9110 7.8).
    return of(
        Kind.UPGRADE_REQUIRED,
        "",
        new Header("Upgrade", "HTTP/1.1"),
        new Header("Connection", "Upgrade"));
  }

  /**
   * A spending cap is reached.
   *
   * @param period of the cap
   * @param resetsAt when it is over
   */
  public static GatewayError spendingLimit(Period period, Instant resetsAt) {
    return of(Kind.SPENDING_LIMIT, " (" + period + "), resets at " + resetsAt);
  }

  /**
   * The gateway stops before the upstream has answered.
   *
   * @param dispatched whether the upstream may have got the request
   */
  public static GatewayError stopped(boolean dispatched) {
    return dispatched ? of(Kind.UNAVAILABLE, "", retryAfter("1"), NO_RETRY) : unavailable(1);
  }

  /**
   * The upstream gave no answer that can be relayed.
   *
   * @param dispatched whether the upstream may have got the request
   */
  public static GatewayError upstreamUnavailable(boolean dispatched) {
    Kind kind = Kind.UPSTREAM_UNAVAILABLE;
    return dispatched ? of(kind, "", NO_RETRY) : of(kind);
  }

  /**
   * The gateway cannot serve now.
   *
   * @param retryAfterSeconds when it is worth trying again, at least 1
   */
  public static GatewayError unavailable(int retryAfterSeconds) {
    return unavailable(Integer.toString(retryAfterSeconds));
  }

  /**
   * The same, where the upstream has said when it is worth trying again.
   *
   * @param retryAfter the value of the upstream's {@code Retry-After}
   */
  public static GatewayError unavailable(String retryAfter) {
    return of(Kind.UNAVAILABLE, "", retryAfter(retryAfter));
  }

  /**
   * The path is served by other methods.
   *
   * @param allow the value of the {@code Allow} header (RFC 9110 10.2.1)
   */
  public static GatewayError methodNotAllowed(String allow) {
    return of(Kind.METHOD_NOT_ALLOWED, "", new Header("Allow", allow));
  }

  /**
   * A part of the request is malformed.
   *
   * @param what which part, in a word or two of ours
   */
  public static GatewayError malformed(String what) {
    return of(Kind.MALFORMED_REQUEST, ": " + what);
  }

  /**
   * The idempotency key was used before.
   *
   * @param id of the request that had the idempotency key first
   */
  public static GatewayError duplicateRequest(String id) {
    return of(Kind.DUPLICATE_REQUEST, ": " + id, NO_RETRY);
  }
}
