package dev.tollgate.gateway.selfservice;

import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.ledger.Balance;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.ProjectTotals;
import dev.tollgate.gateway.meter.ModelPrice;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A response body: members in a fixed order. Amounts are numbers of US dollars. */
final class Answer extends LinkedHashMap<String, @Nullable Object> {
  private static final long serialVersionUID = 1L;
  private static final int MILLION_DIGITS = 6;

  Answer add(String name, @Nullable Object value) {
    put(name, value instanceof Money amount ? plain(amount.dollars()) : value);
    return this;
  }

  /** OpenRouter's wrapper around a response. */
  static Answer data(Answer data) {
    return new Answer().add("data", data);
  }

  /** {@code GET /credits} as in OpenRouter's API reference, plus the remaining credits. */
  static Answer credits(ProjectTotals totals) {
    return new Answer()
        .add("total_credits", totals.credits())
        .add("total_usage", totals.charges())
        .add("remaining_credits", totals.balance().total());
  }

  /** Pinata's {@code GET /v0/credits/balance}. */
  static Answer balance(Balance balance) {
    return new Answer()
        .add("total", balance.total())
        .add("loaned", balance.loaned())
        .add("available", balance.available());
  }

  /** Pinata's {@code GET /v0/llm/models}. */
  static List<Answer> models(Map<String, ModelPrice> prices) {
    return prices.entrySet().stream().map(each -> model(each.getKey(), each.getValue())).toList();
  }

  private static Answer model(String id, ModelPrice price) {
    BigDecimal cacheRead = price.base().cached();
    Answer model =
        new Answer()
            .add("model_id", id)
            .add("input_usd_per_1m_tokens", perMillion(price.base().ofInput()))
            .add("output_usd_per_1m_tokens", perMillion(price.base().ofOutput()));
    return cacheRead == null
        ? model
        : model.add("cache_read_usd_per_1m_tokens", perMillion(cacheRead));
  }

  private static BigDecimal perMillion(BigDecimal perToken) {
    return plain(perToken.movePointRight(MILLION_DIGITS));
  }

  /** Pinata's {@code POST /v0/llm/enable}. The key is shown only once. */
  static Answer enabled(Secret key) {
    return new Answer().add("success", true).add("privateKey", key.reveal());
  }

  /** Pinata's {@code GET /v0/llm/status}. */
  static Answer status(Optional<Instant> since) {
    Answer status = new Answer().add("enabled", since.isPresent());
    since.ifPresent(at -> status.add("createdAt", at.toString()));
    return status;
  }

  private static BigDecimal plain(BigDecimal number) {
    BigDecimal shortest = number.stripTrailingZeros();
    return shortest.setScale(Math.max(0, shortest.scale()));
  }
}
