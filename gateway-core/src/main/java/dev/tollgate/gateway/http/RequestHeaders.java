package dev.tollgate.gateway.http;

import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Selects the client's headers that go upstream. It is an allow-list, so that by default no
 * credential of the surrounding application leaves it. Immutable.
 */
public final class RequestHeaders {
  private static final Set<String> ALLOWED =
      Set.of(
          "accept",
          "accept-language",
          "content-type",
          "content-encoding",
          "user-agent",
          "http-referer",
          "x-title",
          "x-session-id",
          "traceparent",
          "tracestate");
  private static final List<String> ALLOWED_PREFIXES =
      List.of("x-openrouter-", "anthropic-", "openai-", "x-stainless-");

  /**
   * Headers of OpenRouter's response cache, which is kept for each upstream key. Several projects
   * may share a key.
   */
  private static final String CACHE_FAMILY = "x-openrouter-cache";

  /** Headers that choose the account to bill. They are not sent with the operator's key. */
  private static final Set<String> OF_THE_ACCOUNT =
      Set.of("openai-organization", "openai-project", "anthropic-workspace-id");

  /** Headers that are never relayed, whatever the configuration says. */
  private static final Set<String> FORBIDDEN =
      Set.of(
          "authorization",
          "cookie",
          "x-api-key",
          "host",
          "content-length",
          "expect",
          "accept-encoding");

  private final Set<String> extraNames;
  private final List<String> extraPrefixes;

  /**
   * @param extra additional names, or prefixes that end in {@code *}, case-insensitive
   * @throws IllegalArgumentException if an entry is empty, is not a header name, or names a
   *     credential, a hop-by-hop header or a header that the gateway sets itself
   */
  public RequestHeaders(List<String> extra) {
    Set<String> names = new LinkedHashSet<>();
    List<String> prefixes = new ArrayList<>();
    for (String given : extra) {
      String rule = given.trim().toLowerCase(Locale.ROOT);
      boolean prefix = rule.endsWith("*");
      String name = prefix ? rule.substring(0, rule.length() - 1) : rule;
      if (!name.matches("[!#$%&'+.^_`|~0-9a-z-]+")) {
        throw new IllegalArgumentException("'" + given + "' is not a header name or prefix*");
      }
      if (isForbidden(name)) {
        throw new IllegalArgumentException("'" + given + "' is never relayed");
      }
      if (prefix) {
        prefixes.add(name);
      } else {
        names.add(name);
      }
    }
    extraNames = Set.copyOf(names);
    extraPrefixes = List.copyOf(prefixes);
  }

  /**
   * The headers of {@code request} that go upstream, in the order received, with a separate entry
   * for each value. If a filter in front has added a name in another spelling, the name is listed
   * twice but counts once.
   *
   * @param metered whether the response is metered; the gateway then requests {@code identity},
   *     because the meter cannot read a compressed response. Otherwise the client's {@code
   *     Accept-Encoding} is relayed
   * @param ownKey whether the request uses the project's own upstream key, not the operator's
   * @throws IllegalArgumentException if a header contains a line break or NUL. No container accepts
   *     one, but a filter could create one. The message does not quote the header
   */
  public List<Header> select(HttpServletRequest request, boolean metered, boolean ownKey) {
    Set<String> connection =
        HopByHop.namedBy(Collections.list(nonNull(request.getHeaders("Connection"))));
    List<Header> selected = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    Enumeration<String> names = nonNull(request.getHeaderNames());
    while (names.hasMoreElements()) {
      String name = names.nextElement();
      String lowerCase = name.toLowerCase(Locale.ROOT);
      boolean passes = lowerCase.equals("accept-encoding") ? !metered : isAllowed(lowerCase);
      if (!ownKey && OF_THE_ACCOUNT.contains(lowerCase)) {
        passes = false;
      }
      if (passes && !connection.contains(lowerCase) && seen.add(lowerCase)) {
        Enumeration<String> values = nonNull(request.getHeaders(name));
        while (values.hasMoreElements()) {
          selected.add(line(name, values.nextElement()));
        }
      }
    }
    if (metered) {
      selected.add(new Header("Accept-Encoding", "identity"));
    }
    return selected;
  }

  /**
   * Rejects line breaks: the upstream would read the text after one as another header (RFC 9110
   * 5.5).
   */
  private static Header line(String name, String value) {
    if (breaksLine(name) || breaksLine(value)) {
      throw new IllegalArgumentException("a header holds CR, LF or NUL");
    }
    return new Header(name, value);
  }

  private static boolean breaksLine(String text) {
    return text.indexOf('\r') >= 0 || text.indexOf('\n') >= 0 || text.indexOf('\0') >= 0;
  }

  private boolean isAllowed(String name) {
    if (isForbidden(name)) {
      return false;
    }
    if (ALLOWED.contains(name) || extraNames.contains(name)) {
      return true;
    }
    return !name.startsWith(CACHE_FAMILY)
        && (startsWithAny(name, ALLOWED_PREFIXES) || startsWithAny(name, extraPrefixes));
  }

  private static boolean isForbidden(String name) {
    return FORBIDDEN.contains(name) || HopByHop.contains(name);
  }

  private static boolean startsWithAny(String name, List<String> prefixes) {
    for (String prefix : prefixes) {
      if (name.startsWith(prefix)) {
        return true;
      }
    }
    return false;
  }

  /** The Servlet API allows a container that hides headers to return null. */
  private static Enumeration<String> nonNull(
      @org.jspecify.annotations.Nullable Enumeration<String> values) {
    return values == null ? Collections.emptyEnumeration() : values;
  }
}
