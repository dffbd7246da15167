package dev.tollgate.gateway.exchange;

import dev.tollgate.gateway.http.PathTemplate;
import dev.tollgate.gateway.http.RouteTable;
import dev.tollgate.gateway.meter.RequestKind;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A path and method that the gateway serves. The upstream's URL is made from this, never from the
 * path a client sent.
 *
 * @param method the HTTP method
 * @param path the path within the gateway; a segment in braces stands for any
 * @param access which keys open it
 * @param upstreamPath what is appended to the upstream's base URL; empty: the gateway answers by
 *     itself
 * @param kind what the upstream charges for; null: it does not
 * @param edited whether the request's body is not sent as it came, see {@link
 *     dev.tollgate.gateway.flavor.ChatEdits}
 */
public record Route(
    String method,
    String path,
    Access access,
    String upstreamPath,
    @Nullable RequestKind kind,
    boolean edited) {
  /** Which keys open a route. */
  public enum Access {
    /** None is asked for. */
    PUBLIC,
    /** A key for inference. */
    INFERENCE,
    /** A management key. */
    MANAGEMENT,
    /** Either. */
    ANY_KEY
  }

  /** Where no route was found: what a log line says instead. */
  public static final Route NONE = new Route("-", "-", Access.INFERENCE, "", null, false);

  /** What OpenRouter's routes are below; an alias stands for it. */
  public static final String API = "/api/v1";

  /** What all routes are below. */
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
          answered("GET", API + "/key", Access.INFERENCE),
          answered("GET", API + "/auth/key", Access.INFERENCE),
          answered("GET", API + "/credits", Access.INFERENCE),
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

  /** Whether a text can be one segment of a path, as it is. */
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

  /** All there are. */
  public static List<Route> all() {
    return ROUTES;
  }

  /** The paths of the routes that the gateway answers by itself. */
  public static List<String> answeredPaths() {
    return ROUTES.stream().filter(route -> !route.relayed()).map(Route::path).toList();
  }

  /** Whether the upstream charges for it. */
  public boolean metered() {
    return kind != null;
  }

  /** What a metered route does, in OpenTelemetry's words; {@code -}: it is not metered. */
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

  /** Whether the upstream answers. */
  public boolean relayed() {
    return !upstreamPath.isEmpty();
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
     * @param relayed whether the upstream answers there
     */
    record OtherMethod(String allow, boolean options, boolean relayed) implements Match {}

    /** Nothing is served there. */
    record Unknown() implements Match {}
  }

  /**
   * Finds the route of a request. The path must match to the letter: no path parameters, no other
   * case. {@code HEAD} is served as {@code GET}.
   *
   * @param path within the gateway, {@linkplain RequestPath#canonical decoded}
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

  /** Its path stays the template: it goes into log lines and metrics. */
  private Route with(Map<String, String> parameters) {
    return parameters.isEmpty()
        ? this
        : new Route(
            method, path, access, PathTemplate.fill(upstreamPath, parameters), kind, edited);
  }
}
