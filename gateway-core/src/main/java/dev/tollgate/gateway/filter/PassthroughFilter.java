package dev.tollgate.gateway.filter;

import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.account.UpstreamKeys;
import dev.tollgate.gateway.exchange.Exchange;
import dev.tollgate.gateway.exchange.RefusalWriter;
import dev.tollgate.gateway.exchange.RequestScope;
import dev.tollgate.gateway.exchange.Route;
import dev.tollgate.gateway.exchange.UpstreamRequest;
import dev.tollgate.gateway.exchange.UpstreamTarget;
import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.flavor.GatewayError.Kind;
import dev.tollgate.gateway.flavor.PinMeFlavor;
import dev.tollgate.gateway.http.Header;
import dev.tollgate.gateway.http.RequestHeaders;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.util.List;
import java.util.Optional;

/**
 * Makes the upstream's request: its URL from the route, the client's headers that may pass, the
 * upstream key. Fails closed without an exchange or a principal of its own gateway.
 */
public final class PassthroughFilter extends GatewayFilter {
  private static final Logger LOG = System.getLogger(PassthroughFilter.class.getName());

  private final RequestScope scope;
  private final RefusalWriter refusals;
  private final UpstreamTarget upstream;
  private final RequestHeaders headers;
  private final UpstreamKeys keys;

  /**
   * @param scope of the gateway that this filter belongs to
   * @param refusals what answers a request that goes no further
   * @param upstream where calls are sent
   * @param headers which of the client's headers pass
   * @param keys remembers the keys that were used
   */
  public PassthroughFilter(
      RequestScope scope,
      RefusalWriter refusals,
      UpstreamTarget upstream,
      RequestHeaders headers,
      UpstreamKeys keys) {
    this.scope = scope;
    this.refusals = refusals;
    this.upstream = upstream;
    this.headers = headers;
    this.keys = keys;
  }

  @Override
  void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    Optional<Exchange> exchange = scope.exchange(request);
    Optional<Principal> principal = scope.principal(request);
    if (exchange.isPresent() && !exchange.get().route().relayed()) {
      chain.doFilter(request, response);
      return;
    }
    if (exchange.isEmpty() || principal.isEmpty()) {
      refusals.refuse(request, response, GatewayError.of(Kind.INVALID_KEY));
      return;
    }
    if (exchange.get().route().path().equals(GenerationFilter.PATH)
        && exchange.get().upstreamQuery() == null) {
      // An application that maps the filters by hand has left the one out that guards it.
      refusals.refuse(request, response, GatewayError.generationNotFound());
      return;
    }
    Optional<Secret> key =
        Optional.ofNullable(exchange.get().upstreamKey())
            .or(() -> upstream.keyFor(principal.get().project()));
    if (key.isEmpty()) {
      refusals.refuse(request, response, GatewayError.of(Kind.NOT_CONFIGURED));
      return;
    }
    try {
      exchange
          .get()
          .setUpstreamRequest(
              build(
                  request,
                  exchange.get(),
                  key.get(),
                  principal.get().project().upstream().isOwn(key.get())));
    } catch (IllegalArgumentException e) {
      LOG.log(Level.ERROR, exchange.get().id() + ": the upstream request cannot be built", e);
      refusals.refuse(request, response, GatewayError.of(Kind.REQUEST_BUILD_FAILED));
      return;
    }
    chain.doFilter(request, response);
  }

  private UpstreamRequest build(
      HttpServletRequest request, Exchange exchange, Secret key, boolean ownKey) {
    Route route = exchange.route();
    // A metered route takes no query; elsewhere what is not ours passes on.
    String query = route.metered() ? "" : query(exchange);
    URI uri =
        URI.create(
            upstream.baseUrl() + route.upstreamPath() + (query.isEmpty() ? "" : "?" + query));
    List<Header> sent = headers.select(request, route.metered(), ownKey);
    sent.add(new Header("Authorization", "Bearer " + key.reveal()));
    // Whoever asks later what it cost needs the same key.
    String keyId = route.metered() ? keys.remember(key) : "";
    return new UpstreamRequest(route.method(), uri, sent, keyId);
  }

  private static String query(Exchange exchange) {
    String query = exchange.upstreamQuery();
    return query == null ? exchange.query().without(PinMeFlavor.PROJECT_NAME) : query;
  }
}
