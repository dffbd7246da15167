package dev.tollgate.gateway.http;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Headers that belong to one connection and are never relayed (RFC 9110 7.6.1, RFC 9113 8.2.2). All
 * names here are lower-case. Stateless.
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

  /** Whether {@code lowerCaseName} names a header that is hop-by-hop by its definition. */
  public static boolean contains(String lowerCaseName) {
    return NAMES.contains(lowerCaseName);
  }

  /**
   * The lower-case names that a message's {@code Connection} fields declare hop-by-hop. Besides the
   * spaces and tabs of RFC 9110 5.6.1 no other control character beside a name saves it.
   *
   * @param connectionValues the values of all its {@code Connection} fields, possibly none
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
