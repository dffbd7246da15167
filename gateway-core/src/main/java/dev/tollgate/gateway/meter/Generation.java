package dev.tollgate.gateway.meter;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.Optional;

/**
 * An answer of {@code GET /generation}: what an earlier request came to.
 *
 * @param model the model that answered, at most 200 characters; possibly empty
 */
public record Generation(Usage usage, String model) {
  /**
   * @param cap in dollars; a cost above it is absurd
   * @return empty if {@code json} is no JSON object with an object {@code data}
   */
  public static Optional<Generation> read(byte[] json, BigDecimal cap) {
    Usage.Fields found = null;
    try (JsonParser parser = Usage.JSON.createParser(json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return Optional.empty();
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        boolean data = parser.currentName().equals("data");
        if (parser.nextToken() == JsonToken.START_OBJECT && data) {
          found = new Usage.Fields(cap);
          found.readGeneration(parser);
        } else {
          parser.skipChildren();
        }
      }
    } catch (IOException e) {
      return Optional.empty();
    }
    return found == null
        ? Optional.empty()
        : Optional.of(new Generation(found.usage(), found.model()));
  }
}
