package dev.tollgate.gateway.exchange;

import dev.tollgate.gateway.http.PercentEncoding;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Turns a raw path into the form that {@link Route#find} expects: decoded, with aliases resolved.
 */
public final class RequestPath {
  private RequestPath() {}

  /**
   * Decodes each segment (RFC 3986 2.1) and replaces an alias by {@link Route#API}.
   *
   * @param raw the path within the gateway, as the client sent it
   * @param aliases the path prefixes that stand for {@code /api/v1}
   * @return the path; empty if no route can match because an escape is malformed, is not UTF-8 or
   *     stands for a slash
   */
  public static String canonical(String raw, List<String> aliases) {
    String path = decode(raw);
    for (String alias : aliases) {
      if (path.equals(alias) || path.startsWith(alias + "/")) {
        return Route.API + path.substring(alias.length());
      }
    }
    return path;
  }

  private static String decode(String raw) {
    if (raw.indexOf('%') < 0) {
      return raw;
    }
    List<String> segments = new ArrayList<>();
    for (String segment : raw.split("/", -1)) {
      Optional<String> decoded = PercentEncoding.decode(segment);
      if (decoded.isEmpty() || decoded.get().indexOf('/') >= 0) {
        return "";
      }
      segments.add(decoded.get());
    }
    return String.join("/", segments);
  }
}
