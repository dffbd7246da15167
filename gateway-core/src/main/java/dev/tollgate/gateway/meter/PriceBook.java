package dev.tollgate.gateway.meter;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tollgate.gateway.json.Json;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The prices of the last good list of models. Safe for use by many threads; a list is replaced as a
 * whole, and a bad one leaves the old one in place.
 */
public final class PriceBook {
  // As written: what is billed by must not go through binary fractions.
  private static final ObjectMapper JSON =
      new ObjectMapper(Json.factory().build())
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private static final int MILLION_DIGITS = 6;

  /** A list with a price above this, in dollars, is not believed. */
  private static final BigDecimal DEAREST = BigDecimal.valueOf(1_000_000);

  /** By name; empty: the model is known and its price is not, or not usable. */
  private record Prices(
      Map<String, Optional<ModelPrice>> byId, Map<String, Optional<ModelPrice>> bySlug) {
    boolean lists(String name) {
      return byId.containsKey(name) || bySlug.containsKey(name);
    }

    Optional<ModelPrice> find(String name) {
      return byId.getOrDefault(name, bySlug.getOrDefault(name, Optional.empty()));
    }
  }

  private volatile Prices prices = new Prices(Map.of(), Map.of());

  /**
   * Reads an answer of {@code GET /models}, entry by entry: one that cannot be read is left out.
   *
   * @return for how many models there is a price now
   * @throws IllegalArgumentException if there is none; nothing has changed
   */
  public int replace(byte[] modelsJson) {
    Map<String, Optional<ModelPrice>> byId = new HashMap<>();
    Map<String, Optional<ModelPrice>> bySlug = new HashMap<>();
    for (JsonNode entry : tree(modelsJson).path("data")) {
      Optional<ModelPrice> price = price(entry);
      put(byId, entry.path("id").asText(""), price);
      put(bySlug, entry.path("canonical_slug").asText(""), price);
    }
    int priced = (int) byId.values().stream().filter(Optional::isPresent).count();
    if (priced == 0) {
      throw new IllegalArgumentException("a list of models has at least one price");
    }
    prices = new Prices(Map.copyOf(byId), Map.copyOf(bySlug));
    return priced;
  }

  /**
   * Reads a table of prices of the operator's own: an array of objects with {@code model_id},
   * {@code input_usd_per_1m_tokens} and {@code output_usd_per_1m_tokens}, and if known {@code
   * usd_per_request}, {@code cache_read_usd_per_1m_tokens}, {@code max_output_tokens} and {@code
   * context_length}. Pinata's list of models has that form. Every entry must be right.
   *
   * @return for how many models there is a price now
   * @throws IllegalArgumentException if it is no such table; nothing has changed
   */
  public int replaceByTable(byte[] tableJson) {
    Map<String, Optional<ModelPrice>> byId = new HashMap<>();
    JsonNode table = tree(tableJson);
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
                  perToken(entry, "input_usd_per_1m_tokens"),
                  perToken(entry, "output_usd_per_1m_tokens"),
                  entry.has("usd_per_request") ? number(entry, "usd_per_request") : BigDecimal.ZERO,
                  entry.has("cache_read_usd_per_1m_tokens")
                      ? perToken(entry, "cache_read_usd_per_1m_tokens")
                      : null,
                  tokens(entry, "max_output_tokens"),
                  tokens(entry, "context_length"))));
    }
    prices = new Prices(Map.copyOf(byId), Map.of());
    return byId.size();
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

  /** The models there is a price for, by id, in the order of their ids. */
  public SortedMap<String, ModelPrice> list() {
    SortedMap<String, ModelPrice> list = new TreeMap<>();
    prices.byId().forEach((id, price) -> price.ifPresent(known -> list.put(id, known)));
    return list;
  }

  /** Whether no list was read yet. */
  public boolean isEmpty() {
    return prices.byId().isEmpty();
  }

  /**
   * The price of a model by its id, its canonical slug or its id before a routing suffix such as
   * {@code :nitro}. Empty: it is not known. A {@code :free} model that is not listed is not the
   * model of the same name.
   */
  public Optional<ModelPrice> find(String model) {
    Prices present = prices;
    if (present.lists(model)) {
      return present.find(model);
    }
    int colon = model.lastIndexOf(':');
    // A free variant is another model, and one that is online pays for its searches, too.
    return colon <= model.lastIndexOf('/') || model.endsWith(":free") || model.endsWith(":online")
        ? Optional.empty()
        : present.find(model.substring(0, colon));
  }

  private static JsonNode tree(byte[] json) {
    try {
      return JSON.readTree(json);
    } catch (IOException | NumberFormatException e) {
      // The second for an exponent with many digits.
      throw new IllegalArgumentException("a list of models is JSON, with numbers in bounds", e);
    }
  }

  /** Of several entries of one name the dearest counts, and one of unknown price above all. */
  private static void put(
      Map<String, Optional<ModelPrice>> prices, String name, Optional<ModelPrice> price) {
    if (!name.isEmpty()) {
      prices.merge(name, price, (one, other) -> one.flatMap(a -> other.map(a::max)));
    }
  }

  private static Optional<ModelPrice> price(JsonNode entry) {
    JsonNode pricing = entry.path("pricing");
    Optional<BigDecimal> prompt = dearest(pricing, "prompt");
    Optional<BigDecimal> completion = dearest(pricing, "completion");
    Optional<BigDecimal> request =
        pricing.hasNonNull("request") ? dearest(pricing, "request") : Optional.of(BigDecimal.ZERO);
    if (prompt.isEmpty() || completion.isEmpty() || request.isEmpty()) {
      return Optional.empty();
    }
    JsonNode top = entry.path("top_provider");
    long context = limit(entry.path("context_length"));
    return Optional.of(
        new ModelPrice(
            prompt.get(),
            completion.get(),
            request.get(),
            pricing.hasNonNull("input_cache_read")
                ? dollars(pricing.path("input_cache_read")).orElse(null)
                : null,
            limit(top.path("max_completion_tokens")),
            context == ModelPrice.UNKNOWN ? limit(top.path("context_length")) : context));
  }

  /** The highest of a price and its overrides; empty if any of them cannot be read. */
  private static Optional<BigDecimal> dearest(JsonNode pricing, String name) {
    Optional<BigDecimal> dearest = dollars(pricing.path(name));
    for (JsonNode override : pricing.path("overrides")) {
      if (override.hasNonNull(name)) {
        Optional<BigDecimal> other = dollars(override.path(name));
        dearest = dearest.flatMap(price -> other.map(price::max));
      }
    }
    return dearest;
  }

  private static Optional<BigDecimal> dollars(JsonNode price) {
    return Decimal.read(price.asText(""))
        .filter(dollars -> dollars.signum() >= 0 && dollars.compareTo(DEAREST) <= 0);
  }

  private static long limit(JsonNode tokens) {
    return tokens.canConvertToLong() && tokens.asLong() > 0 ? tokens.asLong() : ModelPrice.UNKNOWN;
  }
}
