package dev.tollgate.gateway.exchange;

import dev.tollgate.gateway.meter.RequestKind;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A path and method that the gateway serves. The upstream's URL is made from this, never from the
 * path a client sent.
 *
 * @param method the HTTP method
 * @param path the path within the gateway
 * @param upstreamPath what is appended to the upstream's base URL
 * @param kind what the upstream charges for; null: it does not
 */
public record Route(String method, String path, String upstreamPath, @Nullable RequestKind kind) {
  /** Where no route was found: what a log line says instead. */
  public static final Route NONE = new Route("-", "-", "", null);

  private static final List<Route> ROUTES =
      List.of(
          new Route("GET", "/api/v1/models", "/models", null),
          new Route("POST", "/api/v1/chat/completions", "/chat/completions", RequestKind.CHAT));

  private static final Map<String, List<Route>> BY_PATH =
      ROUTES.stream().collect(Collectors.groupingBy(Route::path));

  /** Whether the upstream charges for it. */
  public boolean metered() {
    return kind != null;
  }

  /** What a method and a path lead to. */
  public sealed interface Match {
    /** This route serves the request. */
    record Found(Route route) implements Match {}

    /**
     * The path is served, by other methods.
     *
     * @param allow those methods, as the {@code Allow} header lists them
     * @param options whether the request asks just for them
     */
    record OtherMethod(String allow, boolean options) implements Match {}

    /** Nothing is served there. */
    record Unknown() implements Match {}
  }

  /**
   * Finds the route of a request. The path must match to the letter: no escapes, no path
   * parameters, no other case. {@code HEAD} is served as {@code GET}.
   *
   * @param path the raw path, less the context path
   */
  public static Match find(String method, String path) {
    List<Route> routes = BY_PATH.get(path);
    if (routes == null) {
      return new Match.Unknown();
    }
    String wanted = method.equals("HEAD") ? "GET" : method;
    for (Route route : routes) {
      if (route.method.equals(wanted)) {
        return new Match.Found(route);
      }
    }
    return new Match.OtherMethod(allow(routes), method.equals("OPTIONS"));
  }

  private static String allow(List<Route> routes) {
    Map<String, String> methods = new TreeMap<>();
    for (Route route : routes) {
      methods.put(route.method, route.method.equals("GET") ? "GET, HEAD" : route.method);
    }
    return String.join(", ", methods.values()) + ", OPTIONS";
  }
}
