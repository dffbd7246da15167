package dev.tollgate.gateway.flavor;

import dev.tollgate.gateway.http.Header;
import java.util.List;

/**
 * Why the gateway refuses a request: a value, made wherever the refusal is decided and rendered by
 * the request's {@link Flavor}. Immutable.
 *
 * @param kind the row of the table of refusals
 * @param text what the caller reads
 * @param headers what goes with it, such as {@code Retry-After}
 */
public record GatewayError(Kind kind, String text, List<Header> headers) {
  /** The table of refusals: its row, the HTTP status of it, the text. */
  public enum Kind {
    BODY_TOO_LARGE(1, 413, "Request body too large (max 1MB)"),
    MISSING_CREDENTIAL(2, 401, "X-API-Key header is required"),
    MISSING_PROJECT_NAME(3, 400, "project_name is required"),
    INVALID_KEY(4, 401, "Invalid API key"),
    INVALID_KEY_OR_PROJECT(5, 401, "Invalid API key or project name"),
    NOT_CONFIGURED(6, 400, "LLM service not configured for this project"),
    PROJECT_DISABLED(7, 403, "LLM service is disabled for this project"),
    INSUFFICIENT_BALANCE(
        9, 403, "Insufficient balance, please recharge to continue using LLM service"),
    REQUEST_BUILD_FAILED(10, 500, "Failed to build request"),
    UPSTREAM_UNAVAILABLE(11, 502, "LLM service unavailable"),
    UNAVAILABLE(12, 503, "Service temporarily unavailable"),
    NOT_FOUND(14, 404, "Not found"),
    METHOD_NOT_ALLOWED(15, 405, "Method not allowed"),
    MALFORMED_REQUEST(16, 400, "Malformed request"),
    DUPLICATE_REQUEST(17, 409, "Duplicate request");

    private final int row;
    private final int status;
    private final String text;

    Kind(int row, int status, String text) {
      this.row = row;
      this.status = status;
      this.text = text;
    }

    /** The number of the row, as documented; it stands in the log line of a refused exchange. */
    public int row() {
      return row;
    }

    /** The HTTP status. */
    public int status() {
      return status;
    }
  }

  /** Copies the headers. */
  public GatewayError {
    headers = List.copyOf(headers);
  }

  /** A refusal that its row says everything about. */
  public static GatewayError of(Kind kind) {
    return new GatewayError(kind, kind.text, List.of());
  }

  /**
   * Row 11.
   *
   * @param dispatched whether the upstream may have got the request: then a blind retry could be
   *     billed again, and the OpenAI SDKs are told not to make one
   */
  public static GatewayError upstreamUnavailable(boolean dispatched) {
    Kind kind = Kind.UPSTREAM_UNAVAILABLE;
    return new GatewayError(
        kind, kind.text, dispatched ? List.of(new Header("x-should-retry", "false")) : List.of());
  }

  /**
   * Row 12.
   *
   * @param retryAfterSeconds when it is worth trying again, at least 1
   */
  public static GatewayError unavailable(int retryAfterSeconds) {
    Kind kind = Kind.UNAVAILABLE;
    return new GatewayError(
        kind, kind.text, List.of(new Header("Retry-After", Integer.toString(retryAfterSeconds))));
  }

  /**
   * Row 15.
   *
   * @param allow the value of the {@code Allow} header (RFC 9110 10.2.1)
   */
  public static GatewayError methodNotAllowed(String allow) {
    Kind kind = Kind.METHOD_NOT_ALLOWED;
    return new GatewayError(kind, kind.text, List.of(new Header("Allow", allow)));
  }

  /**
   * Row 16.
   *
   * @param what the part of the request that is malformed, in a word or two of ours
   */
  public static GatewayError malformed(String what) {
    Kind kind = Kind.MALFORMED_REQUEST;
    return new GatewayError(kind, kind.text + ": " + what, List.of());
  }

  /**
   * Row 17.
   *
   * @param id of the request that had the idempotency key first
   */
  public static GatewayError duplicateRequest(String id) {
    Kind kind = Kind.DUPLICATE_REQUEST;
    return new GatewayError(
        kind, kind.text + ": " + id, List.of(new Header("x-should-retry", "false")));
  }
}
