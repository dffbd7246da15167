package dev.tollgate.gateway.filter;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.Part;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Collections;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Filter that keeps the body of a form unread for the relay. A container reads such a body at the
 * first request for a parameter (Servlet 6.0, 3.1), and the relay can no longer read it. Filters of
 * an application do request parameters, such as a hidden method or a token. Behind this filter,
 * parameters come from the query only.
 */
public final class UnparsedBodyFilter extends GatewayFilter {
  public UnparsedBodyFilter() {}

  @Override
  void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    chain.doFilter(isForm(request) ? new Unparsed(request) : request, response);
  }

  private static boolean isForm(HttpServletRequest request) {
    // Not getContentType(): Jetty looks up the charset there, and throws if Java does not support
    // it.
    String type = request.getHeader("Content-Type");
    if (type == null) {
      return false;
    }
    String lower = type.trim().toLowerCase(Locale.ROOT);
    return lower.startsWith("application/x-www-form-urlencoded")
        || lower.startsWith("multipart/form-data");
  }

  private static final class Unparsed extends HttpServletRequestWrapper {
    private @Nullable Map<String, String[]> parameters;

    Unparsed(HttpServletRequest request) {
      super(request);
    }

    private Map<String, String[]> parameters() {
      if (parameters == null) {
        parameters = parse(getQueryString());
      }
      return parameters;
    }

    private static Map<String, String[]> parse(@Nullable String query) {
      Map<String, String[]> parsed = new LinkedHashMap<>();
      for (String pair : query == null ? new String[0] : query.split("&", -1)) {
        if (!pair.isEmpty()) {
          String[] parts = pair.split("=", 2);
          parsed.merge(
              decode(parts[0]),
              new String[] {parts.length == 2 ? decode(parts[1]) : ""},
              Unparsed::join);
        }
      }
      return parsed;
    }

    private static String[] join(String[] first, String[] second) {
      String[] all = java.util.Arrays.copyOf(first, first.length + second.length);
      System.arraycopy(second, 0, all, first.length, second.length);
      return all;
    }

    private static String decode(String text) {
      try {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
      } catch (IllegalArgumentException e) {
        // Not a valid escape: keep the text unchanged.
        return text;
      }
    }

    @Override
    public @Nullable String getParameter(String name) {
      String[] values = parameters().get(name);
      return values == null ? null : values[0];
    }

    @Override
    public String @Nullable [] getParameterValues(String name) {
      String[] values = parameters().get(name);
      return values == null ? null : values.clone();
    }

    @Override
    public Enumeration<String> getParameterNames() {
      return Collections.enumeration(parameters().keySet());
    }

    @Override
    public Map<String, String[]> getParameterMap() {
      return Collections.unmodifiableMap(parameters());
    }

    @Override
    public Collection<Part> getParts() {
      return List.of();
    }

    @Override
    public @Nullable Part getPart(String name) {
      return null;
    }
  }
}
