package dev.tollgate.gateway.meter;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tollgate.gateway.json.Json;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads the prices of a model from an upstream's list, or from the operator's table. */
final class PriceReader {
  // Decimal: prices must not be converted to binary fractions.
  private static final ObjectMapper JSON =
      new ObjectMapper(Json.factory().build())
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private static final String INPUT = "input_usd_per_1m_tokens";
  private static final String OUTPUT = "output_usd_per_1m_tokens";
  private static final int MILLION_DIGITS = 6;

  /** The highest plausible price, in dollars. A higher price is treated as unreadable. */
  private static final BigDecimal DEAREST = BigDecimal.valueOf(1_000_000);

  private PriceReader() {}

  /**
   * Parses JSON with prices in it.
   *
   * @param what the name of the document in the message
   * @throws IllegalArgumentException if {@code json} is not valid JSON, or has a number out of
   *     range
   */
  static JsonNode tree(byte[] json, String what) {
    try {
      return JSON.readTree(json);
    } catch (IOException | NumberFormatException e) {
      // NumberFormatException: an exponent with too many digits.
      throw new IllegalArgumentException(what + " is JSON, with numbers in bounds", e);
    }
  }

  /**
   * Reads an entry of the operator's table.
   *
   * @throws IllegalArgumentException if a price or a limit is invalid, or input or output has no
   *     price
   */
  static ModelPrice priceOfTable(JsonNode entry) {
    ModelPrice price =
        new ModelPrice(
            ofTable(entry),
            tiersOfTable(entry),
            tokens(entry, "max_output_tokens"),
            tokens(entry, "context_length"));
    // Input and output prices are required.
    perToken(entry, INPUT);
    perToken(entry, OUTPUT);
    return price;
  }

  private static Prices ofTable(JsonNode entry) {
    return new Prices(
        perTokenIfAny(entry, INPUT),
        perTokenIfAny(entry, "cache_read_usd_per_1m_tokens"),
        perTokenIfAny(entry, "cache_write_usd_per_1m_tokens"),
        perTokenIfAny(entry, OUTPUT),
        perTokenIfAny(entry, "reasoning_usd_per_1m_tokens"),
        perTokenIfAny(entry, "audio_usd_per_1m_tokens"),
        numberIfAny(entry, "image_usd"),
        numberIfAny(entry, "web_search_usd"),
        numberIfAny(entry, "usd_per_request"));
  }

  /** Sorted: if several tiers apply to an input, the highest counts. */
  private static List<ModelPrice.Tier> tiersOfTable(JsonNode entry) {
    List<ModelPrice.Tier> tiers = new ArrayList<>();
    JsonNode list = entry.path("tiers");
    if (entry.has("tiers") && !list.isArray()) {
      throw wrong(entry, "tiers", "must be an array");
    }
    for (JsonNode tier : list) {
      JsonNode above = tier.path("above_input_tokens");
      if (!above.isIntegralNumber() || !above.canConvertToLong() || above.asLong() < 0) {
        throw wrong(entry, "above_input_tokens", "must be a number of tokens");
      }
      tiers.add(new ModelPrice.Tier(above.asLong(), false, ofTable(tier)));
    }
    tiers.sort(Comparator.comparingLong(ModelPrice.Tier::aboveInputTokens));
    return tiers;
  }

  private static IllegalArgumentException wrong(JsonNode entry, String name, String what) {
    return new IllegalArgumentException(
        "the " + name + " of " + entry.path("model_id").asText() + " " + what);
  }

  private static @Nullable BigDecimal perTokenIfAny(JsonNode entry, String name) {
    return entry.has(name) ? perToken(entry, name) : null;
  }

  private static @Nullable BigDecimal numberIfAny(JsonNode entry, String name) {
    return entry.has(name) ? number(entry, name) : null;
  }

  private static long tokens(JsonNode entry, String name) {
    long tokens = limit(entry.path(name));
    if (entry.has(name) && tokens == ModelPrice.UNKNOWN) {
      throw wrong(entry, name, "is no number of tokens");
    }
    return tokens;
  }

  private static BigDecimal perToken(JsonNode entry, String name) {
    return number(entry, name).movePointLeft(MILLION_DIGITS);
  }

  private static BigDecimal number(JsonNode entry, String name) {
    return dollars(entry.path(name)).orElseThrow(() -> wrong(entry, name, "is no price"));
  }

  /**
   * Reads the price of a model from the list of models, or of one of its endpoints: both have the
   * same form. Empty: not known, or unreadable.
   *
   * <p>Source: OpenRouter's API reference, {@code GET /models}.
   */
  static Optional<ModelPrice> price(JsonNode entry) {
    JsonNode pricing = entry.path("pricing");
    Prices base = prices(pricing);
    if (base.input() == null
        || base.output() == null
        || (pricing.hasNonNull("request") && base.request() == null)) {
      return Optional.empty();
    }
    List<ModelPrice.Tier> tiers = new ArrayList<>();
    for (JsonNode override : pricing.path("overrides")) {
      if (!isReadable(override, "prompt")
          || !isReadable(override, "completion")
          || !isReadable(override, "request")) {
        return Optional.empty();
      }
      tiers.add(
          new ModelPrice.Tier(
              override.path("min_prompt_tokens").asLong(-1),
              override.hasNonNull("utc_start") || override.hasNonNull("utc_end"),
              prices(override)));
    }
    BigDecimal longCacheWrite = price(pricing, "input_cache_write_1h");
    if (longCacheWrite != null) {
      // A request may ask for a longer cache lifetime; that price counts for holds only.
      tiers.add(new ModelPrice.Tier(-1, true, Prices.ofCacheWrite(longCacheWrite)));
    }
    JsonNode top = entry.path("top_provider");
    long most = limit(entry.path("max_completion_tokens"));
    long context = limit(entry.path("context_length"));
    return Optional.of(
        new ModelPrice(
            base,
            tiers,
            most == ModelPrice.UNKNOWN ? limit(top.path("max_completion_tokens")) : most,
            context == ModelPrice.UNKNOWN ? limit(top.path("context_length")) : context));
  }

  private static boolean isReadable(JsonNode pricing, String name) {
    return !pricing.hasNonNull(name) || dollars(pricing.path(name)).isPresent();
  }

  private static Prices prices(JsonNode pricing) {
    return new Prices(
        price(pricing, "prompt"),
        price(pricing, "input_cache_read"),
        price(pricing, "input_cache_write"),
        price(pricing, "completion"),
        price(pricing, "internal_reasoning"),
        price(pricing, "audio"),
        price(pricing, "image"),
        price(pricing, "web_search"),
        price(pricing, "request"));
  }

  /** Null: there is no readable price. */
  private static @Nullable BigDecimal price(JsonNode pricing, String name) {
    return dollars(pricing.path(name)).orElse(null);
  }

  private static Optional<BigDecimal> dollars(JsonNode price) {
    return Decimal.read(price.asText(""))
        .filter(dollars -> dollars.signum() >= 0 && dollars.compareTo(DEAREST) <= 0);
  }

  private static long limit(JsonNode tokens) {
    return tokens.canConvertToLong() && tokens.asLong() > 0 ? tokens.asLong() : ModelPrice.UNKNOWN;
  }
}
