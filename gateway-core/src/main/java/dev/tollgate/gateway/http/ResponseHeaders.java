package dev.tollgate.gateway.http;

import jakarta.servlet.http.HttpServletResponse;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Selects the upstream's headers that reach the client: all except hop-by-hop headers and those
 * that only make sense for the upstream's own site. Stateless.
 */
public final class ResponseHeaders {
  private static final Set<String> WITHHELD =
      Set.of("set-cookie", "set-cookie2", "alt-svc", "strict-transport-security");
  private static final String CORS_FAMILY = "access-control-";

  private ResponseHeaders() {}

  /**
   * Copies {@code upstream} to {@code client}, value by value, in order. The first value of a name
   * replaces the container's own value, for instance of {@code Date}; further values are added.
   *
   * @param status the response's status; a 204 has no length (RFC 9110 8.6)
   */
  public static void copy(List<Header> upstream, HttpServletResponse client, int status) {
    List<String> connection = new ArrayList<>(0);
    for (Header header : upstream) {
      if (header.name().equalsIgnoreCase("connection")) {
        connection.add(header.value());
      }
    }
    Set<String> named = HopByHop.namedBy(connection);
    Set<String> seen = new HashSet<>();
    for (Header header : upstream) {
      String name = header.name().toLowerCase(Locale.ROOT);
      if (HopByHop.contains(name)
          || named.contains(name)
          || WITHHELD.contains(name)
          || name.startsWith(CORS_FAMILY)
          || (name.equals("content-length") && status == HttpServletResponse.SC_NO_CONTENT)) {
        continue;
      }
      if (name.equals("content-length")) {
        client.setContentLengthLong(Long.parseLong(header.value().trim()));
      } else if (seen.add(name)) {
        client.setHeader(header.name(), header.value());
      } else {
        client.addHeader(header.name(), header.value());
      }
    }
  }
}
