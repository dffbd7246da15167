package dev.tollgate.benchmark;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.lang.reflect.Proxy;
import java.util.Collections;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A request as a client of the gateway makes it, of which no container costs anything. */
final class PlainRequest extends HttpServletRequestWrapper {
  private static final Map<String, String> HEADERS =
      Map.of(
          "Host", "gateway.example",
          "Authorization", "Bearer tg_0123456789abcdef",
          "User-Agent", "OpenAI/JS 6.0.0",
          "Accept", "application/json",
          "Accept-Encoding", "gzip, deflate, br",
          "Content-Type", "application/json",
          "Content-Length", "200",
          "Connection", "keep-alive",
          "X-Stainless-Lang", "js",
          "X-Stainless-Retry-Count", "0");
  private static final Map<String, String> BY_LOWER_CASE = byLowerCase();

  private final Map<String, Object> attributes = new HashMap<>();

  PlainRequest() {
    super(none(HttpServletRequest.class));
  }

  private static Map<String, String> byLowerCase() {
    Map<String, String> headers = new HashMap<>();
    HEADERS.forEach((name, value) -> headers.put(name.toLowerCase(Locale.ROOT), value));
    return headers;
  }

  /** What a wrapper wants to have, though nothing of it is asked for. */
  static <T> T none(Class<T> type) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              throw new UnsupportedOperationException(method.getName());
            }));
  }

  @Override
  public String getMethod() {
    return "POST";
  }

  @Override
  public String getRemoteAddr() {
    return "192.0.2.7";
  }

  @Override
  public @Nullable String getQueryString() {
    return null;
  }

  @Override
  public Enumeration<String> getHeaderNames() {
    return Collections.enumeration(HEADERS.keySet());
  }

  @Override
  public Enumeration<String> getHeaders(String name) {
    String value = getHeader(name);
    return Collections.enumeration(value == null ? List.of() : List.of(value));
  }

  @Override
  public @Nullable String getHeader(String name) {
    return BY_LOWER_CASE.get(name.toLowerCase(Locale.ROOT));
  }

  @Override
  public @Nullable Object getAttribute(String name) {
    return attributes.get(name);
  }

  @Override
  public void setAttribute(String name, Object value) {
    attributes.put(name, value);
  }
}
