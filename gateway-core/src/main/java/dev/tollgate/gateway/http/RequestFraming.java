package dev.tollgate.gateway.http;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Detects framing faults that could make two servers see different requests in the same bytes (RFC
 * 9112 3.2 and 6.3, RFC 9110 8.6). Most containers refuse or repair such a request before the
 * gateway sees it. This class detects the remaining ones.
 */
public final class RequestFraming {
  private static final int MAX_LENGTH_DIGITS = 18;

  private RequestFraming() {}

  /**
   * The fault of a request, in words for the client; empty if none is visible.
   *
   * @param request the request from the container or from another filter
   */
  public static Optional<String> fault(HttpServletRequest request) {
    String protocol = String.valueOf(request.getProtocol());
    if (!protocol.startsWith("HTTP/1.")) {
      // HTTP/2 and later delimit messages by frames.
      return Optional.empty();
    }
    boolean first = protocol.equals("HTTP/1.0");
    List<String> lengths = Collections.list(request.getHeaders("Content-Length"));
    List<String> codings = Collections.list(request.getHeaders("Transfer-Encoding"));
    List<String> hosts = Collections.list(request.getHeaders("Host"));
    if (!lengths.isEmpty() && !codings.isEmpty()) {
      return Optional.of("Content-Length with Transfer-Encoding");
    }
    if (lengths.size() > 1 || !lengths.stream().allMatch(RequestFraming::isLength)) {
      return Optional.of("Content-Length");
    }
    // HTTP/1.0 has no transfer codings. Servers disagree about a request that has one (RFC 9112
    // 6.1).
    if (codings.size() > (first ? 0 : 1)
        || !codings.stream().allMatch(c -> c.trim().toLowerCase(Locale.ROOT).equals("chunked"))) {
      return Optional.of("Transfer-Encoding");
    }
    if (hosts.size() > 1 || (!first && hosts.isEmpty())) {
      return Optional.of("Host");
    }
    return Optional.empty();
  }

  private static boolean isLength(String text) {
    String digits = text.trim();
    return !digits.isEmpty()
        && digits.length() <= MAX_LENGTH_DIGITS
        && digits.chars().allMatch(c -> c >= '0' && c <= '9');
  }
}
