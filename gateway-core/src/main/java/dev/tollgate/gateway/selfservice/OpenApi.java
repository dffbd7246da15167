package dev.tollgate.gateway.selfservice;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tollgate.gateway.json.Json;
import java.io.IOException;
import java.io.InputStream;

/** The OpenAPI 3.1 document of the caller's API. It is read when it is first asked for. */
final class OpenApi {
  private OpenApi() {}

  static JsonNode document() {
    return Document.INSTANCE;
  }

  private static final class Document {
    private static final JsonNode INSTANCE = read();

    private static JsonNode read() {
      try (InputStream in = OpenApi.class.getResourceAsStream("openapi.json")) {
        if (in == null) {
          throw new IllegalStateException("openapi.json is missing from the jar");
        }
        return Json.mapper().readTree(in);
      } catch (IOException e) {
        throw new IllegalStateException("openapi.json cannot be read", e);
      }
    }
  }
}
