package dev.tollgate.gateway.selfservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.KeyMint.Minted;
import dev.tollgate.gateway.account.SpendingCaps;
import dev.tollgate.gateway.admin.KeySpec;
import dev.tollgate.gateway.testkit.BookkeepingUpstream;
import dev.tollgate.gateway.testkit.BookkeepingUpstream.Model;
import dev.tollgate.gateway.testkit.MoneyClient;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.Tenant;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the gateway answers by itself about the project that asks. */
class SelfServiceTest {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static final ObjectMapper JSON = new ObjectMapper();

  private static BookkeepingUpstream upstream;
  private static RunningGateway gateway;
  private Tenant tenant;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    upstream = new BookkeepingUpstream();
    upstream.price(new Model("acme/m1", "0.000000125", "0.0000006", 8192, 1000));
    upstream.price(new Model("acme/router", "-1", "-1", 8192, 1000));
    gateway = RunningGateway.start(directory, upstream.baseUrl());
    await().atMost(Duration.ofSeconds(10)).until(() -> upstream.priceListsRead() > 0);
  }

  @AfterAll
  static void stop() throws Exception {
    gateway.close();
    upstream.close();
    assertThat(upstream.failures()).isEmpty();
  }

  @BeforeEach
  void enter() throws Exception {
    tenant = Tenant.of(gateway, "5");
    HttpResponse<String> answer =
        new MoneyClient(tenant.chat(), tenant.key()).ask("acme/m1", "\"x_cost\":\"0.123456789\"");
    assertThat(answer.statusCode()).isEqualTo(200);
  }

  private HttpResponse<String> send(String method, String path, String... headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(tenant.uri(path)).method(method, BodyPublishers.noBody());
    if (headers.length > 0) {
      request.headers(headers);
    }
    return HTTP.send(request.build(), BodyHandlers.ofString());
  }

  private String get(String path) throws Exception {
    HttpResponse<String> answer = send("GET", path, "Authorization", "Bearer " + tenant.key());
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
    assertThat(answer.headers().firstValue("Cache-Control")).contains("no-store");
    assertThat(answer.headers().firstValue("X-Request-Id").orElse("")).startsWith("req_");
    return answer.body();
  }

  @Test
  void creditsAreTheProjectsOwn() throws Exception {
    assertThat(get("/api/v1/credits"))
        .isEqualTo(
            "{\"data\":{\"total_credits\":5,\"total_usage\":0.123456789,"
                + "\"remaining_credits\":4.876543211}}");
  }

  /** A body that does not come keeps a thread of the container's. */
  @ParameterizedTest
  @ValueSource(strings = {"/v0/llm/models", "/api/v1/key"})
  void clientsThatKeepTheirBodiesBackHaveNoMoreThanSomeThreads(String path) throws Exception {
    String head =
        "GET "
            + path
            + " HTTP/1.1\r\nHost: localhost\r\n"
            + (path.startsWith("/v0") ? "" : "Authorization: Bearer " + tenant.key() + "\r\n");
    List<RawClient> slow = new ArrayList<>();
    try {
      for (int i = 0; i < SelfServiceServlet.MAX_THREADS; i++) {
        RawClient client = new RawClient(gateway.port());
        slow.add(client);
        // The gateway asks for the body once the request has its thread.
        client.send(head + "Expect: 100-continue\r\nContent-Length: 1\r\n\r\n");
        assertThat(client.readHead()).startsWith("HTTP/1.1 100");
      }
      try (RawClient next = new RawClient(gateway.port())) {
        assertThat(next.send(head + "\r\n").readHead())
            .startsWith("HTTP/1.1 503")
            .containsIgnoringCase("Retry-After: 5");
      }
      // The others have theirs.
      String other = path.startsWith("/v0") ? "/api/v1/credits" : "/v0/llm/models";
      assertThat(get(other)).isNotEmpty();
      for (RawClient client : slow) {
        client.send("x");
        assertThat(client.readHead()).startsWith("HTTP/1.1 200");
      }
    } finally {
      for (RawClient client : slow) {
        client.close();
      }
    }
  }

  /** They read the ledger's entries, and would take the threads of other projects. */
  @Test
  void aProjectHasTwoRequestsForKeysAndActivityOpen() throws Exception {
    CallerClient manager = CallerClient.managing(tenant);
    CallerClient other = CallerClient.managing(Tenant.of(gateway, "5"));
    List<RawClient> slow = new ArrayList<>();
    try {
      for (String path : List.of("/api/v1/keys", "/api/v1/activity")) {
        RawClient client = new RawClient(gateway.port());
        slow.add(client);
        client
            .send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n")
            .send("Authorization: Bearer " + manager.key() + "\r\n")
            .send("Expect: 100-continue\r\nContent-Length: 1\r\n\r\n");
        assertThat(client.readHead()).startsWith("HTTP/1.1 100");
      }

      for (String path : List.of("/api/v1/keys", "/api/v1/keys/x", "/api/v1/activity")) {
        CallerClient.Reply third = manager.get(path);
        third.isRefused(429, "rate_limit_exceeded", "Rate limit exceeded, please retry later");
        assertThat(third.headers().firstValue("Retry-After")).contains("1");
      }
      assertThat(manager.get("/api/v1/credits").status()).isEqualTo(200);
      assertThat(other.get("/api/v1/keys").status()).isEqualTo(200);
      for (RawClient client : slow) {
        client.send("x");
        assertThat(client.readHead()).startsWith("HTTP/1.1 200");
      }
    } finally {
      for (RawClient client : slow) {
        client.close();
      }
    }
    await().atMost(Duration.ofSeconds(2)).until(() -> manager.get("/api/v1/keys").status() == 200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/api/v1/key", "/api/v1/auth/key"})
  void aKeyIsToldWhatItsProjectHas(String path) throws Exception {
    String id = tenant.key().substring(0, tenant.key().indexOf('_', 3));
    assertThat(get(path))
        .isEqualTo(
            "{\"data\":{\"label\":\""
                + id
                + "\",\"usage\":0.123456789,\"usage_daily\":0.123456789,"
                + "\"usage_weekly\":0.123456789,\"usage_monthly\":0.123456789,"
                + "\"byok_usage\":0,\"byok_usage_daily\":0,\"byok_usage_weekly\":0,"
                + "\"byok_usage_monthly\":0,\"include_byok_in_limit\":false,"
                + "\"limit\":5,\"limit_remaining\":4.876543211,\"limit_reset\":null,"
                + "\"is_free_tier\":false,\"is_management_key\":false,"
                + "\"is_provisioning_key\":false,\"creator_user_id\":null,"
                + "\"organization_id\":null,\"workspace_id\":null,"
                + "\"allowed_data_regions\":[\"global\"],"
                + "\"free_model_daily_requests\":{\"limit\":-1,\"remaining\":-1,\"used\":0},"
                + "\"expires_at\":null,\"rate_limit\":{\"requests\":-1,"
                + "\"interval\":\"10s\",\"note\":\"no limit\"}}}");
  }

  @Test
  void aKeyIsToldTheRateThatApplies(@TempDir Path directory) throws Exception {
    try (RunningGateway limited =
        RunningGateway.start(
            directory, upstream.baseUrl(), Map.of("tollgate.limits.rate", "by-credit"), 30_000)) {
      tenant = Tenant.of(limited, "7.99");
      assertThat(JSON.readTree(get("/api/v1/key")).at("/data/rate_limit").toString())
          .isEqualTo(
              "{\"requests\":7,\"interval\":\"1s\",\"note\":\"the limit that applies now\"}");
    }
  }

  private JsonNode keyWithCaps(SpendingCaps caps) throws Exception {
    Minted minted =
        gateway.admin().createKey(tenant.project(), new KeySpec(ApiKey.Kind.INFERENCE, null, caps));
    tenant = new Tenant(gateway, tenant.project(), minted.key().reveal());
    new MoneyClient(tenant.chat(), tenant.key()).ask("acme/m1", "\"x_cost\":\"0.25\"");
    return JSON.readTree(get("/api/v1/key")).path("data");
  }

  @ParameterizedTest
  @CsvSource({"1, 3, 1, 0.75, daily", "3, 1, 1, 0.75, monthly", "90, 80, 80, 4.626543211, monthly"})
  void aKeyWithCapsIsToldOfTheOneWithTheLeastLeft(
      long daily, long monthly, String limit, String left, String reset) throws Exception {
    JsonNode key = keyWithCaps(new SpendingCaps(daily * 1_000_000_000, monthly * 1_000_000_000));

    assertThat(key.path("usage").asText()).isEqualTo("0.25");
    assertThat(key.path("usage_daily").asText()).isEqualTo("0.25");
    assertThat(key.path("usage_weekly").asText()).isEqualTo("0.25");
    assertThat(key.path("limit").asText()).isEqualTo(limit);
    assertThat(key.path("limit_remaining").asText()).isEqualTo(left);
    assertThat(key.path("limit_reset").asText()).isEqualTo(reset);
  }

  @Test
  void theBalanceIsToldInNumbers() throws Exception {
    assertThat(get("/v0/credits/balance"))
        .isEqualTo("{\"total\":4.876543211,\"loaned\":0,\"available\":4.876543211}");
  }

  @Test
  void pinMesCallersAskWithTheirHeaderAndNoProjectName() throws Exception {
    assertThat(send("GET", "/api/v1/credits", "X-API-Key", tenant.key()).body())
        .isEqualTo(get("/api/v1/credits"));
  }

  @Test
  void theHeadersAloneAreHadByHead() throws Exception {
    HttpResponse<String> head =
        send("HEAD", "/api/v1/credits", "Authorization", "Bearer " + tenant.key());

    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.body()).isEmpty();
    assertThat(head.headers().firstValue("Content-Length"))
        .contains(Integer.toString(get("/api/v1/credits").length()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/api/v1/credits", "/api/v1/key", "/v0/credits/balance"})
  void nobodyIsToldAnythingWithoutAKey(String path) throws Exception {
    assertThat(send("GET", path).statusCode()).isEqualTo(401);
    assertThat(send("GET", path, "Authorization", "Bearer tg_no").statusCode()).isEqualTo(401);
  }

  @Test
  void thePricesArePublicAndInDollarsForAMillionTokens() throws Exception {
    HttpResponse<String> answer = send("GET", "/v0/llm/models");

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body())
        .isEqualTo(
            "[{\"model_id\":\"acme/m1\",\"input_usd_per_1m_tokens\":0.125,"
                + "\"output_usd_per_1m_tokens\":0.6}]");
  }

  @Test
  void whoHasNothingLeftIsStillAnswered() throws Exception {
    tenant.setBalance("0");

    assertThat(get("/v0/credits/balance")).isEqualTo("{\"total\":0,\"loaned\":0,\"available\":0}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v0/llm/enable", "/v0/llm/status", "/v0/llm/disable"})
  void aKeyForInferenceIsNoManagementKey(String path) throws Exception {
    String method = path.endsWith("enable") ? "POST" : path.endsWith("status") ? "GET" : "DELETE";
    HttpResponse<String> answer = send(method, path, "Authorization", "Bearer " + tenant.key());

    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(answer.body()).contains("\"code\":\"invalid_api_key\"");
  }
}
