package dev.tollgate.gateway.selfservice;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.SpendingCaps;
import dev.tollgate.gateway.admin.KeySpec;
import dev.tollgate.gateway.exchange.Route;
import dev.tollgate.gateway.testkit.ApiDocument;
import dev.tollgate.gateway.testkit.Tenant;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;

/**
 * Calls what the gateway answers by itself with one key, and compares every answer with the OpenAPI
 * document.
 *
 * @param base the gateway's address, such as {@code http://127.0.0.1:80}
 */
record CallerClient(URI base, String key) {
  static final ApiDocument DOCUMENT = new ApiDocument(OpenApi.document());

  /** What was answered, as method, path and status. */
  static final Set<String> SEEN = new ConcurrentSkipListSet<>();

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /** With a new management key of the tenant's. */
  static CallerClient managing(Tenant tenant) {
    String key =
        tenant
            .home()
            .admin()
            .createKey(
                tenant.project(), new KeySpec(ApiKey.Kind.MANAGEMENT, null, SpendingCaps.NONE))
            .key()
            .reveal();
    return new CallerClient(tenant.uri(""), key);
  }

  /** An answer that is as the document says. */
  record Reply(int status, String body, HttpHeaders headers) {
    JsonNode json() throws Exception {
      return JSON.readTree(body);
    }

    /** The member {@code data} of a good answer. */
    JsonNode data() throws Exception {
      assertThat(status).as(body).isBetween(200, 201);
      return json().path("data");
    }

    /** A refusal in OpenAI's shape. */
    void isRefused(int expected, String code, String message) throws Exception {
      assertThat(status).as(body).isEqualTo(expected);
      assertThat(json().at("/error/code").asText()).isEqualTo(code);
      assertThat(json().at("/error/message").asText()).isEqualTo(message);
    }
  }

  Reply get(String path) throws Exception {
    return send("GET", path, "");
  }

  Reply post(String path, String body) throws Exception {
    return send("POST", path, body);
  }

  Reply patch(String path, String body) throws Exception {
    return send("PATCH", path, body);
  }

  Reply delete(String path) throws Exception {
    return send("DELETE", path, "");
  }

  Reply send(String method, String path, String body, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + path))
            .header("Content-Type", "application/json")
            .method(
                method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    if (!String.join(",", headers).contains("X-API-Key")) {
      request.header("Authorization", "Bearer " + key);
    }
    HttpResponse<String> answer = HTTP.send(request.build(), BodyHandlers.ofString());
    Reply reply = new Reply(answer.statusCode(), answer.body(), answer.headers());
    String known = path.replaceFirst("\\?.*", "").replaceFirst("^/v1/", "/api/v1/");
    if (!method.equals("HEAD")
        && Route.find(method, known) instanceof Route.Match.Found found
        && !found.route().relayed()) {
      String route = found.route().path();
      DOCUMENT.assertAnswers(method, route, reply.status, reply.json());
      if (reply.status < 300 && !body.isEmpty()) {
        DOCUMENT.assertAccepts(method, route, JSON.readTree(body));
      }
      SEEN.add(method + " " + route + " " + reply.status);
    }
    return reply;
  }
}
