package dev.tollgate.gateway.filter;

import dev.tollgate.gateway.account.KeyStore;
import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.exchange.Exchange;
import dev.tollgate.gateway.exchange.RefusalWriter;
import dev.tollgate.gateway.exchange.RequestScope;
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
  private final Flavor flavor;
  private final KeyStore keys;
  private final UpstreamTarget upstream;
  private final InstantSource clock;

  /**
   * @param scope of the gateway that this filter belongs to
   * @param refusals what answers a request that goes no further
   * @param flavor where the credential is
   * @param keys where keys are looked up
   * @param upstream what a project's calls would be sent to
   * @param clock what tells whether a key has expired
   */
  public KeyAuthFilter(
      RequestScope scope,
      RefusalWriter refusals,
      Flavor flavor,
      KeyStore keys,
      UpstreamTarget upstream,
      InstantSource clock) {
    this.scope = scope;
    this.refusals = refusals;
    this.flavor = flavor;
    this.keys = keys;
    this.upstream = upstream;
    this.clock = clock;
  }

  @Override
  void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    Optional<Principal> known = scope.principal(request);
    if (known.isEmpty()) {
      Optional<Exchange> exchange = scope.exchange(request);
      RawQuery query =
          exchange.isPresent() ? exchange.get().query() : RawQuery.parse(request.getQueryString());
      Claim claim = flavor.claim(request, query);
      if (claim instanceof Claim.Refused refused) {
        refusals.refuse(request, response, refused.error());
        return;
      }
      Claim.Presented presented = (Claim.Presented) claim;
      known = find(presented);
      if (known.isEmpty()) {
        refusals.refuse(request, response, presented.otherwise());
        return;
      }
      scope.authenticate(request, known.get());
    }
    Principal principal = known.get();
    if (upstream.keyFor(principal.project()).isEmpty()) {
      refusals.refuse(request, response, GatewayError.of(Kind.NOT_CONFIGURED));
    } else if (!principal.project().enabled()) {
      refusals.refuse(request, response, GatewayError.of(Kind.PROJECT_DISABLED));
    } else {
      chain.doFilter(request, response);
    }
  }

  private Optional<Principal> find(Claim.Presented presented) {
    String projectName = presented.projectName();
    return keys.find(presented.fingerprint())
        .filter(principal -> principal.key().isUsable(clock.instant()))
        .filter(principal -> projectName == null || projectName.equals(principal.project().name()));
  }
}
