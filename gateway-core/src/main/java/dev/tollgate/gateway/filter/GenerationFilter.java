package dev.tollgate.gateway.filter;

import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.account.UpstreamKeys;
import dev.tollgate.gateway.exchange.Exchange;
import dev.tollgate.gateway.exchange.RefusalWriter;
import dev.tollgate.gateway.exchange.RequestScope;
import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.flavor.GatewayError.Kind;
import dev.tollgate.gateway.ledger.Ledger;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Lets a project ask for the generations that it made, and for no other: an upstream key may be
 * many projects'. What it made is asked for with the key that made it.
 */
public final class GenerationFilter extends CheckFilter {
  /** The path that it is mapped to, within the gateway. */
  public static final String PATH = "/api/v1/generation";

  private final Ledger ledger;
  private final UpstreamKeys keys;

  /**
   * @param scope of the gateway that this filter belongs to
   * @param refusals what answers a request that goes no further
   * @param ledger what knows whose a generation is
   * @param keys remembers the keys that were used
   */
  public GenerationFilter(
      RequestScope scope, RefusalWriter refusals, Ledger ledger, UpstreamKeys keys) {
    super(scope, refusals);
    this.ledger = ledger;
    this.keys = keys;
  }

  @Override
  Optional<GatewayError> check(
      HttpServletRequest request, @Nullable Exchange exchange, @Nullable Principal principal) {
    if (exchange == null || principal == null) {
      return refused(Kind.INVALID_KEY);
    }
    List<Optional<String>> ids = exchange.query().values("id").stream().distinct().toList();
    String id = ids.size() == 1 ? ids.get(0).orElse("") : "";
    Optional<String> keyId = ledger.upstreamKeyOf(principal.project().id(), id);
    if (keyId.isEmpty()) {
      return Optional.of(GatewayError.generationNotFound());
    }
    keys.find(keyId.get()).ifPresent(exchange::setUpstreamKey);
    // Nothing else, in which the upstream might see another id.
    exchange.setUpstreamQuery("id=" + URLEncoder.encode(id, StandardCharsets.UTF_8));
    return PASSES;
  }
}
