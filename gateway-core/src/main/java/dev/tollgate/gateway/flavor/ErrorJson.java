package dev.tollgate.gateway.flavor;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tollgate.gateway.json.Json;

/** Writes the bodies of refusals. */
final class ErrorJson {
  private static final ObjectMapper JSON = new ObjectMapper(Json.factory().build());

  private ErrorJson() {}

  /** In UTF-8. */
  static byte[] write(Object body) {
    try {
      return JSON.writeValueAsBytes(body);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("strings and numbers are always JSON", e);
    }
  }
}
