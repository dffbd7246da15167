package dev.tollgate.gateway.flavor;

import dev.tollgate.gateway.http.Header;
import dev.tollgate.gateway.http.RawQuery;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;

/**
 * A dialect of the gateway: the place of the credential, the form of a refusal, and the few rules
 * that depend on the dialect. Other packages ask the flavor; they do not branch on it.
 * Implementations are stateless.
 */
public interface Flavor {
  /** The name in lower case, for log lines and metrics. */
  String name();

  /**
   * Finds the credential and the project name of a request.
   *
   * @param query the request's query, parsed
   * @param billed whether the upstream charges for the request
   */
  Claim claim(HttpServletRequest request, RawQuery query, boolean billed);

  /**
   * The limit of a request body, in bytes.
   *
   * @param configured the value of {@code tollgate.limits.body}
   */
  default long maxBodyBytes(long configured) {
    return configured;
  }

  /**
   * Whether the dialect promises its callers the upstream's errors about the operator's account.
   */
  default boolean showsAccountErrors() {
    return false;
  }

  /** The HTTP status of a refusal. */
  int status(GatewayError error);

  /**
   * The JSON body of a refusal, in UTF-8.
   *
   * @param requestId the id of the refused request
   */
  byte[] body(GatewayError error, String requestId);

  /**
   * Headers of a refusal that only this flavor sends.
   *
   * @param requestId the id of the refused request
   */
  default List<Header> headers(String requestId) {
    return List.of();
  }

  /**
   * The flavor of a request, by its path and its credential.
   *
   * @param path the path within the gateway, decoded
   */
  static Flavor of(String path, HttpServletRequest request) {
    // A blank Authorization header counts: a caller that sends one does not speak PinMe's dialect.
    boolean blank =
        request.getHeader("Authorization") != null && Credentials.authorizations(request).isEmpty();
    return of(
        path,
        Credentials.apiKeys(request),
        blank ? List.of("") : Credentials.authorizations(request));
  }

  /**
   * The flavor of a request that no servlet has seen.
   *
   * @param path the path within the gateway, decoded
   * @param apiKeys the values of {@code X-API-Key}
   * @param authorizations the values of {@code Authorization}
   */
  static Flavor of(String path, List<String> apiKeys, List<String> authorizations) {
    if (path.startsWith("/v0/")) {
      return PinataFlavor.INSTANCE;
    }
    // The same SDKs call paths below, such as count_tokens. They are not served, but their errors
    // must read the same.
    if (path.equals("/api/v1/messages") || path.startsWith("/api/v1/messages/")) {
      return AnthropicFlavor.INSTANCE;
    }
    return Credentials.areInAuthorization(apiKeys, authorizations)
        ? OpenAiFlavor.INSTANCE
        : PinMeFlavor.INSTANCE;
  }
}
