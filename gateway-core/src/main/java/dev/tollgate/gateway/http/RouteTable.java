package dev.tollgate.gateway.http;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Finds the route of a request by its method and path. A path must match a {@linkplain PathTemplate
 * template} exactly; nothing is decoded. Templates with fewer parameters are tried first. {@code
 * HEAD} is served as {@code GET}. Immutable.
 *
 * @param <R> a route: a method and a path template
 */
public final class RouteTable<R> {
  private final Function<R, String> method;
  private final Map<String, List<R>> byPath;
  private final List<Templated<R>> templated;

  private record Templated<R>(PathTemplate template, List<R> routes) {}

  /** The result of a look-up by method and path. */
  public sealed interface Match<R> {
    /**
     * A route serves the request.
     *
     * @param parameters the values of the path's parameters, by name
     */
    record Found<R>(R route, Map<String, String> parameters) implements Match<R> {}

    /**
     * The path exists, but only for other methods.
     *
     * @param allow these methods, in the form of the {@code Allow} header (RFC 9110 10.2.1)
     * @param routes all routes of the path
     */
    record OtherMethod<R>(String allow, List<R> routes) implements Match<R> {}

    /** No route has the path. */
    record Unknown<R>() implements Match<R> {}
  }

  /**
   * @param routes all routes; no two have the same method and path
   * @param method returns a route's method
   * @param path returns a route's path; a segment in braces is a parameter
   * @param parameter matches the value of a parameter
   */
  public RouteTable(
      List<R> routes, Function<R, String> method, Function<R, String> path, Pattern parameter) {
    this.method = method;
    this.byPath = routes.stream().collect(Collectors.groupingBy(path));
    this.templated =
        byPath.entrySet().stream()
            .filter(group -> group.getKey().contains("{"))
            .map(
                group ->
                    new Templated<>(new PathTemplate(group.getKey(), parameter), group.getValue()))
            .sorted(Comparator.comparingInt(each -> each.template.parameters()))
            .toList();
  }

  /** Finds the route of a request. */
  public Match<R> find(String asked, String path) {
    List<R> routes = byPath.get(path);
    if (routes != null && path.indexOf('{') < 0) {
      return find(asked, routes, Map.of());
    }
    for (Templated<R> each : templated) {
      Map<String, String> parameters = each.template.match(path).orElse(null);
      if (parameters != null) {
        return find(asked, each.routes, parameters);
      }
    }
    return new Match.Unknown<>();
  }

  private Match<R> find(String asked, List<R> routes, Map<String, String> parameters) {
    String wanted = asked.equals("HEAD") ? "GET" : asked;
    for (R route : routes) {
      if (method.apply(route).equals(wanted)) {
        return new Match.Found<>(route, parameters);
      }
    }
    return new Match.OtherMethod<>(allow(routes), routes);
  }

  private String allow(List<R> routes) {
    TreeSet<String> methods = new TreeSet<>();
    routes.forEach(route -> methods.add(method.apply(route)));
    return String.join(", ", methods).replace("GET", "GET, HEAD") + ", OPTIONS";
  }
}
