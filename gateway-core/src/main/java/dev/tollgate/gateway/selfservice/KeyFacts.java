package dev.tollgate.gateway.selfservice;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.RatePolicy;
import dev.tollgate.gateway.ledger.Balance;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Period;
import dev.tollgate.gateway.ledger.Spending;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code GET /key}, with every member that OpenRouter's SDK requires. For a key with a
 * cap the figures are the key's own; for any other key they are the project's.
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
record KeyFacts(
    String label,
    BigDecimal usage,
    BigDecimal usageDaily,
    BigDecimal usageWeekly,
    BigDecimal usageMonthly,
    int byokUsage,
    int byokUsageDaily,
    int byokUsageWeekly,
    int byokUsageMonthly,
    boolean includeByokInLimit,
    BigDecimal limit,
    BigDecimal limitRemaining,
    @Nullable String limitReset,
    @JsonProperty("is_free_tier") boolean freeTier,
    @JsonProperty("is_management_key") boolean managementKey,
    @JsonProperty("is_provisioning_key") boolean provisioningKey,
    @Nullable String creatorUserId,
    @Nullable String organizationId,
    @Nullable String workspaceId,
    List<String> allowedDataRegions,
    FreeRequests freeModelDailyRequests,
    @Nullable String expiresAt,
    Rate rateLimit) {
  private static final int NONE = -1;

  /**
   * Creates the body for a key.
   *
   * @param spending the key's spending if it has a cap, otherwise the project's
   * @param policy the project's rate limit; null: no limit
   */
  static KeyFacts of(ApiKey key, Spending spending, @Nullable RatePolicy policy) {
    Balance balance = spending.project().balance();
    Limit limit = Limit.of(key, spending);
    // Both members have the same meaning.
    boolean manages = key.kind() == ApiKey.Kind.MANAGEMENT;
    return new KeyFacts(
        key.id(),
        Answers.number(spending.ever()),
        Answers.number(spending.daily()),
        Answers.number(spending.weekly()),
        Answers.number(spending.monthly()),
        0,
        0,
        0,
        0,
        false,
        Answers.number(limit.most),
        Answers.number(new Money(Math.min(limit.left.nanos(), balance.available().nanos()))),
        limit.reset,
        false,
        manages,
        manages,
        null,
        null,
        null,
        // The upstream decides where a model runs.
        List.of("global"),
        FreeRequests.of(policy, spending.freeRequests()),
        key.expiresAt() == null ? null : key.expiresAt().toString(),
        Rate.of(policy, balance));
  }

  /** The cap with the smallest remaining amount; for a key without a cap, the project's credits. */
  private record Limit(Money most, Money left, @Nullable String reset) {
    static Limit of(ApiKey key, Spending spending) {
      return Arrays.stream(Period.values())
          .flatMap(period -> period.cap(key.caps()).stream().map(cap -> of(cap, spending, period)))
          .min(Comparator.comparingLong(limit -> limit.left.nanos()))
          .orElseGet(
              () ->
                  new Limit(
                      spending.project().credits(),
                      spending.project().balance().available(),
                      null));
    }

    private static Limit of(Money cap, Spending spending, Period period) {
      long left = cap.nanos() - Math.min(cap.nanos(), spending.charged(period).nanos());
      return new Limit(
          cap,
          new Money(left - Math.min(left, spending.held().nanos())),
          switch (period) {
            case DAILY -> "daily";
            case MONTHLY -> "monthly";
          });
    }
  }

  /**
   * The daily limit on requests for free models.
   *
   * @param limit -1: no limit, and the requests are not counted
   * @param remaining -1: no limit
   */
  record FreeRequests(int limit, int remaining, int used) {
    static FreeRequests of(@Nullable RatePolicy policy, int used) {
      return policy == null || policy.kind() != RatePolicy.Kind.BY_CREDIT
          ? new FreeRequests(NONE, NONE, used)
          : new FreeRequests(
              RatePolicy.FREE_OF_DAY, Math.max(0, RatePolicy.FREE_OF_DAY - used), used);
    }
  }

  /**
   * The request rate limit.
   *
   * @param requests -1: no limit
   * @param interval a duration such as {@code 1s}
   * @param note an explanation for people
   */
  record Rate(int requests, String interval, String note) {
    static Rate of(@Nullable RatePolicy policy, Balance balance) {
      if (policy == null) {
        return new Rate(NONE, "10s");
      }
      return switch (policy.kind()) {
        case OFF -> new Rate(NONE, "10s");
        case FIXED -> new Rate(policy.requests(), policy.seconds() + "s");
        case BY_CREDIT -> new Rate(RatePolicy.byCredit(balance.available().nanos()), "1s");
      };
    }

    private Rate(int requests, String interval) {
      this(requests, interval, requests == NONE ? "no limit" : "the limit that applies now");
    }
  }
}
