package dev.tollgate.gateway.flavor;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.tollgate.gateway.json.Json;

/** Writes the bodies of refusals. */
final class ErrorJson {
  private ErrorJson() {}

  /** Serialises a body as JSON in UTF-8. */
  static byte[] write(Object body) {
    try {
      return Json.mapper().writeValueAsBytes(body);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("strings and numbers are always JSON", e);
    }
  }
}
