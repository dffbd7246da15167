package dev.tollgate.gateway.meter;

import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads OpenRouter's {@code provider}. In case of doubt it allows every provider, because the most
 * expensive allowed provider decides the price. For one thread.
 */
final class ProviderReader {
  private static final int MILLION_DIGITS = 6;

  private final BodyCursor cursor;
  private final Findings findings;
  private final Set<String> seen = new HashSet<>();
  private final Map<String, List<String>> lists = new HashMap<>();
  private final Map<String, BigDecimal> maxPrices = new HashMap<>();
  private boolean allowsFallbacks = true;
  private boolean unsure;

  ProviderReader(BodyCursor cursor, Findings findings) {
    this.cursor = cursor;
    this.findings = findings;
  }

  /** The choice that the body states. */
  ProviderChoice choice() {
    if (unsure) {
      return ProviderChoice.ANY;
    }
    BigDecimal prompt = maxPrices.get("prompt");
    BigDecimal completion = maxPrices.get("completion");
    return new ProviderChoice(
        lists.getOrDefault("only", List.of()),
        lists.getOrDefault("ignore", List.of()),
        allowsFallbacks ? List.of() : lists.getOrDefault("order", List.of()),
        prompt == null ? null : prompt.movePointLeft(MILLION_DIGITS),
        completion == null ? null : completion.movePointLeft(MILLION_DIGITS),
        maxPrices.get("request"));
  }

  void read(JsonToken provider) throws IOException {
    seeOnce("provider");
    BodyCursor.Walk members = cursor.members(provider);
    if (members.isOther()) {
      findings.unbounded("provider that is not an object");
    }
    while (members.next()) {
      readMember(members.name(), members.value());
    }
  }

  private void readMember(String name, JsonToken value) throws IOException {
    if (!RequestTable.PROVIDER_MEMBERS.contains(name)) {
      unsure = true;
      findings.unbounded("member of provider", name);
      return;
    }
    seeOnce("provider." + name);
    switch (name) {
      case "only", "ignore", "order" -> readList(name, value);
      case "max_price" -> readMaxPrices(value);
      case "allow_fallbacks" -> allowsFallbacks = value != JsonToken.VALUE_FALSE;
      default -> {}
    }
  }

  /** Records a member. If a name occurs twice, the upstream may use either value. */
  private void seeOnce(String name) {
    unsure |= !seen.add(name);
  }

  private void readList(String name, JsonToken value) throws IOException {
    List<String> list = new ArrayList<>();
    BodyCursor.Walk items = cursor.elements(value);
    unsure |= items.isOther();
    while (items.next()) {
      if (items.value() == JsonToken.VALUE_STRING && list.size() < Findings.MOST_NAMES) {
        list.add(cursor.text(items.value()));
      } else {
        unsure = true;
      }
    }
    lists.put(name, list);
  }

  private void readMaxPrices(JsonToken value) throws IOException {
    BodyCursor.Walk members = cursor.members(value);
    unsure |= members.isOther();
    while (members.next()) {
      readMaxPrice(members.name(), members.value());
    }
  }

  private void readMaxPrice(String name, JsonToken price) throws IOException {
    seeOnce("max_price." + name);
    if (price != JsonToken.VALUE_NULL) {
      Decimal.read(cursor.text(price))
          .filter(dollars -> dollars.signum() >= 0)
          .ifPresentOrElse(dollars -> maxPrices.put(name, dollars), () -> unsure = true);
    }
  }
}
