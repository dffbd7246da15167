package dev.tollgate.gateway.exchange;

import dev.tollgate.gateway.http.PathTemplate;
import dev.tollgate.gateway.http.RouteTable;
import dev.tollgate.gateway.meter.RequestKind;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A method and path that the gateway serves. The upstream's URL is made from the route, never from
 * the client's path.
 *
 * @param method the HTTP method
 * @param path the path within the gateway; a segment in braces stands for any segment
 * @param access the kinds of key that the route accepts
 * @param upstreamPath the path that is appended to the upstream's base URL; empty: the gateway
 *     itself answers
 * @param kind the kind of request that the upstream charges for; null: the upstream does not charge
 * @param edited whether the request body is edited, see {@link
 *     dev.tollgate.gateway.flavor.ChatEdits}
 */
public record Route(
    String method,
    String path,
    Access access,
    String upstreamPath,
    @Nullable RequestKind kind,
    boolean edited) {
  /** The kinds of key that a route accepts. */
  public enum Access {
    /** No key is needed. */
    PUBLIC,
    /** An inference key. */
    INFERENCE,
    /** A management key. */
    MANAGEMENT,
    /** An inference key or a management key. */
    ANY_KEY
  }

  /** Stands for an unknown route in log lines. */
  public static final Route NONE = new Route("-", "-", Access.INFERENCE, "", null, false);

  /** The path prefix of OpenRouter's routes. An alias may replace it. */
  public static final String API = "/api/v1";

  /** The path prefixes of all routes. */
  public static final List<String> ROOTS = List.of(API, "/v0");

  private static final List<Route> ROUTES =
      List.of(
          relayed("/models"),
          relayed("/models/count"),
          relayed("/models/{author}/{slug}/endpoints"),
          relayed("/model/{author}/{slug}"),
          relayed("/embeddings/models"),
          relayed("/providers"),
          relayed("/generation"),
          metered("/chat/completions", RequestKind.CHAT),
          metered("/completions", RequestKind.COMPLETION),
          metered("/responses", RequestKind.RESPONSE),
          metered("/messages", RequestKind.MESSAGE),
          metered("/embeddings", RequestKind.EMBEDDING),
          answered("GET", API + "/key", Access.ANY_KEY),
          answered("GET", API + "/auth/key", Access.ANY_KEY),
          answered("GET", API + "/credits", Access.ANY_KEY),
          answered("GET", API + "/activity", Access.MANAGEMENT),
          answered("GET", API + "/keys", Access.MANAGEMENT),
          answered("POST", API + "/keys", Access.MANAGEMENT),
          answered("GET", API + "/keys/{hash}", Access.MANAGEMENT),
          answered("PATCH", API + "/keys/{hash}", Access.MANAGEMENT),
          answered("DELETE", API + "/keys/{hash}", Access.MANAGEMENT),
          answered("GET", API + "/openapi.json", Access.PUBLIC),
          new Route(
              "POST",
              "/v0/llm/chat/completions",
              Access.INFERENCE,
              "/chat/completions",
              RequestKind.CHAT,
              true),
          answered("GET", "/v0/llm/models", Access.PUBLIC),
          answered("POST", "/v0/llm/enable", Access.MANAGEMENT),
          answered("GET", "/v0/llm/status", Access.MANAGEMENT),
          answered("DELETE", "/v0/llm/disable", Access.MANAGEMENT),
          answered("GET", "/v0/credits/balance", Access.ANY_KEY));

  private static final Pattern SEGMENT = Pattern.compile("(?!\\.{1,2}(?:/|$))[A-Za-z0-9._:~-]+");

  private static final RouteTable<Route> TABLE =
      new RouteTable<>(ROUTES, Route::method, Route::path, SEGMENT);

  /** Whether a text can be one path segment without escapes. */
  public static boolean isSegment(String text) {
    return SEGMENT.matcher(text).matches();
  }

  private static Route relayed(String path) {
    return new Route("GET", API + path, Access.INFERENCE, path, null, false);
  }

  private static Route metered(String path, RequestKind kind) {
    return new Route("POST", API + path, Access.INFERENCE, path, kind, false);
  }

  private static Route answered(String method, String path, Access access) {
    return new Route(method, path, access, "", null, false);
  }

  /** All routes. */
  public static List<Route> all() {
    return ROUTES;
  }

  /** The servlet mappings of the routes that the gateway itself answers. */
  public static List<String> answeredPaths() {
    return ROUTES.stream()
        .filter(route -> !route.relayed())
        .map(route -> route.path().replaceFirst("/\\{.*", "/*"))
        .distinct()
        .toList();
  }

  /** Whether the upstream charges for the route. */
  public boolean metered() {
    return kind != null;
  }

  /**
   * OpenTelemetry's name for the operation of a metered route; {@code -} if the route is not
   * metered.
   */
  public String operation() {
    if (kind == null) {
      return "-";
    }
    return switch (kind) {
      case CHAT, RESPONSE, MESSAGE -> "chat";
      case COMPLETION -> "text_completion";
      case EMBEDDING -> "embeddings";
    };
  }

  /** Whether the route is relayed to the upstream. */
  public boolean relayed() {
    return !upstreamPath.isEmpty();
  }

  /** The result of a look-up by method and path. */
  public sealed interface Match {
    /** This route serves the request. */
    record Found(Route route) implements Match {}

    /**
     * The path exists, but only for other methods.
     *
     * @param allow these methods, in the form of the {@code Allow} header
     * @param options whether the request is an {@code OPTIONS} request
     * @param relayed whether a route with this path is relayed
     */
    record OtherMethod(String allow, boolean options, boolean relayed) implements Match {}

    /** No route has the path. */
    record Unknown() implements Match {}
  }

  /**
   * Finds the route of a request. The path must match exactly: no path parameters, same case.
   * {@code HEAD} is served as {@code GET}.
   *
   * @param path the path within the gateway, {@linkplain RequestPath#canonical decoded}
   */
  public static Match find(String method, String path) {
    RouteTable.Match<Route> match = TABLE.find(method, path);
    if (match instanceof RouteTable.Match.Found<Route> found) {
      return new Match.Found(found.route().with(found.parameters()));
    }
    if (match instanceof RouteTable.Match.OtherMethod<Route> other) {
      return new Match.OtherMethod(
          other.allow(),
          method.equals("OPTIONS"),
          other.routes().stream().anyMatch(Route::relayed));
    }
    return new Match.Unknown();
  }

  /** Fills in the upstream path only. The path stays a template for log lines and metrics. */
  private Route with(Map<String, String> parameters) {
    return parameters.isEmpty()
        ? this
        : new Route(
            method, path, access, PathTemplate.fill(upstreamPath, parameters), kind, edited);
  }
}
