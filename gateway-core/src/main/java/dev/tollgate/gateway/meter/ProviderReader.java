package dev.tollgate.gateway.meter;

import com.fasterxml.jackson.core.JsonParser;
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

  private final JsonParser parser;
  private final Findings findings;
  private final Set<String> seen = new HashSet<>();
  private final Map<String, List<String>> lists = new HashMap<>();
  private final Map<String, BigDecimal> maxPrices = new HashMap<>();
  private boolean allowsFallbacks = true;
  private boolean unsure;

  ProviderReader(JsonParser parser, Findings findings) {
    this.parser = parser;
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

  void read(JsonToken value) throws IOException {
    seeOnce("provider");
    if (value != JsonToken.START_OBJECT) {
      if (value != JsonToken.VALUE_NULL) {
        findings.unbounded("provider that is not an object");
      }
      return;
    }
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      JsonToken member = parser.nextToken();
      if (!RequestTable.PROVIDER_MEMBERS.contains(name)) {
        unsure = true;
        findings.unbounded("member of provider", name);
      } else {
        seeOnce("provider." + name);
        read(name, member);
      }
      parser.skipChildren();
    }
  }

  private void read(String name, JsonToken value) throws IOException {
    switch (name) {
      case "only", "ignore", "order" -> readList(name, value);
      case "max_price" -> readMaxPrice(value);
      case "allow_fallbacks" -> allowsFallbacks = value != JsonToken.VALUE_FALSE;
      default -> {}
    }
  }

  /** Records a member. If a name occurs twice, the upstream may use either value. */
  private void seeOnce(String name) {
    unsure |= !seen.add(name);
  }

  private void readList(String name, JsonToken value) throws IOException {
    if (value != JsonToken.START_ARRAY) {
      unsure |= value != JsonToken.VALUE_NULL;
      return;
    }
    List<String> list = new ArrayList<>();
    for (JsonToken item = parser.nextToken();
        item != JsonToken.END_ARRAY;
        item = parser.nextToken()) {
      if (item == JsonToken.VALUE_STRING && list.size() < Findings.MOST_NAMES) {
        list.add(parser.getText());
      } else {
        unsure = true;
        parser.skipChildren();
      }
    }
    lists.put(name, list);
  }

  private void readMaxPrice(JsonToken value) throws IOException {
    if (value != JsonToken.START_OBJECT) {
      unsure |= value != JsonToken.VALUE_NULL;
      return;
    }
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      seeOnce("max_price." + name);
      JsonToken price = parser.nextToken();
      if (price.isNumeric() || price == JsonToken.VALUE_STRING) {
        Decimal.read(parser.getText())
            .filter(dollars -> dollars.signum() >= 0)
            .ifPresentOrElse(dollars -> maxPrices.put(name, dollars), () -> unsure = true);
      } else {
        unsure |= price != JsonToken.VALUE_NULL;
      }
      parser.skipChildren();
    }
  }
}
