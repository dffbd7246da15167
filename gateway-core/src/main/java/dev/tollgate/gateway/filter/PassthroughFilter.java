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
import jakarta.servlet.http.HttpServletRequest;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Filter that builds the upstream request: the URL of the route, the client's headers that may
 * pass, and the upstream key. It fails closed without an exchange or a principal of its own
 * gateway.
 */
public final class PassthroughFilter extends CheckFilter {
  private static final Logger LOG = System.getLogger(PassthroughFilter.class.getName());

  private final UpstreamTarget upstream;
  private final RequestHeaders headers;
  private final UpstreamKeys keys;

  /**
   * @param scope of the gateway that this filter belongs to
   * @param refusals writes the answer to a refused request
   * @param upstream where calls are sent
   * @param headers selects the client's headers that pass
   * @param keys remembers the upstream keys that were used
   */
  public PassthroughFilter(
      RequestScope scope,
      RefusalWriter refusals,
      UpstreamTarget upstream,
      RequestHeaders headers,
      UpstreamKeys keys) {
    super(scope, refusals);
    this.upstream = upstream;
    this.headers = headers;
    this.keys = keys;
  }

  @Override
  Optional<GatewayError> check(
      HttpServletRequest request, @Nullable Exchange exchange, @Nullable Principal principal) {
    if (exchange != null && !exchange.route().relayed()) {
      return PASSES;
    }
    if (exchange == null || principal == null) {
      return refused(Kind.INVALID_KEY);
    }
    if (exchange.route().path().equals(GenerationFilter.PATH) && exchange.upstreamQuery() == null) {
      // The application mapped the filters by hand, without the one that guards this route.
      return Optional.of(GatewayError.generationNotFound());
    }
    Optional<Secret> key =
        Optional.ofNullable(exchange.upstreamKey()).or(() -> upstream.keyFor(principal.project()));
    if (key.isEmpty()) {
      return refused(Kind.NOT_CONFIGURED);
    }
    boolean own = principal.project().upstream().isOwn(key.get());
    try {
      exchange.setUpstreamRequest(build(request, exchange, key.get(), own));
      return PASSES;
    } catch (IllegalArgumentException e) {
      LOG.log(Level.ERROR, exchange.id() + ": cannot build the upstream request", e);
      return refused(Kind.REQUEST_BUILD_FAILED);
    }
  }

  private UpstreamRequest build(
      HttpServletRequest request, Exchange exchange, Secret key, boolean ownKey) {
    Route route = exchange.route();
    // A metered route takes no query. Other routes pass on all parameters but the gateway's own.
    String query = route.metered() ? "" : query(exchange);
    URI uri =
        URI.create(
            upstream.baseUrl() + route.upstreamPath() + (query.isEmpty() ? "" : "?" + query));
    List<Header> sent = headers.select(request, route.metered(), ownKey);
    sent.add(new Header("Authorization", "Bearer " + key.reveal()));
    // A later look-up of the cost needs the same key.
    String keyId = route.metered() ? keys.remember(key) : "";
    return new UpstreamRequest(route.method(), uri, sent, keyId);
  }

  private static String query(Exchange exchange) {
    String query = exchange.upstreamQuery();
    return query == null ? exchange.query().without(PinMeFlavor.PROJECT_NAME) : query;
  }
}
