package dev.tollgate.gateway.selfservice;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.RatePolicy;
import dev.tollgate.gateway.ledger.Balance;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Period;
import dev.tollgate.gateway.ledger.Spending;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code GET /key} and the entries of {@code GET /keys}, with every member that
 * OpenRouter's SDK requires.
 */
final class KeyFacts {
  private static final int NONE = -1;

  private KeyFacts() {}

  /**
   * Creates the body of {@code GET /key}. For a key with a cap the figures are the key's own; for
   * any other key they are the project's.
   *
   * @param spending the key's spending if it has a cap, otherwise the project's
   * @param policy the project's rate limit; null: no limit
   */
  static Answer of(ApiKey key, Spending spending, @Nullable RatePolicy policy) {
    Balance balance = spending.project().balance();
    Limit limit =
        Limit.of(key, spending)
            .orElseGet(() -> new Limit(spending.project().credits(), balance.available(), null));
    // Both members have the same meaning.
    boolean manages = key.kind() == ApiKey.Kind.MANAGEMENT;
    Answer facts = new Answer().add("label", label(key));
    addUsage(facts, spending);
    return facts
        .add("include_byok_in_limit", false)
        .add("limit", limit.most)
        .add("limit_remaining", limit.left.min(balance.available()))
        .add("limit_reset", limit.reset)
        .add("is_free_tier", false)
        .add("is_management_key", manages)
        .add("is_provisioning_key", manages)
        .add("creator_user_id", null)
        .add("organization_id", null)
        .add("workspace_id", null)
        // The upstream decides where a model runs.
        .add("allowed_data_regions", List.of("global"))
        .add("free_model_daily_requests", freeRequests(policy, spending.freeRequests()))
        .add("expires_at", text(key.expiresAt()))
        .add("rate_limit", rate(policy, balance));
  }

  /**
   * Creates an entry of {@code GET /keys}. All figures are the key's own.
   *
   * @param projectName the project, which is the key's workspace in OpenRouter's terms
   * @param spending the key's spending
   */
  static Answer entry(ApiKey key, String projectName, Spending spending) {
    Limit limit = Limit.of(key, spending).orElse(null);
    Money available = spending.project().balance().available();
    Answer entry =
        new Answer()
            .add("hash", KeyRoutes.hash(key))
            .add("name", key.settings().name())
            .add("label", label(key))
            .add("disabled", key.settings().disabled())
            .add("limit", limit == null ? null : limit.most)
            .add("limit_remaining", limit == null ? null : limit.left.min(available))
            .add("limit_reset", limit == null ? null : limit.reset)
            .add("include_byok_in_limit", false);
    addUsage(entry, spending);
    return entry
        .add("created_at", text(key.createdAt()))
        // The time of the last change is in the operator's audit log only.
        .add("updated_at", null)
        .add("expires_at", text(key.expiresAt()))
        .add("creator_user_id", null)
        .add("external_user", null)
        .add("workspace_id", projectName);
  }

  private static String label(ApiKey key) {
    return key.settings().name().isEmpty() ? key.id() : key.settings().name();
  }

  private static @Nullable String text(@Nullable Instant at) {
    return at == null ? null : at.toString();
  }

  private static void addUsage(Answer answer, Spending spending) {
    answer
        .add("usage", spending.ever())
        .add("usage_daily", spending.daily())
        .add("usage_weekly", spending.weekly())
        .add("usage_monthly", spending.monthly())
        .add("byok_usage", 0)
        .add("byok_usage_daily", 0)
        .add("byok_usage_weekly", 0)
        .add("byok_usage_monthly", 0);
  }

  /** The cap with the smallest remaining amount. */
  private record Limit(Money most, Money left, @Nullable String reset) {
    /** Empty: the key has no cap. */
    static Optional<Limit> of(ApiKey key, Spending spending) {
      return Arrays.stream(Period.values())
          .flatMap(period -> period.cap(key.caps()).stream().map(cap -> of(cap, spending, period)))
          .min(Comparator.comparingLong(limit -> limit.left.nanos()));
    }

    private static Limit of(Money cap, Spending spending, Period period) {
      long left = cap.nanos() - Math.min(cap.nanos(), spending.charged(period).nanos());
      return new Limit(
          cap,
          new Money(left - Math.min(left, spending.held().nanos())),
          switch (period) {
            case DAILY, WEEKLY, MONTHLY -> period.toString();
            case TOTAL -> null;
          });
    }
  }

  /** The daily limit on requests for free models; -1: no limit, and they are not counted. */
  private static Answer freeRequests(@Nullable RatePolicy policy, int used) {
    boolean limited = policy != null && policy.kind() == RatePolicy.Kind.BY_CREDIT;
    return new Answer()
        .add("limit", limited ? RatePolicy.FREE_OF_DAY : NONE)
        .add("remaining", limited ? Math.max(0, RatePolicy.FREE_OF_DAY - used) : NONE)
        .add("used", used);
  }

  /** The request rate limit; -1: no limit. */
  private static Answer rate(@Nullable RatePolicy policy, Balance balance) {
    if (policy == null) {
      return rate(NONE, "10s");
    }
    return switch (policy.kind()) {
      case OFF -> rate(NONE, "10s");
      case FIXED -> rate(policy.requests(), policy.seconds() + "s");
      case BY_CREDIT -> rate(RatePolicy.byCredit(balance.available().nanos()), "1s");
    };
  }

  private static Answer rate(int requests, String interval) {
    return new Answer()
        .add("requests", requests)
        .add("interval", interval)
        .add("note", requests == NONE ? "no limit" : "the limit that applies now");
  }
}
