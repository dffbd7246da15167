package dev.tollgate.gateway.selfservice;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.tollgate.gateway.ledger.Balance;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.ProjectTotals;
import dev.tollgate.gateway.meter.ModelPrice;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Response bodies. Amounts are in US dollars. */
final class Answers {
  private static final int MILLION_DIGITS = 6;

  private Answers() {}

  /** OpenRouter's wrapper around a response. */
  record Data<T>(T data) {}

  /**
   * {@code GET /credits} as in OpenRouter's API reference, plus the remaining credits.
   *
   * @param totalCredits the sum of all credits
   * @param totalUsage the sum of all charges
   * @param remainingCredits the difference
   */
  record Credits(
      @JsonProperty("total_credits") BigDecimal totalCredits,
      @JsonProperty("total_usage") BigDecimal totalUsage,
      @JsonProperty("remaining_credits") BigDecimal remainingCredits) {
    static Credits of(ProjectTotals totals) {
      return new Credits(
          number(totals.credits()), number(totals.charges()), number(totals.balance().total()));
    }
  }

  /** Pinata's {@code GET /v0/credits/balance}. */
  record Balances(BigDecimal total, BigDecimal loaned, BigDecimal available) {
    static Balances of(Balance balance) {
      return new Balances(
          number(balance.total()), number(balance.loaned()), number(balance.available()));
    }
  }

  /** An entry of Pinata's {@code GET /v0/llm/models}. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Model(
      @JsonProperty("model_id") String id,
      @JsonProperty("input_usd_per_1m_tokens") BigDecimal input,
      @JsonProperty("output_usd_per_1m_tokens") BigDecimal output,
      @JsonProperty("cache_read_usd_per_1m_tokens") @Nullable BigDecimal cacheRead) {
    static List<Model> all(Map<String, ModelPrice> prices) {
      return prices.entrySet().stream().map(each -> of(each.getKey(), each.getValue())).toList();
    }

    private static Model of(String id, ModelPrice price) {
      BigDecimal cacheRead = price.base().cached();
      return new Model(
          id,
          perMillion(price.base().ofInput()),
          perMillion(price.base().ofOutput()),
          cacheRead == null ? null : perMillion(cacheRead));
    }

    private static BigDecimal perMillion(BigDecimal perToken) {
      return plain(perToken.movePointRight(MILLION_DIGITS));
    }
  }

  /** Pinata's {@code POST /v0/llm/enable}. The key is shown only once. */
  record Enabled(boolean success, String privateKey) {}

  /** Pinata's {@code GET /v0/llm/status}. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Status(boolean enabled, @Nullable String createdAt) {
    static Status of(Optional<Instant> since) {
      return new Status(since.isPresent(), since.map(Instant::toString).orElse(null));
    }
  }

  /** Pinata's {@code DELETE /v0/llm/disable}. */
  record Done(boolean success) {}

  static BigDecimal number(Money money) {
    return plain(money.dollars());
  }

  private static BigDecimal plain(BigDecimal number) {
    BigDecimal shortest = number.stripTrailingZeros();
    return shortest.setScale(Math.max(0, shortest.scale()));
  }
}
