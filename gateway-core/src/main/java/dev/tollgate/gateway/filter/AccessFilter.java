package dev.tollgate.gateway.filter;

import dev.tollgate.gateway.account.StoreUnavailableException;
import dev.tollgate.gateway.exchange.Exchange;
import dev.tollgate.gateway.exchange.Outcome;
import dev.tollgate.gateway.exchange.RefusalWriter;
import dev.tollgate.gateway.exchange.RequestPath;
import dev.tollgate.gateway.exchange.RequestScope;
import dev.tollgate.gateway.exchange.Route;
import dev.tollgate.gateway.exchange.UnknownPath;
import dev.tollgate.gateway.flavor.Flavor;
import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.flavor.GatewayError.Kind;
import dev.tollgate.gateway.flavor.PinMeFlavor;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Enumeration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Filter that opens the exchange with its id and route. It answers 404, 405 and {@code OPTIONS},
 * and refuses requests while the gateway drains or has too many open. An unexpected failure behind
 * this filter becomes a refusal here, and is logged only here.
 */
public final class AccessFilter extends GatewayFilter {
  private static final int RETRY_AFTER_SECONDS = 5;
  // Some of the open requests end each second.
  private static final int FULL_RETRY_AFTER_SECONDS = 1;
  private static final Logger LOG = System.getLogger(AccessFilter.class.getName());

  private final RequestScope scope;
  private final RefusalWriter refusals;
  private final String mount;
  private final List<String> aliases;

  /**
   * @param scope of the gateway that this filter belongs to
   * @param refusals writes the answer to a refused request
   * @param mount the path within the application that contains the routes; empty: the application's
   *     root
   * @param aliases paths below the mount that stand for {@code /api/v1}
   */
  public AccessFilter(
      RequestScope scope, RefusalWriter refusals, String mount, List<String> aliases) {
    this.scope = scope;
    this.refusals = refusals;
    this.mount = mount;
    this.aliases = List.copyOf(aliases);
  }

  @Override
  void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (!RequestScope.isOriginal(request)) {
      // A forward or an async dispatch: no exchange is opened, so the relay will not serve it.
      chain.doFilter(request, response);
      return;
    }
    String path = RequestPath.canonical(path(request), aliases);
    Route.Match match = Route.find(request.getMethod(), path);
    Route route = match instanceof Route.Match.Found found ? found.route() : Route.NONE;
    Exchange exchange = scope.open(request, route, Flavor.of(path, request));
    try {
      enter(match, exchange, request, response, chain);
    } finally {
      // An asynchronous exchange ends with its response, long after this line.
      if (!request.isAsyncStarted()) {
        exchange.decide(Outcome.ABORTED);
        exchange.finish();
      }
    }
  }

  /** The raw path within the gateway; empty if the path is outside it. */
  private String path(HttpServletRequest request) {
    String uri = request.getRequestURI();
    String base = base(request);
    return uri.startsWith(base) ? uri.substring(base.length()) : "";
  }

  /**
   * The prefix of this gateway's paths. Wrappers from other filters may have added a proxy's prefix
   * to both this and the request's path.
   */
  private String base(HttpServletRequest request) {
    return request.getContextPath() + mount;
  }

  private GatewayError notFound(HttpServletRequest request) {
    String raw = path(request);
    String path = RequestPath.canonical(raw, aliases);
    String hint =
        UnknownPath.near(path.isEmpty() ? raw : path)
            .map(route -> base(request) + underAlias(route, raw))
            .orElse(null);
    return UnknownPath.error(request.getMethod(), request.getRequestURI(), hint);
  }

  /** The route's path, below the alias that the caller used. */
  private String underAlias(String route, String raw) {
    if (route.startsWith(Route.API + "/")) {
      for (String alias : aliases) {
        if (raw.startsWith(alias + "/")) {
          return alias + route.substring(Route.API.length());
        }
      }
    }
    return route;
  }

  /** Whether the request asks to turn a relayed route into a WebSocket (RFC 6455 4.1). */
  private static boolean isWebSocket(Route.Match match, HttpServletRequest request) {
    boolean relayed =
        match instanceof Route.Match.Found found
            ? found.route().relayed()
            : match instanceof Route.Match.OtherMethod other && other.relayed();
    return relayed
        && lists(request, "Upgrade", "websocket")
        && lists(request, "Connection", "upgrade");
  }

  private static boolean lists(HttpServletRequest request, String header, String token) {
    // A container that hides headers may return null.
    @Nullable Enumeration<String> values = request.getHeaders(header);
    while (values != null && values.hasMoreElements()) {
      for (String value : values.nextElement().split(",", -1)) {
        if (value.trim().equalsIgnoreCase(token)) {
          return true;
        }
      }
    }
    return false;
  }

  private void enter(
      Route.Match match,
      Exchange exchange,
      HttpServletRequest request,
      HttpServletResponse response,
      FilterChain chain)
      throws IOException {
    Optional<GatewayError> fault = RefusalWriter.ofFraming(request, response);
    if (fault.isPresent()) {
      refusals.refuse(request, response, fault.get());
    } else if (match instanceof Route.Match.Unknown) {
      refusals.refuse(request, response, notFound(request));
    } else if (isWebSocket(match, request)) {
      refusals.refuse(request, response, GatewayError.upgradeRequired());
    } else if (match instanceof Route.Match.OtherMethod other) {
      if (other.options()) {
        response.setStatus(HttpServletResponse.SC_NO_CONTENT);
        response.setHeader("Allow", other.allow());
        exchange.stats().setStatus(HttpServletResponse.SC_NO_CONTENT);
        exchange.decide(Outcome.COMPLETE);
      } else {
        refusals.refuse(request, response, GatewayError.methodNotAllowed(other.allow()));
      }
    } else if (scope.traffic().isDraining()) {
      refusals.refuse(request, response, GatewayError.unavailable(RETRY_AFTER_SECONDS));
    } else if (scope.traffic().isOverfull()) {
      refusals.refuse(request, response, GatewayError.unavailable(FULL_RETRY_AFTER_SECONDS));
    } else if (!exchange.query().isWellFormedExcept(PinMeFlavor.PROJECT_NAME)) {
      refusals.refuse(request, response, GatewayError.malformed("query"));
    } else if (!request.isAsyncSupported()) {
      LOG.log(
          Level.ERROR,
          "{0}: cannot be relayed: a filter or servlet in front does not support asynchronous"
              + " requests (async-supported)",
          exchange.id());
      refusals.refuse(request, response, GatewayError.of(Kind.REQUEST_BUILD_FAILED));
    } else {
      proceed(exchange, request, response, chain);
    }
  }

  private void proceed(
      Exchange exchange,
      HttpServletRequest request,
      HttpServletResponse response,
      FilterChain chain)
      throws IOException {
    try {
      chain.doFilter(request, response);
    } catch (StoreUnavailableException e) {
      LOG.log(Level.WARNING, "{0}: the store is unavailable: {1}", exchange.id(), e.getMessage());
      refusals.refuse(request, response, GatewayError.unavailable(RETRY_AFTER_SECONDS));
    } catch (RuntimeException | ServletException e) {
      LOG.log(Level.ERROR, exchange.id() + ": unexpected failure", e);
      refusals.refuse(request, response, GatewayError.of(Kind.REQUEST_BUILD_FAILED));
    }
  }
}
