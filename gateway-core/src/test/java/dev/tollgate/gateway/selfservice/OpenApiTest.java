package dev.tollgate.gateway.selfservice;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tollgate.gateway.exchange.Route;
import dev.tollgate.gateway.exchange.Route.Access;
import dev.tollgate.gateway.testkit.ApiDocument;
import dev.tollgate.gateway.testkit.SharedGateway;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The OpenAPI document of the caller's API; {@link CallerClient} compares answers with it. */
class OpenApiTest extends SharedGateway {
  private static final ApiDocument DOCUMENT = CallerClient.DOCUMENT;

  @Test
  void theDocumentHasAllRoutesAndNoOthers() {
    assertThat(DOCUMENT.operations())
        .containsExactlyInAnyOrderElementsOf(
            Route.all().stream().map(route -> route.method() + " " + route.path()).toList());
  }

  @Test
  void everyReferenceLeadsSomewhere() {
    assertThat(DOCUMENT.brokenReferences()).isEmpty();
  }

  private static Set<String> schemes(Route route) {
    Set<String> schemes = new TreeSet<>();
    for (JsonNode each : DOCUMENT.operation(route.method(), route.path()).path("security")) {
      each.fieldNames().forEachRemaining(schemes::add);
    }
    return schemes;
  }

  @Test
  void theDocumentNamesTheKindsOfKeyThatOpenARoute() {
    for (Route route : Route.all()) {
      Set<String> expected = new TreeSet<>();
      if (route.access() == Access.INFERENCE || route.access() == Access.ANY_KEY) {
        expected.add("key");
      }
      if (route.access() == Access.MANAGEMENT || route.access() == Access.ANY_KEY) {
        expected.add("managementKey");
      }
      if (route.path().startsWith(Route.API)) {
        expected.addAll(expected.stream().map(name -> name + "Header").toList());
      }
      assertThat(schemes(route)).as(route.toString()).isEqualTo(expected);
    }
  }

  @Test
  void everyPathParameterIsDescribed() {
    for (Route route : Route.all()) {
      Set<String> described = new TreeSet<>();
      for (JsonNode place :
          new JsonNode[] {
            DOCUMENT.root().path("paths").path(route.path()),
            DOCUMENT.operation(route.method(), route.path())
          }) {
        for (JsonNode each : place.path("parameters")) {
          if (DOCUMENT.resolved(each).path("in").asText().equals("path")) {
            described.add(DOCUMENT.resolved(each).path("name").asText());
          }
        }
      }
      Set<String> named =
          Pattern.compile("\\{(\\w+)}")
              .matcher(route.path())
              .results()
              .map(result -> result.group(1))
              .collect(Collectors.toCollection(TreeSet::new));
      assertThat(described).as(route.path()).isEqualTo(named);
    }
  }

  @Test
  void theDocumentIsPublic() throws Exception {
    HttpResponse<String> answer =
        HTTP.send(
            HttpRequest.newBuilder(tenant.uri("/api/v1/openapi.json")).build(),
            BodyHandlers.ofString());

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
    assertThat(new ObjectMapper().readTree(answer.body())).isEqualTo(DOCUMENT.root());
  }

  @Test
  void whatTheGatewayAnswersIsAsDocumented() throws Exception {
    CallerClient manager = CallerClient.managing(tenant);
    CallerClient caller = new CallerClient(tenant.uri(""), tenant.key());
    String hash = manager.post("/api/v1/keys", "{\"name\":\"a\"}").data().path("hash").asText();
    manager.get("/api/v1/keys");
    manager.get("/api/v1/keys/" + hash);
    manager.patch("/api/v1/keys/" + hash, "{\"limit\":1}");
    manager.delete("/api/v1/keys/" + hash);
    manager.get("/api/v1/activity");
    for (String path : new String[] {"/api/v1/key", "/api/v1/auth/key", "/api/v1/credits"}) {
      caller.get(path);
    }
    caller.get("/v0/credits/balance");
    manager.get("/api/v1/openapi.json");
    manager.post("/v0/llm/enable", "");
    manager.get("/v0/llm/status");
    manager.delete("/v0/llm/disable");
    caller.get("/v0/llm/models");

    assertThat(CallerClient.SEEN.stream().map(seen -> seen.replaceFirst(" \\d+$", "")))
        .containsAll(
            Route.all().stream()
                .filter(route -> !route.relayed())
                .map(route -> route.method() + " " + route.path())
                .toList());
  }
}
