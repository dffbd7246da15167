package dev.tollgate.gateway.meter;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The prices from the last valid list of models. Safe for use by many threads. A list is replaced
 * as a whole; an invalid list leaves the previous one in place.
 */
public final class PriceBook {
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
    for (JsonNode entry : PriceReader.tree(modelsJson, "a list of models").path("data")) {
      Optional<ModelPrice> price = PriceReader.price(entry);
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
    JsonNode table = PriceReader.tree(tableJson, "a list of models");
    if (!table.isArray() || table.isEmpty()) {
      throw new IllegalArgumentException(
          "a table of prices is a JSON array with an entry at least");
    }
    for (JsonNode entry : table) {
      String id = entry.path("model_id").asText("");
      if (id.isBlank() || byId.containsKey(id)) {
        throw new IllegalArgumentException("each entry has a model_id of its own");
      }
      byId.put(id, Optional.of(PriceReader.priceOfTable(entry)));
    }
    prices = new Known(byId, Map.of());
    return byId.size();
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
   * If several entries have the same name, the highest prices count; an unknown price overrides
   * all.
   */
  private static void put(
      Map<String, Optional<ModelPrice>> prices, String name, Optional<ModelPrice> price) {
    if (!name.isEmpty()) {
      prices.merge(name, price, (one, other) -> one.flatMap(a -> other.map(a::max)));
    }
  }
}
