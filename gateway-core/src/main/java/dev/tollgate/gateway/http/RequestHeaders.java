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
 * Which of a client's headers go upstream: an allow-list, so that a credential of the application
 * around the gateway never leaves it by default. Immutable.
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

  /** OpenRouter's response cache is kept per upstream key, which several projects may share. */
  private static final String CACHE_FAMILY = "x-openrouter-cache";

  /** They choose who is billed, so beside the operator's key they never go out. */
  private static final Set<String> OF_THE_ACCOUNT =
      Set.of("openai-organization", "openai-project", "anthropic-workspace-id");

  /** Never relayed, whatever the configuration says. */
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
   * @param extra further names, or prefixes that end in {@code *}, case-insensitive
   * @throws IllegalArgumentException if one is empty, is not a header name, or names a credential,
   *     a hop-by-hop header or one that the gateway sets itself
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
   * The headers of {@code request} that go upstream, in the order received, each value on its own.
   * A name that the request lists in two spellings, as one does to which a filter around the
   * gateway has added a name that it had, counts once.
   *
   * @param metered whether the answer is metered: then {@code identity} is asked for, since a
   *     compressed answer could not be read by the meter; otherwise the client's {@code
   *     Accept-Encoding} passes
   * @param ownKey whether the project's own key goes with them, and not the operator's
   * @throws IllegalArgumentException if one of them is more than a line, which no container lets in
   *     but a filter around it might have made; the message does not repeat it
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

  /** What follows a line break would be a header of its own upstream (RFC 9110 5.5). */
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

  /** The Servlet API lets a container that hides headers answer null. */
  private static Enumeration<String> nonNull(
      @org.jspecify.annotations.Nullable Enumeration<String> values) {
    return values == null ? Collections.emptyEnumeration() : values;
  }
}
