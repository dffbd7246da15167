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
 * Limits that are checked once a request's body is known. Safe for use by many threads; no method
 * blocks.
 */
public final class RequestLimits {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private final Limits defaults;
  private final ModelAliases aliases;
  private final RateLimiter free = new RateLimiter(System::nanoTime);

  /**
   * @param defaults limits of projects that have none of their own
   * @param aliases aliases that a list of allowed models may contain
   */
  public RequestLimits(Limits defaults, ModelAliases aliases) {
    this.defaults = defaults;
    this.aliases = aliases;
  }

  /**
   * The reason to refuse a request; empty: it is allowed. Counts the request if its kind is
   * counted.
   */
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

  /**
   * The refusal if a model is not on the list. An unreadable body is refused, too: it could name
   * any model.
   */
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

  /**
   * Whether the list allows an alias of this model. Callers of the Pinata flavor use aliases, and
   * the sketch has the name sent upstream.
   */
  private boolean isAliasOfOne(ModelList models, String model) {
    return models.patterns().stream().anyMatch(one -> aliases.find(one).equals(Optional.of(model)));
  }

  /** The limits that the ledger enforces. */
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
        // An unreadable body may name a free model.
        && (sketch.free() || !sketch.readable());
  }
}
