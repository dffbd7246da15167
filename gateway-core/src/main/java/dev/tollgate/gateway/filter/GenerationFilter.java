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
 * Filter that lets a project look up its own generations only, because projects may share an
 * upstream key. A generation is looked up with the key that created it.
 */
public final class GenerationFilter extends CheckFilter {
  /** The path that this filter is mapped to, within the gateway. */
  public static final String PATH = "/api/v1/generation";

  private final Ledger ledger;
  private final UpstreamKeys keys;

  /**
   * @param scope of the gateway that this filter belongs to
   * @param refusals writes the answer to a refused request
   * @param ledger records which project created a generation
   * @param keys the upstream keys that requests were sent with
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
    // Send only the checked id: in any other parameter, the upstream might see another id.
    exchange.setUpstreamQuery("id=" + URLEncoder.encode(id, StandardCharsets.UTF_8));
    return PASSES;
  }
}
