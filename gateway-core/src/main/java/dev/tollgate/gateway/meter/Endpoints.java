package dev.tollgate.gateway.meter;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints at which OpenRouter serves one model. Their prices differ, and the list of models
 * shows only the cheapest.
 *
 * @param list empty: none are known, only the price in the list of models
 */
public record Endpoints(List<Endpoint> list) {
  /**
   * One provider's endpoint for a model.
   *
   * @param tag such as {@code deepinfra/fp8}; empty: it has none
   * @param providerName such as {@code DeepInfra}; empty: it has none
   * @param price null: not known
   * @param leastPrompt the lowest price of a prompt, in dollars per token; null: not known. The
   *     {@code max_price} of a request excludes an endpoint only if this price is higher
   * @param leastCompletion the lowest price of a completion, in dollars per token; null: not known
   * @param leastRequest the lowest price of a request, in dollars; null: not known
   */
  public record Endpoint(
      String tag,
      String providerName,
      @Nullable ModelPrice price,
      @Nullable BigDecimal leastPrompt,
      @Nullable BigDecimal leastCompletion,
      @Nullable BigDecimal leastRequest) {
    private boolean isAllowedBy(Names only, Names ignore, Names order, ProviderChoice choice) {
      return (only.isEmpty() || only.name(this))
          && (order.isEmpty() || order.name(this))
          && !ignore.name(this)
          && !isDearer(leastPrompt, choice.maxPrompt())
          && !isDearer(leastCompletion, choice.maxCompletion())
          && !isDearer(leastRequest, choice.maxRequest());
    }

    private static boolean isDearer(@Nullable BigDecimal price, @Nullable BigDecimal max) {
      return price != null && max != null && price.compareTo(max) > 0;
    }
  }

  /** Provider names in a request, compared without regard to case. */
  private record Names(Set<String> names) {
    static Names of(List<String> written) {
      Set<String> names = new HashSet<>();
      written.forEach(name -> names.add(name.toLowerCase(Locale.ROOT)));
      return new Names(names);
    }

    boolean isEmpty() {
      return names.isEmpty();
    }

    /**
     * Matches an endpoint by its tag, by the provider part of its tag, or by the provider's name.
     */
    boolean name(Endpoint endpoint) {
      String tag = endpoint.tag().toLowerCase(Locale.ROOT);
      int slash = tag.indexOf('/');
      return names.contains(tag)
          || (slash >= 0 && names.contains(tag.substring(0, slash)))
          || names.contains(endpoint.providerName().toLowerCase(Locale.ROOT));
    }
  }

  /** No endpoint is known. */
  public static final Endpoints NONE = new Endpoints(List.of());

  /** Copies the list. */
  public Endpoints {
    list = List.copyOf(list);
  }

  /**
   * Reads an answer of {@code GET /models/{author}/{slug}/endpoints}. The result is empty if the
   * answer has no list of endpoints.
   *
   * @throws IllegalArgumentException if {@code json} is not such an answer
   */
  public static Endpoints read(byte[] json) {
    JsonNode data = PriceReader.tree(json, "a list of endpoints").path("data");
    if (!data.isObject()) {
      throw new IllegalArgumentException("a list of endpoints has an object data");
    }
    JsonNode entries = data.path("endpoints");
    List<Endpoint> list = new ArrayList<>();
    for (JsonNode entry : entries) {
      JsonNode pricing = entry.path("pricing");
      list.add(
          new Endpoint(
              entry.path("tag").asText(""),
              entry.path("provider_name").asText(""),
              PriceReader.price(entry).orElse(null),
              least(pricing, "prompt"),
              least(pricing, "completion"),
              least(pricing, "request")));
    }
    return new Endpoints(list);
  }

  /** The lowest of a price and its overrides, minus the discount; null if one cannot be read. */
  private static @Nullable BigDecimal least(JsonNode pricing, String name) {
    Optional<BigDecimal> least = Decimal.read(pricing.path(name).asText(""));
    for (JsonNode override : pricing.path("overrides")) {
      if (override.hasNonNull(name)) {
        Optional<BigDecimal> other = Decimal.read(override.path(name).asText(""));
        least = least.flatMap(price -> other.map(price::min));
      }
    }
    BigDecimal paid =
        pricing.hasNonNull("discount")
            ? BigDecimal.ONE.subtract(
                Decimal.read(pricing.path("discount").asText("")).orElse(BigDecimal.ONE))
            : BigDecimal.ONE;
    return least.map(price -> price.multiply(paid)).orElse(null);
  }

  /** Whether no endpoint is known. */
  public boolean isEmpty() {
    return list.isEmpty();
  }

  /**
   * The highest price at which a request with this choice may be served, for each part separately.
   * If a choice excludes every endpoint, all endpoints count.
   *
   * @return empty: there are no endpoints, or the price of an allowed endpoint is not known
   */
  public Optional<ModelPrice> dearest(ProviderChoice choice) {
    Names only = Names.of(choice.only());
    Names ignore = Names.of(choice.ignore());
    Names order = Names.of(choice.order());
    List<Endpoint> allowed =
        list.stream()
            .filter(endpoint -> endpoint.isAllowedBy(only, ignore, order, choice))
            .toList();
    ModelPrice dearest = null;
    for (Endpoint endpoint : allowed.isEmpty() ? list : allowed) {
      ModelPrice price = endpoint.price();
      if (price == null) {
        return Optional.empty();
      }
      dearest = dearest == null ? price : dearest.max(price);
    }
    return Optional.ofNullable(dearest);
  }
}
