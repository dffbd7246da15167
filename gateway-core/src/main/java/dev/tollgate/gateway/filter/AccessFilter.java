package dev.tollgate.gateway.filter;

import dev.tollgate.gateway.account.StoreUnavailableException;
import dev.tollgate.gateway.exchange.Exchange;
import dev.tollgate.gateway.exchange.Outcome;
import dev.tollgate.gateway.exchange.RefusalWriter;
import dev.tollgate.gateway.exchange.RequestScope;
import dev.tollgate.gateway.exchange.Route;
import dev.tollgate.gateway.flavor.Flavor;
import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.flavor.GatewayError.Kind;
import dev.tollgate.gateway.flavor.PinMeFlavor;
import dev.tollgate.gateway.http.RequestFraming;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Optional;

/**
 * Opens the exchange: its id and its route, or 404, 405, the answer to {@code OPTIONS}, the refusal
 * while draining or while too many are open. What fails unexpectedly behind it becomes a refusal
 * here, is logged here and nowhere else.
 */
public final class AccessFilter extends GatewayFilter {
  private static final int RETRY_AFTER_SECONDS = 5;
  // Each second some of those that are open end.
  private static final int FULL_RETRY_AFTER_SECONDS = 1;
  private static final Logger LOG = System.getLogger(AccessFilter.class.getName());

  private final RequestScope scope;
  private final RefusalWriter refusals;
  private final String mount;

  /**
   * @param scope of the gateway that this filter belongs to
   * @param refusals what answers a request that goes no further
   * @param mount the path within the application below which the routes are; empty: at its root
   */
  public AccessFilter(RequestScope scope, RefusalWriter refusals, String mount) {
    this.scope = scope;
    this.refusals = refusals;
    this.mount = mount;
  }

  @Override
  void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (!RequestScope.isOriginal(request)) {
      // A forward or an async dispatch: nothing is opened for it, so the relay will not serve it.
      chain.doFilter(request, response);
      return;
    }
    String path = path(request);
    Route.Match match = Route.find(request.getMethod(), path);
    Route route = match instanceof Route.Match.Found found ? found.route() : Route.NONE;
    Exchange exchange = scope.open(request, route, Flavor.of(path, request));
    try {
      enter(match, exchange, request, response, chain);
    } finally {
      // An asynchronous exchange ends when its response does, long after this line.
      if (!request.isAsyncStarted()) {
        exchange.decide(Outcome.ABORTED);
        exchange.finish();
      }
    }
  }

  /**
   * The path within the gateway; empty if it is none. Wrappers of other filters may have put a
   * prefix before both, as a proxy's word has it.
   */
  private String path(HttpServletRequest request) {
    String uri = request.getRequestURI();
    String base = request.getContextPath() + mount;
    return uri.startsWith(base) ? uri.substring(base.length()) : "";
  }

  private void enter(
      Route.Match match,
      Exchange exchange,
      HttpServletRequest request,
      HttpServletResponse response,
      FilterChain chain)
      throws IOException {
    Optional<String> fault = RequestFraming.fault(request);
    if (fault.isPresent()) {
      // Nobody can tell where the next request on this connection would begin.
      response.setHeader("Connection", "close");
      refusals.refuse(request, response, GatewayError.malformed(fault.get()));
    } else if (match instanceof Route.Match.Unknown) {
      refusals.refuse(request, response, GatewayError.of(Kind.NOT_FOUND));
    } else if (match instanceof Route.Match.OtherMethod other) {
      if (other.options()) {
        response.setStatus(HttpServletResponse.SC_NO_CONTENT);
        response.setHeader("Allow", other.allow());
        exchange.setStatus(HttpServletResponse.SC_NO_CONTENT);
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
      LOG.log(Level.ERROR, exchange.id() + ": failed unexpectedly", e);
      refusals.refuse(request, response, GatewayError.of(Kind.REQUEST_BUILD_FAILED));
    }
  }
}
