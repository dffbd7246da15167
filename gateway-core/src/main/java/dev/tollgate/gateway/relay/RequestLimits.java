package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.account.Limits;
import dev.tollgate.gateway.account.ModelList;
import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.RatePolicy;
import dev.tollgate.gateway.exchange.RateLimiter;
import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.flavor.ModelAliases;
import dev.tollgate.gateway.ledger.HoldLimits;
import dev.tollgate.gateway.meter.RequestSketch;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a request is kept to once its body is known. Safe for use by many threads; no method blocks.
 */
public final class RequestLimits {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private final Limits defaults;
  private final ModelAliases aliases;
  private final RateLimiter free = new RateLimiter(System::nanoTime);

  /**
   * @param defaults for projects that have no limits of their own
   * @param aliases by which a list of models may have them, too
   */
  public RequestLimits(Limits defaults, ModelAliases aliases) {
    this.defaults = defaults;
    this.aliases = aliases;
  }

  /** Why a request goes no further; empty: it does. Counts it, where requests are counted. */
  Optional<GatewayError> refusal(Project project, RequestSketch sketch) {
    Limits limits = project.limits().over(defaults);
    if (countsFree(limits, sketch)) {
      Duration wait = free.acquire(project.id(), RatePolicy.FREE_OF_MINUTE, MINUTE);
      if (!wait.isZero()) {
        return Optional.of(GatewayError.rateLimited(wait));
      }
    }
    ModelList models = limits.models();
    return models == null ? Optional.empty() : forbidden(models, sketch);
  }

  /** What cannot be read could be anything, so it is refused as well. */
  private Optional<GatewayError> forbidden(ModelList models, RequestSketch sketch) {
    if (!sketch.readable()) {
      return Optional.of(GatewayError.modelNotAllowed("(the body cannot be read)"));
    }
    if (sketch.models().isEmpty()) {
      return Optional.of(GatewayError.modelNotAllowed("(none is named)"));
    }
    return Stream.concat(sketch.models().stream(), sketch.others().stream())
        .filter(model -> !models.allows(model) && !isAliasOfOne(models, model))
        .findFirst()
        .map(model -> GatewayError.modelNotAllowed(RequestSketch.printable(model)));
  }

  /** Pinata's callers write another name than the one that is sent. */
  private boolean isAliasOfOne(ModelList models, String model) {
    return models.patterns().stream().anyMatch(one -> aliases.find(one).equals(Optional.of(model)));
  }

  /** What the ledger is to see to. */
  HoldLimits ofHold(Principal who, RequestSketch sketch) {
    Limits limits = who.project().limits().over(defaults);
    Integer maxOpen = limits.maxOpen();
    return new HoldLimits(
        maxOpen == null ? 0 : maxOpen,
        countsFree(limits, sketch) ? RatePolicy.FREE_OF_DAY : 0,
        limits.caps(),
        who.key().caps());
  }

  private static boolean countsFree(Limits limits, RequestSketch sketch) {
    RatePolicy rate = limits.rate();
    return rate != null
        && rate.kind() == RatePolicy.Kind.BY_CREDIT
        // What cannot be read may well ask for one.
        && (sketch.free() || !sketch.readable());
  }
}
