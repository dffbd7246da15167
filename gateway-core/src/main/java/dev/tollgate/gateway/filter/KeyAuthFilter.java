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
import jakarta.servlet.http.HttpServletRequest;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Filter that resolves the presented key to a {@link Principal}. It refuses a project that is
 * disabled or has no upstream key. A request that the embedding application has already
 * authenticated keeps its principal.
 */
public final class KeyAuthFilter extends CheckFilter {
  private final KeyStore keys;
  private final UpstreamTarget upstream;
  private final InstantSource clock;

  /**
   * @param scope of the gateway that this filter belongs to
   * @param refusals writes the answer to a refused request
   * @param keys where keys are looked up
   * @param upstream the upstream, which knows the key for a project's calls
   * @param clock decides whether a key has expired
   */
  public KeyAuthFilter(
      RequestScope scope,
      RefusalWriter refusals,
      KeyStore keys,
      UpstreamTarget upstream,
      InstantSource clock) {
    super(scope, refusals);
    this.keys = keys;
    this.upstream = upstream;
    this.clock = clock;
  }

  @Override
  Optional<GatewayError> check(
      HttpServletRequest request, @Nullable Exchange exchange, @Nullable Principal principal) {
    Route route = exchange == null ? Route.NONE : exchange.route();
    if (route.access() == Access.PUBLIC) {
      return PASSES;
    }
    if (principal != null) {
      return opened(exchange, route, principal, GatewayError.of(Kind.INVALID_KEY), request);
    }
    Claim claim =
        exchange == null
            // Without an exchange, the filter may guard any upstream route.
            ? Flavor.of("", request)
                .claim(
                    request,
                    RawQuery.parse(request.getQueryString()),
                    request.getMethod().equals("POST"))
            : exchange.flavor().claim(request, exchange.query(), route.metered());
    if (claim instanceof Claim.Refused refused) {
      return Optional.of(refused.error());
    }
    Claim.Presented presented = (Claim.Presented) claim;
    Optional<Principal> found = find(presented);
    return found.isEmpty()
        ? Optional.of(presented.otherwise())
        : opened(exchange, route, found.get(), presented.otherwise(), request);
  }

  private Optional<GatewayError> opened(
      @Nullable Exchange exchange,
      Route route,
      Principal principal,
      GatewayError otherwise,
      HttpServletRequest request) {
    if (!opens(principal.key(), route)) {
      return Optional.of(otherwise);
    }
    scope.authenticate(request, principal);
    // Without an exchange, the filter may guard any upstream route.
    boolean relayed = exchange == null || route.relayed();
    if (relayed && upstream.keyFor(principal.project()).isEmpty()) {
      return refused(Kind.NOT_CONFIGURED);
    }
    return principal.project().enabled() ? PASSES : refused(Kind.PROJECT_DISABLED);
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
