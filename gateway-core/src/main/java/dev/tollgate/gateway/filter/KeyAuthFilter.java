package dev.tollgate.gateway.filter;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.KeyStore;
import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.exchange.Exchange;
import dev.tollgate.gateway.exchange.RefusalWriter;
import dev.tollgate.gateway.exchange.RequestScope;
import dev.tollgate.gateway.exchange.Route;
import dev.tollgate.gateway.exchange.Route.Access;
import dev.tollgate.gateway.exchange.UpstreamTarget;
import dev.tollgate.gateway.flavor.Claim;
import dev.tollgate.gateway.flavor.Flavor;
import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.flavor.GatewayError.Kind;
import dev.tollgate.gateway.http.RawQuery;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Optional;

/**
 * Turns the presented key into a {@link Principal}, and refuses one whose project has no upstream
 * key or is disabled. A request that was authenticated before, by the embedding application, keeps
 * its principal.
 */
public final class KeyAuthFilter extends GatewayFilter {
  private final RequestScope scope;
  private final RefusalWriter refusals;
  private final KeyStore keys;
  private final UpstreamTarget upstream;
  private final InstantSource clock;

  /**
   * @param scope of the gateway that this filter belongs to
   * @param refusals what answers a request that goes no further
   * @param keys where keys are looked up
   * @param upstream what a project's calls would be sent to
   * @param clock what tells whether a key has expired
   */
  public KeyAuthFilter(
      RequestScope scope,
      RefusalWriter refusals,
      KeyStore keys,
      UpstreamTarget upstream,
      InstantSource clock) {
    this.scope = scope;
    this.refusals = refusals;
    this.keys = keys;
    this.upstream = upstream;
    this.clock = clock;
  }

  @Override
  void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    Optional<Exchange> exchange = scope.exchange(request);
    Route route = exchange.map(Exchange::route).orElse(Route.NONE);
    if (route.access() == Access.PUBLIC) {
      chain.doFilter(request, response);
      return;
    }
    Optional<Principal> known = scope.principal(request);
    GatewayError otherwise = GatewayError.of(Kind.INVALID_KEY);
    if (known.isEmpty()) {
      Claim claim =
          exchange.isPresent()
              ? exchange.get().flavor().claim(request, exchange.get().query())
              : Flavor.of("", request).claim(request, RawQuery.parse(request.getQueryString()));
      if (claim instanceof Claim.Refused refused) {
        refusals.refuse(request, response, refused.error());
        return;
      }
      Claim.Presented presented = (Claim.Presented) claim;
      otherwise = presented.otherwise();
      known = find(presented);
    }
    if (known.isEmpty() || !opens(known.get().key(), route)) {
      refusals.refuse(request, response, otherwise);
      return;
    }
    Principal principal = known.get();
    scope.authenticate(request, principal);
    // By itself, without an exchange, it stands in front of whatever the upstream is asked for.
    boolean relayed = exchange.isEmpty() || route.relayed();
    if (relayed && upstream.keyFor(principal.project()).isEmpty()) {
      refusals.refuse(request, response, GatewayError.of(Kind.NOT_CONFIGURED));
    } else if (!principal.project().enabled()) {
      refusals.refuse(request, response, GatewayError.of(Kind.PROJECT_DISABLED));
    } else {
      chain.doFilter(request, response);
    }
  }

  private static boolean opens(ApiKey key, Route route) {
    return switch (route.access()) {
      case PUBLIC, ANY_KEY -> true;
      case INFERENCE -> key.kind() == ApiKey.Kind.INFERENCE;
      case MANAGEMENT -> key.kind() == ApiKey.Kind.MANAGEMENT;
    };
  }

  private Optional<Principal> find(Claim.Presented presented) {
    String projectName = presented.projectName();
    return keys.find(presented.fingerprint())
        .filter(principal -> principal.key().isUsable(clock.instant()))
        .filter(principal -> projectName == null || projectName.equals(principal.project().name()));
  }
}
