package dev.tollgate.gateway.meter;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tollgate.gateway.json.Json;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The prices from the last valid list of models. Safe for use by many threads. A list is replaced
 * as a whole; an invalid list leaves the previous one in place.
 */
public final class PriceBook {
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

  /** Prices by name; empty: the model is known, but its price is unknown or unusable. */
  private record Known(
      Map<String, Optional<ModelPrice>> byId,
      Map<String, Optional<ModelPrice>> bySlug,
      boolean freeNames,
      boolean freePrices) {
    Known(Map<String, Optional<ModelPrice>> byId, Map<String, Optional<ModelPrice>> bySlug) {
      this(
          Map.copyOf(byId),
          Map.copyOf(bySlug),
          byId.keySet().stream().anyMatch(id -> id.endsWith(":free")),
          byId.values().stream().flatMap(Optional::stream).anyMatch(ModelPrice::isFree));
    }

    boolean lists(String name) {
      return byId.containsKey(name) || bySlug.containsKey(name);
    }

    Optional<ModelPrice> find(String name) {
      return byId.getOrDefault(name, bySlug.getOrDefault(name, Optional.empty()));
    }
  }

  private volatile Known prices = new Known(Map.of(), Map.of());

  /**
   * Reads an answer of {@code GET /models}. Entries that cannot be read have no price.
   *
   * @return the number of models with a price
   * @throws IllegalArgumentException if no model has a price; nothing has changed
   */
  public int replace(byte[] modelsJson) {
    Map<String, Optional<ModelPrice>> byId = new HashMap<>();
    Map<String, Optional<ModelPrice>> bySlug = new HashMap<>();
    for (JsonNode entry : tree(modelsJson, "a list of models").path("data")) {
      Optional<ModelPrice> price = price(entry);
      put(byId, entry.path("id").asText(""), price);
      put(bySlug, entry.path("canonical_slug").asText(""), price);
    }
    int priced = (int) byId.values().stream().filter(Optional::isPresent).count();
    if (priced == 0) {
      throw new IllegalArgumentException("a list of models has at least one price");
    }
    prices = new Known(byId, bySlug);
    return priced;
  }

  /**
   * Reads the operator's own price table: an array of objects with {@code model_id}, {@code
   * input_usd_per_1m_tokens} and {@code output_usd_per_1m_tokens}. An entry may also have {@code
   * cache_read_}, {@code cache_write_}, {@code reasoning_} and {@code audio_usd_per_1m_tokens},
   * {@code image_usd}, {@code web_search_usd}, {@code usd_per_request}, {@code max_output_tokens},
   * {@code context_length} and {@code tiers}: an array of objects with {@code above_input_tokens}
   * and the prices that differ. Pinata's list of models has this form. Every entry must be valid.
   *
   * @return the number of models with a price
   * @throws IllegalArgumentException if {@code tableJson} is not such a table; nothing has changed
   */
  public int replaceByTable(byte[] tableJson) {
    Map<String, Optional<ModelPrice>> byId = new HashMap<>();
    JsonNode table = tree(tableJson, "a list of models");
    if (!table.isArray() || table.isEmpty()) {
      throw new IllegalArgumentException(
          "a table of prices is a JSON array with an entry at least");
    }
    for (JsonNode entry : table) {
      String id = entry.path("model_id").asText("");
      if (id.isBlank() || byId.containsKey(id)) {
        throw new IllegalArgumentException("each entry has a model_id of its own");
      }
      byId.put(
          id,
          Optional.of(
              new ModelPrice(
                  ofTable(entry),
                  tiersOfTable(entry),
                  tokens(entry, "max_output_tokens"),
                  tokens(entry, "context_length"))));
      // Input and output prices are required.
      perToken(entry, INPUT);
      perToken(entry, OUTPUT);
    }
    prices = new Known(byId, Map.of());
    return byId.size();
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
      throw new IllegalArgumentException(
          "the " + name + " of " + entry.path("model_id").asText() + " is no number of tokens");
    }
    return tokens;
  }

  private static BigDecimal perToken(JsonNode entry, String name) {
    return number(entry, name).movePointLeft(MILLION_DIGITS);
  }

  private static BigDecimal number(JsonNode entry, String name) {
    return dollars(entry.path(name))
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "the " + name + " of " + entry.path("model_id").asText() + " is no price"));
  }

  /** The models with a price, sorted by id. */
  public SortedMap<String, ModelPrice> list() {
    SortedMap<String, ModelPrice> list = new TreeMap<>();
    prices.byId().forEach((id, price) -> price.ifPresent(known -> list.put(id, known)));
    return list;
  }

  /**
   * Whether requests for a model are free of charge.
   *
   * @param byName true: a name that ends in {@code :free} decides, as with OpenRouter; false: the
   *     prices decide
   */
  boolean isFree(String model, boolean byName) {
    Known present = prices;
    return byName
        ? model.endsWith(":free") && present.lists(model)
        : present.find(model).filter(ModelPrice::isFree).isPresent();
  }

  /** Whether the list has a model with exactly this name. */
  public boolean lists(String model) {
    return prices.lists(model);
  }

  /** Whether {@link #isFree} is true of any model. */
  boolean hasFree(boolean byName) {
    return byName ? prices.freeNames : prices.freePrices;
  }

  /** Whether no list has been read yet. */
  public boolean isEmpty() {
    return prices.byId().isEmpty();
  }

  /**
   * The price of a model by its id, by its canonical slug, or by its id before a routing suffix
   * such as {@code :nitro}. Empty: not known. A {@code :free} model that is not in the list does
   * not get the price of the model without the suffix.
   */
  public Optional<ModelPrice> find(String model) {
    Known present = prices;
    if (present.lists(model)) {
      return present.find(model);
    }
    int colon = model.lastIndexOf(':');
    // A free variant is a different model, and an online variant also charges for its searches.
    return colon <= model.lastIndexOf('/') || model.endsWith(":free") || model.endsWith(":online")
        ? Optional.empty()
        : present.find(model.substring(0, colon));
  }

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
   * If several entries have the same name, the highest prices count; an unknown price overrides
   * all.
   */
  private static void put(
      Map<String, Optional<ModelPrice>> prices, String name, Optional<ModelPrice> price) {
    if (!name.isEmpty()) {
      prices.merge(name, price, (one, other) -> one.flatMap(a -> other.map(a::max)));
    }
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
