package dev.tollgate.gateway.flavor;

import dev.tollgate.gateway.http.Header;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Period;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The reason for a refusal. The code that decides the refusal creates it, and the request's {@link
 * Flavor} renders it. Immutable.
 *
 * @param kind the kind of refusal
 * @param text the message for the caller
 * @param headers headers of the response, such as {@code Retry-After}
 * @param available the available balance, if it is too low; null for any other refusal
 */
public record GatewayError(
    Kind kind, String text, List<Header> headers, @Nullable Money available) {
  // OpenAI's error types.
  private static final String INVALID_REQUEST = "invalid_request_error";
  private static final String AUTHENTICATION = "authentication_error";
  private static final String PERMISSION = "permission_error";
  private static final String CREDITS = "insufficient_credits";
  private static final String API = "api_error";

  /** All refusals: code, HTTP status, OpenAI's type and text. */
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
    /** Used where keys and projects are changed: by the admin API and the routes for keys. */
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

    /** The code in logs and metrics: unique, and stable between versions. */
    public String code() {
      return code;
    }

    /** The HTTP status in PinMe's dialect. */
    int status() {
      return status;
    }

    /** OpenAI's {@code type}. */
    String type() {
      return type;
    }

    /** OpenAI's {@code code}. It does not distinguish an unknown key from another project's key. */
    String openAiCode() {
      return this == INVALID_KEY_OR_PROJECT ? INVALID_KEY.code : code;
    }

    /** Whether the refusal is about money. */
    boolean isForMoney() {
      return this == INSUFFICIENT_BALANCE || this == SPENDING_LIMIT;
    }
  }

  private static final long KILOBYTE = 1L << 10;
  private static final long MEGABYTE = 1L << 20;

  /** Tells the OpenAI SDKs not to retry, because a retry could be billed a second time. */
  private static final Header NO_RETRY = new Header("x-should-retry", "false");

  /** Copies the headers. */
  public GatewayError {
    headers = List.copyOf(headers);
  }

  /** A refusal with the text of its kind. */
  public static GatewayError of(Kind kind) {
    return of(kind, "");
  }

  private static GatewayError of(Kind kind, String detail, Header... headers) {
    return new GatewayError(kind, kind.text + detail, List.of(headers), null);
  }

  /**
   * The project has too many open requests. The next one to end makes room, at an unknown time, so
   * the client is told to retry in a second.
   */
  public static GatewayError tooManyAtOnce() {
    return rateLimited(Duration.ofSeconds(1));
  }

  /**
   * The request rate is too high.
   *
   * @param wait the expected time until the next request is allowed
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
   * @param available the available balance, which is too low
   */
  public static GatewayError insufficientBalance(Money available) {
    Kind kind = Kind.INSUFFICIENT_BALANCE;
    return new GatewayError(kind, kind.text, List.of(), available);
  }

  /**
   * The project's list of models does not contain the model.
   *
   * @param model the model's name, from the client
   */
  public static GatewayError modelNotAllowed(String model) {
    return of(Kind.MODEL_NOT_ALLOWED, ": " + model);
  }

  /**
   * A resource below a known path does not exist.
   *
   * @param what the message, in one line
   */
  public static GatewayError notFound(String what) {
    return new GatewayError(Kind.NOT_FOUND, what, List.of(), null);
  }

  /** The project has no such generation. */
  public static GatewayError generationNotFound() {
    return notFound("Generation not found");
  }

  /**
   * A change contradicts the present state.
   *
   * @param why the message, in one line
   */
  public static GatewayError conflict(String why) {
    return new GatewayError(Kind.CONFLICT, why, List.of(), null);
  }

  /**
   * The body exceeds the limit.
   *
   * @param maxBytes the limit; a whole number of MiB or KiB is shown as {@code 1MB} or {@code 1KB}
   */
  public static GatewayError bodyTooLarge(long maxBytes) {
    String max =
        maxBytes % MEGABYTE == 0
            ? maxBytes / MEGABYTE + "MB"
            : maxBytes % KILOBYTE == 0 ? maxBytes / KILOBYTE + "KB" : maxBytes + " bytes";
    return bodyTooLarge(max);
  }

  /**
   * The body exceeds the limit, for an interface that words the limit itself.
   *
   * @param max the limit, such as {@code 64 KiB}
   */
  public static GatewayError bodyTooLarge(String max) {
    return of(Kind.BODY_TOO_LARGE, " (max " + max + ")");
  }

  /** WebSocket is not supported. Clients fall back to HTTP at once (RFC 9110 15.5.22). */
  public static GatewayError upgradeRequired() {
    // Connection must list the headers that concern this connection only (RFC 9110 7.8).
    return of(
        Kind.UPGRADE_REQUIRED,
        "",
        new Header("Upgrade", "HTTP/1.1"),
        new Header("Connection", "Upgrade"));
  }

  /**
   * A spending cap is reached.
   *
   * @param period the cap's period
   * @param resetsAt the end of the period; null: it has none
   */
  public static GatewayError spendingLimit(Period period, @Nullable Instant resetsAt) {
    return of(
        Kind.SPENDING_LIMIT,
        " (" + period + ")" + (resetsAt == null ? "" : ", resets at " + resetsAt));
  }

  /**
   * The gateway shuts down before the upstream has answered.
   *
   * @param dispatched whether the upstream may have received the request
   */
  public static GatewayError stopped(boolean dispatched) {
    return dispatched ? of(Kind.UNAVAILABLE, "", retryAfter("1"), NO_RETRY) : unavailable(1);
  }

  /**
   * The upstream gave no answer that can be relayed.
   *
   * @param dispatched whether the upstream may have received the request
   */
  public static GatewayError upstreamUnavailable(boolean dispatched) {
    Kind kind = Kind.UPSTREAM_UNAVAILABLE;
    return dispatched ? of(kind, "", NO_RETRY) : of(kind);
  }

  /**
   * The gateway cannot serve the request now.
   *
   * @param retryAfterSeconds the time to wait before a retry, at least 1
   */
  public static GatewayError unavailable(int retryAfterSeconds) {
    return unavailable(Integer.toString(retryAfterSeconds));
  }

  /**
   * The gateway cannot serve the request now, and the upstream has said when to retry.
   *
   * @param retryAfter the value of the upstream's {@code Retry-After}
   */
  public static GatewayError unavailable(String retryAfter) {
    return of(Kind.UNAVAILABLE, "", retryAfter(retryAfter));
  }

  /**
   * The path exists, but only for other methods.
   *
   * @param allow the value of the {@code Allow} header (RFC 9110 10.2.1)
   */
  public static GatewayError methodNotAllowed(String allow) {
    return of(Kind.METHOD_NOT_ALLOWED, "", new Header("Allow", allow));
  }

  /**
   * A part of the request is malformed.
   *
   * @param what the part or its fault, in a few words; a value from the client is quoted in one
   *     short line
   */
  public static GatewayError malformed(String what) {
    return of(Kind.MALFORMED_REQUEST, ": " + what);
  }

  /**
   * The idempotency key was used before.
   *
   * @param id the id of the request that used the key first
   */
  public static GatewayError duplicateRequest(String id) {
    return of(Kind.DUPLICATE_REQUEST, ": " + id, NO_RETRY);
  }
}
