package dev.tollgate.gateway.flavor;

import dev.tollgate.gateway.http.RawQuery;
import jakarta.servlet.http.HttpServletRequest;

/**
 * One way to talk to the gateway: where the credential is and how a refusal reads. Nothing else in
 * the program asks which flavor a request has. Implementations are stateless.
 */
public interface Flavor {
  /**
   * Finds the credential and the project that a request names.
   *
   * @param query the request's query, parsed
   */
  Claim claim(HttpServletRequest request, RawQuery query);

  /** The JSON body, in UTF-8, of a refusal. */
  byte[] body(GatewayError error);
}
