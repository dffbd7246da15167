package dev.tollgate.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tollgate.gateway.http.RouteTable;
import dev.tollgate.gateway.http.RouteTable.Match;
import dev.tollgate.gateway.testkit.ApiDocument;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;

/** Calls the admin API, and holds every answer against the document that describes it. */
final class AdminClient {
  static final String TOKEN = "an-admin-token-of-forty-characters-or-so";
  static final JsonNode DOCUMENT = AdminRoutes.openApi();

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ApiDocument API = new ApiDocument(DOCUMENT);
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /** What was answered, as method, path and status. */
  static final Set<String> SEEN = new ConcurrentSkipListSet<>();

  private final URI root;
  private final RouteTable<AdminRoute> routes;

  /**
   * @param root of the admin API, such as {@code http://127.0.0.1:80/admin/v1}
   */
  AdminClient(URI root) {
    this.root = root;
    this.routes = AdminRoute.table(new AdminRoutes(text -> Duration.ZERO, "").all());
  }

  /** An answer that is as the document says. */
  record Answer(int status, String body, HttpHeaders headers) {
    JsonNode json() {
      try {
        return JSON.readTree(body);
      } catch (IOException e) {
        throw new AssertionError(body, e);
      }
    }

    Answer is(int expected) {
      assertThat(status).as(body).isEqualTo(expected);
      return this;
    }

    /** A refusal in OpenAI's shape. */
    void isRefused(int expected, String code, String message) {
      is(expected);
      assertThat(json().at("/error/code").asText()).isEqualTo(code);
      assertThat(json().at("/error/message").asText()).isEqualTo(message);
      assertThat(json().at("/error/param").isNull()).isTrue();
    }

    String header(String name) {
      return headers.firstValue(name).orElse("");
    }
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(root + path))
        .header("Authorization", "Bearer " + TOKEN);
  }

  Answer get(String path) throws Exception {
    return call("GET", path, null);
  }

  Answer post(String path, String body, String... headers) throws Exception {
    return call("POST", path, body, headers);
  }

  Answer patch(String path, String body) throws Exception {
    return call("PATCH", path, body);
  }

  Answer delete(String path) throws Exception {
    return call("DELETE", path, null);
  }

  private Answer call(String method, String path, String body, String... headers) throws Exception {
    HttpRequest.Builder request = request(path);
    if (body == null) {
      request.method(method, BodyPublishers.noBody());
    } else {
      request.method(method, BodyPublishers.ofString(body));
      request.header("Content-Type", "application/json");
    }
    if (headers.length > 0) {
      request.headers(headers);
    }
    Answer answer = send(request.build());
    if (answer.status < 300 && body != null && !body.isBlank()) {
      API.assertAccepts(method, template(method, path), JSON.readTree(body));
    }
    return answer;
  }

  /** Sends a request, and holds the answer against the document if it is of a route. */
  Answer send(HttpRequest request) throws Exception {
    HttpResponse<String> response = HTTP.send(request, BodyHandlers.ofString());
    Answer answer = new Answer(response.statusCode(), response.body(), response.headers());
    assertThat(answer.header("X-Request-Id")).matches("req_[0-9a-f]{32}");
    assertThat(answer.header("Cache-Control")).isEqualTo("no-store");
    if (answer.status == 204) {
      return answer;
    }
    if (answer.header("Content-Type").matches("application/jsonl|text/csv;.*")) {
      return answer;
    }
    assertThat(answer.header("Content-Type")).isEqualTo("application/json");
    String path = request.uri().getRawPath().substring(root.getRawPath().length());
    if (request.method().equals("HEAD")) {
      assertThat(answer.body).isEmpty();
    } else if (routes.find(request.method(), path) instanceof Match.Found<AdminRoute> found) {
      API.assertAnswers(request.method(), found.route().path(), answer.status, answer.json());
      SEEN.add(request.method() + " " + found.route().path() + " " + answer.status);
    } else {
      API.assertFits(schema("Error"), answer.json());
    }
    return answer;
  }

  private String template(String method, String path) {
    String raw = path.contains("?") ? path.substring(0, path.indexOf('?')) : path;
    Match.Found<AdminRoute> found = (Match.Found<AdminRoute>) routes.find(method, raw);
    return found.route().path();
  }

  private static JsonNode schema(String name) {
    return JSON.createObjectNode().put("$ref", "#/components/schemas/" + name);
  }
}
