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
 * template} to the letter: nothing is decoded. A template with fewer parameters goes first. {@code
 * HEAD} is served as {@code GET}. Immutable.
 *
 * @param <R> a route: a method and a path template
 */
public final class RouteTable<R> {
  private final Function<R, String> method;
  private final Map<String, List<R>> byPath;
  private final List<Templated<R>> templated;

  private record Templated<R>(PathTemplate template, List<R> routes) {}

  /** What a method and a path lead to. */
  public sealed interface Match<R> {
    /**
     * This route.
     *
     * @param parameters what stands in the path where the template has braces
     */
    record Found<R>(R route, Map<String, String> parameters) implements Match<R> {}

    /**
     * The path is served, by other methods.
     *
     * @param allow those methods, as the {@code Allow} header lists them (RFC 9110 10.2.1)
     * @param routes all routes of the path
     */
    record OtherMethod<R>(String allow, List<R> routes) implements Match<R> {}

    /** Nothing is served there. */
    record Unknown<R>() implements Match<R> {}
  }

  /**
   * @param routes no two with the same method and path
   * @param method of a route
   * @param path of a route; a segment in braces stands for a parameter
   * @param parameter what a parameter may be
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
