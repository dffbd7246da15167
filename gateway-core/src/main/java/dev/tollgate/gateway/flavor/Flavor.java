package dev.tollgate.gateway.flavor;

import dev.tollgate.gateway.http.Header;
import dev.tollgate.gateway.http.RawQuery;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;

/**
 * One way to talk to the gateway: where the credential is and how a refusal reads. Nothing else in
 * the program asks which flavor a request has. Implementations are stateless.
 */
public interface Flavor {
  /** Its name, in lower case, for a log line or a metric. */
  String name();

  /**
   * Finds the credential and the project that a request names.
   *
   * @param query the request's query, parsed
   */
  Claim claim(HttpServletRequest request, RawQuery query);

  /**
   * The largest request body, in bytes.
   *
   * @param configured what {@code tollgate.limits.body} says
   */
  default long maxBodyBytes(long configured) {
    return configured;
  }

  /** Whether its callers are promised the upstream's answers about the operator's account, too. */
  default boolean showsAccountErrors() {
    return false;
  }

  /** The HTTP status of a refusal. */
  int status(GatewayError error);

  /**
   * The JSON body, in UTF-8, of a refusal.
   *
   * @param requestId of the request that is refused
   */
  byte[] body(GatewayError error, String requestId);

  /**
   * Headers of a refusal that other flavors do not have.
   *
   * @param requestId of the request that is refused
   */
  default List<Header> headers(String requestId) {
    return List.of();
  }

  /**
   * The flavor of a request, by its path and its credential.
   *
   * @param path within the gateway, decoded
   */
  static Flavor of(String path, HttpServletRequest request) {
    // An Authorization without a value, too, is one: its caller does not speak PinMe's dialect.
    boolean blank =
        request.getHeader("Authorization") != null && Credentials.authorizations(request).isEmpty();
    return of(
        path,
        Credentials.apiKeys(request),
        blank ? List.of("") : Credentials.authorizations(request));
  }

  /**
   * The same, of a request that no servlet has seen.
   *
   * @param apiKeys the values of {@code X-API-Key}
   * @param authorizations the values of {@code Authorization}
   */
  static Flavor of(String path, List<String> apiKeys, List<String> authorizations) {
    if (path.startsWith("/v0/")) {
      return PinataFlavor.INSTANCE;
    }
    // What is below, such as count_tokens, is asked for by the same SDKs, if in vain.
    if (path.equals("/api/v1/messages") || path.startsWith("/api/v1/messages/")) {
      return AnthropicFlavor.INSTANCE;
    }
    return Credentials.areInAuthorization(apiKeys, authorizations)
        ? OpenAiFlavor.INSTANCE
        : PinMeFlavor.INSTANCE;
  }
}
