package dev.tollgate.gateway.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** An OpenAPI document that requests and answers are compared with. */
public record ApiDocument(JsonNode root) {
  private static final JsonSchemaFactory SCHEMAS =
      JsonSchemaFactory.getInstance(VersionFlag.V202012);
  private static final Set<String> METHODS = Set.of("get", "post", "patch", "put", "delete");

  /** All operations, such as {@code GET /projects}. */
  public Set<String> operations() {
    Set<String> operations = new TreeSet<>();
    root.path("paths")
        .properties()
        .forEach(
            path ->
                path.getValue()
                    .fieldNames()
                    .forEachRemaining(
                        name -> {
                          if (METHODS.contains(name)) {
                            operations.add(name.toUpperCase(Locale.ROOT) + " " + path.getKey());
                          }
                        }));
    return operations;
  }

  public JsonNode operation(String method, String path) {
    return root.path("paths").path(path).path(method.toLowerCase(Locale.ROOT));
  }

  /** What a reference stands for; any other node is itself. */
  public JsonNode resolved(JsonNode node) {
    return node.has("$ref") ? root.at(node.get("$ref").asText().substring(1)) : node;
  }

  /** All references in the document that lead nowhere. */
  public List<String> brokenReferences() {
    List<String> broken = new ArrayList<>();
    root.findValuesAsText("$ref").stream()
        .filter(reference -> root.at(reference.substring(1)).isMissingNode())
        .forEach(broken::add);
    return broken;
  }

  /** Asserts that the body of a request is as documented. */
  public void assertAccepts(String method, String path, JsonNode body) {
    assertFits(operation(method, path).at("/requestBody/content/application~1json/schema"), body);
  }

  /** Asserts that an answer is as documented. */
  public void assertAnswers(String method, String path, int status, JsonNode body) {
    JsonNode response =
        resolved(operation(method, path).path("responses").path(Integer.toString(status)));
    assertThat(response.isObject())
        .as("%s %s answers %s, which the document does not know: %s", method, path, status, body)
        .isTrue();
    assertFits(response.at("/content/application~1json/schema"), body);
  }

  /** Asserts that a value is as a schema says. */
  public void assertFits(JsonNode schema, JsonNode value) {
    assertThat(schema.isObject()).isTrue();
    ObjectNode whole = schema.deepCopy();
    whole.set("components", root.get("components"));
    assertThat(
            SCHEMAS
                .getSchema(whole)
                .validate(
                    value,
                    context -> context.getExecutionConfig().setFormatAssertionsEnabled(true)))
        .as(value.toString())
        .isEmpty();
  }
}
