package dev.tollgate.gateway.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/** The metadata of a key: a JSON object whose meaning only the operator knows. */
public final class Metadata {
  private Metadata() {}

  /**
   * Parses an object that an operator typed.
   *
   * @param text empty: no metadata
   * @return the object without needless blanks; empty: no metadata
   * @throws AdminException if the text is no JSON object
   */
  public static String parse(String text) {
    if (text.isEmpty()) {
      return "";
    }
    try {
      return text(JsonBody.JSON.readTree(text));
    } catch (JsonProcessingException e) {
      // Without the cause, which quotes the text.
      throw new AdminException("metadata is not a JSON object");
    }
  }

  /** The stored form of an object; JSON null: no metadata. */
  static String text(JsonNode node) {
    if (node.isNull()) {
      return "";
    }
    if (!node.isObject()) {
      throw new AdminException("metadata is not a JSON object");
    }
    return node.toString();
  }

  /** The object of a stored text; null: there is no metadata. */
  static @Nullable JsonNode node(String text) {
    try {
      return text.isEmpty() ? null : JsonBody.JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("stored metadata is a JSON object", e);
    }
  }
}
