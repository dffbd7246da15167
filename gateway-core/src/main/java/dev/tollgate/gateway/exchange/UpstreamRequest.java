package dev.tollgate.gateway.exchange;

import dev.tollgate.gateway.http.Header;
import java.net.URI;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The request line and headers of an upstream request, without the body. The headers contain the
 * upstream key and print as {@code ***}.
 *
 * @param method the HTTP method
 * @param uri absolute, with query
 * @param headers all headers except {@code Host} and the framing
 * @param keyId the id of the upstream key in the headers, see {@link
 *     dev.tollgate.gateway.account.UpstreamKeys}; empty if the upstream does not charge
 */
public record UpstreamRequest(String method, URI uri, List<Header> headers, String keyId) {
  /** Copies the headers. */
  public UpstreamRequest {
    headers = List.copyOf(headers);
  }

  /** The content codings of the body (RFC 9110 8.4) that the upstream is told; empty: none. */
  public String contentCodings() {
    return headers.stream()
        .filter(header -> header.name().equalsIgnoreCase("Content-Encoding"))
        .map(header -> header.value().strip())
        .filter(coding -> !coding.isEmpty() && !coding.equalsIgnoreCase("identity"))
        .collect(Collectors.joining(", "));
  }
}
