package dev.tollgate.gateway.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** Errors as runner.mjs describes them. */
final class NpmErrors {
  private NpmErrors() {}

  /** Of which of the SDK's classes it is an instance. */
  static List<String> classesOf(JsonNode error) {
    List<String> classes = new ArrayList<>();
    error.path("classes").forEach(each -> classes.add(each.asText()));
    return classes;
  }
}
