package dev.tollgate.gateway.flavor;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.tollgate.gateway.http.Header;
import dev.tollgate.gateway.http.RawQuery;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;

/**
 * Anthropic's dialect, for the messages route. The key may be in either header. Errors read {@code
 * {"type":"error","error":{"type","message"},"request_id"}}.
 */
public final class AnthropicFlavor implements Flavor {
  /** The only instance. */
  public static final AnthropicFlavor INSTANCE = new AnthropicFlavor();

  private record Body(
      String type, ErrorObject error, @JsonProperty("request_id") String requestId) {
    private record ErrorObject(String type, String message) {}
  }

  private AnthropicFlavor() {}

  @Override
  public String name() {
    return "anthropic";
  }

  @Override
  public Claim claim(HttpServletRequest request, RawQuery query, boolean billed) {
    List<String> keys = Credentials.apiKeys(request);
    boolean borne = Credentials.areInAuthorization(keys, Credentials.authorizations(request));
    return Credentials.ofKeyAlone(borne ? Credentials.bearerKeys(request) : keys, query);
  }

  @Override
  public int status(GatewayError error) {
    return OpenAiFlavor.INSTANCE.status(error);
  }

  @Override
  public List<Header> headers(String requestId) {
    // The SDKs read the request id from this header.
    return List.of(new Header("request-id", requestId));
  }

  @Override
  public byte[] body(GatewayError error, String requestId) {
    return ErrorJson.write(
        new Body("error", new Body.ErrorObject(type(error), message(error)), requestId));
  }

  /** The error type, from Anthropic's API reference, "Errors". */
  private static String type(GatewayError error) {
    return switch (error.kind()) {
      case MISSING_CREDENTIAL, INVALID_KEY, INVALID_KEY_OR_PROJECT -> "authentication_error";
      case PROJECT_DISABLED, MODEL_NOT_ALLOWED -> "permission_error";
      case INSUFFICIENT_BALANCE, SPENDING_LIMIT -> "billing_error";
      case RATE_LIMITED -> "rate_limit_error";
      case BODY_TOO_LARGE -> "request_too_large";
      case NOT_FOUND -> "not_found_error";
      case REQUEST_BUILD_FAILED, UPSTREAM_UNAVAILABLE, UNAVAILABLE -> "api_error";
      case MISSING_PROJECT_NAME,
          NOT_CONFIGURED,
          METHOD_NOT_ALLOWED,
          MALFORMED_REQUEST,
          DUPLICATE_REQUEST,
          UPGRADE_REQUIRED,
          CONFLICT ->
          "invalid_request_error";
    };
  }

  private static String message(GatewayError error) {
    return switch (error.kind()) {
      case MISSING_CREDENTIAL -> "X-API-Key or Authorization header is required";
      default -> OpenAiFlavor.message(error);
    };
  }
}
