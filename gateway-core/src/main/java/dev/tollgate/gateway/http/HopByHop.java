package dev.tollgate.gateway.http;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The hop-by-hop headers, which are never relayed (RFC 9110 7.6.1, RFC 9113 8.2.2). All names here
 * are lower-case. Stateless.
 */
public final class HopByHop {
  private static final Set<String> NAMES =
      Set.of(
          "connection",
          "keep-alive",
          "proxy-connection",
          "proxy-authenticate",
          "proxy-authentication-info",
          "proxy-authorization",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "http2-settings");

  private HopByHop() {}

  /** Whether {@code lowerCaseName} is a hop-by-hop header by definition. */
  public static boolean contains(String lowerCaseName) {
    return NAMES.contains(lowerCaseName);
  }

  /**
   * The lower-case names that a message's {@code Connection} fields declare hop-by-hop. Surrounding
   * control characters are removed from a name, not only the spaces and tabs of RFC 9110 5.6.1, so
   * that they cannot hide it.
   *
   * @param connectionValues the values of all {@code Connection} fields, possibly none
   */
  public static Set<String> namedBy(List<String> connectionValues) {
    if (connectionValues.isEmpty()) {
      return Set.of();
    }
    Set<String> names = new HashSet<>();
    for (String value : connectionValues) {
      for (String name : value.split(",", -1)) {
        names.add(name.trim().toLowerCase(Locale.ROOT));
      }
    }
    return names;
  }
}
