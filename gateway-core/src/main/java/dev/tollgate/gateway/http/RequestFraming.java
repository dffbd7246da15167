package dev.tollgate.gateway.http;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Finds the faults of a request by which two servers may see different requests in the same bytes
 * (RFC 9112 3.2 and 6.3, RFC 9110 8.6). Most containers refuse them by themselves or repair them
 * before anybody sees the request; what is left is found here.
 */
public final class RequestFraming {
  private static final int MAX_LENGTH_DIGITS = 18;

  private RequestFraming() {}

  /**
   * What is wrong, in words for the client; empty: nothing that can be seen.
   *
   * @param request as the container made it or another filter passed it on
   */
  public static Optional<String> fault(HttpServletRequest request) {
    String protocol = String.valueOf(request.getProtocol());
    if (!protocol.startsWith("HTTP/1.")) {
      // Later versions have frames of their own.
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
    // The first version has no codings; who sends one all the same is read in two ways (6.1).
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
