package dev.tollgate.gateway.exchange;

import dev.tollgate.gateway.http.Header;
import java.net.URI;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What is sent upstream, but for the body. Its headers hold the upstream key; they print as {@code
 * ***}.
 *
 * @param method the HTTP method
 * @param uri absolute, with query
 * @param headers all that are sent, but for {@code Host} and the framing
 * @param keyId of the upstream key in them, see {@link dev.tollgate.gateway.account.UpstreamKeys};
 *     empty where the upstream does not charge
 */
public record UpstreamRequest(String method, URI uri, List<Header> headers, String keyId) {
  /** Copies the headers. */
  public UpstreamRequest {
    headers = List.copyOf(headers);
  }

  /** The codings of the body (RFC 9110 8.4), as the upstream will be told; empty: none. */
  public String contentCodings() {
    return headers.stream()
        .filter(header -> header.name().equalsIgnoreCase("Content-Encoding"))
        .map(header -> header.value().strip())
        .filter(coding -> !coding.isEmpty() && !coding.equalsIgnoreCase("identity"))
        .collect(Collectors.joining(", "));
  }
}
