package dev.tollgate.gateway;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.Servlet;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletRegistration;
import java.util.EnumSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Adds the parts of one gateway to an application, below the gateway's path. */
final class Installation {
  static final String RELAY = "tollgate-relay";

  private final ServletContext context;
  private final String path;
  private final List<String> routes;

  /**
   * @param path within the application; empty: its root
   * @param routes the mappings of all routes, below the path
   */
  Installation(ServletContext context, String path, List<String> routes) {
    this.context = context;
    this.path = path;
    this.routes = routes;
  }

  /**
   * To be called before anything is added: an application that goes on without a gateway is as it
   * was.
   *
   * @throws IllegalStateException if the application serves the routes already, or another gateway
   *     would get the requests of this one
   */
  void requireFree() {
    for (ServletRegistration other : context.getServletRegistrations().values()) {
      boolean gateway = other.getName().startsWith(RELAY);
      for (String mapping : other.getMappings()) {
        for (String route : routes) {
          requireFree(gateway, mapping, route);
        }
      }
    }
  }

  private void requireFree(boolean gateway, String mapping, String route) {
    if (gateway && mapping.endsWith(route) && isBelow(mapping, path + route)) {
      String at = mapping.substring(0, mapping.length() - route.length());
      throw new IllegalStateException(
          "the application already has a gateway at " + (at.isEmpty() ? "its root" : at));
    } else if (mapping.equals(path + route)) {
      throw new IllegalStateException("the application already serves " + mapping);
    }
  }

  /** Whether one of two prefix mappings matches what the other one does. */
  private static boolean isBelow(String one, String other) {
    String shorter = one.length() < other.length() ? one : other;
    String longer = one.length() < other.length() ? other : one;
    return longer.startsWith(shorter.substring(0, shorter.length() - 1));
  }

  /** Puts a filter before those that the application has already. */
  void addBefore(String name, Filter filter) {
    add(name, filter, false, routes);
  }

  /** Puts a filter behind all there are. */
  void add(String name, Filter filter) {
    add(name, filter, true, routes);
  }

  /** The same, for these places alone. */
  void add(String name, Filter filter, List<String> mappings) {
    add(name, filter, true, mappings);
  }

  private void add(String name, Filter filter, boolean afterOthers, List<String> mappings) {
    FilterRegistration.Dynamic registration = context.addFilter(name + path, filter);
    requireNew(registration);
    registration.setAsyncSupported(true);
    // Requests only: what a forward reaches has passed no filter, and the relay refuses it.
    registration.addMappingForUrlPatterns(
        EnumSet.of(DispatcherType.REQUEST),
        afterOthers,
        mappings.stream().map(mapping -> path + mapping).toArray(String[]::new));
  }

  /**
   * Adds a servlet that has to have its place for itself.
   *
   * @throws IllegalStateException if the application serves it already
   */
  void addAlone(String name, Servlet servlet, String mapping) {
    for (ServletRegistration other : context.getServletRegistrations().values()) {
      if (other.getMappings().contains(path + mapping)) {
        throw new IllegalStateException("the application already serves " + path + mapping);
      }
    }
    add(name, servlet, List.of(mapping));
  }

  /** What the application serves at one of these places already stays as it is. */
  void add(String name, Servlet servlet, List<String> mappings) {
    ServletRegistration.Dynamic registration = context.addServlet(name + path, servlet);
    requireNew(registration);
    registration.setAsyncSupported(true);
    for (String mapping : mappings) {
      var unused = registration.addMapping(path + mapping);
    }
  }

  private static void requireNew(@Nullable Object registration) {
    if (registration == null) {
      throw new IllegalStateException("the application already has a gateway");
    }
  }
}
