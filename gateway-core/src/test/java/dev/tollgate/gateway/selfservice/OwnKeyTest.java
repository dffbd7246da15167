package dev.tollgate.gateway.selfservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.Limit;
import dev.tollgate.gateway.account.SpendingCaps;
import dev.tollgate.gateway.admin.KeyChange;
import dev.tollgate.gateway.admin.KeySpec;
import dev.tollgate.gateway.admin.KeyStatus;
import dev.tollgate.gateway.admin.LimitsChange;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.MoneyClient;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.SharedGateway;
import dev.tollgate.gateway.testkit.Tenant;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The key for inference that a project makes for itself. */
class OwnKeyTest extends SharedGateway {
  private static final Duration SOON = Duration.ofSeconds(2);
  private static final ObjectMapper JSON = new ObjectMapper();
  private String management;

  @BeforeEach
  void makeManagementKey() {
    management =
        gateway
            .admin()
            .createKey(
                tenant.project(), new KeySpec(ApiKey.Kind.MANAGEMENT, null, SpendingCaps.NONE))
            .key()
            .reveal();
  }

  private HttpResponse<String> send(String method, String path, String key) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(tenant.uri(path))
            .header("Authorization", "Bearer " + key)
            .method(method, BodyPublishers.noBody())
            .build();
    return HTTP.send(request, BodyHandlers.ofString());
  }

  private JsonNode manage(String method, String path) throws Exception {
    HttpResponse<String> answer = send(method, path, management);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body());
  }

  private String enable() throws Exception {
    JsonNode enabled = manage("POST", "/v0/llm/enable");
    assertThat(enabled.get("success").asBoolean()).isTrue();
    return enabled.get("privateKey").asText();
  }

  private int ask(String key) throws Exception {
    return send("GET", "/api/v1/models", key).statusCode();
  }

  @Test
  void theKeyOpensModelsAtOnce() throws Exception {
    assertThat(ask(enable())).isEqualTo(200);
  }

  @Test
  void aSecondKeyTakesThePlaceOfTheFirst() throws Exception {
    String first = enable();
    String second = enable();

    await().atMost(SOON).until(() -> ask(first) == 401);
    assertThat(ask(second)).isEqualTo(200);
    assertThat(ask(tenant.key())).isEqualTo(200);
  }

  @Test
  void theKeyIsRevokedAndTheOperatorsStay() throws Exception {
    String key = enable();
    assertThat(manage("GET", "/v0/llm/status").get("enabled").asBoolean()).isTrue();

    assertThat(manage("DELETE", "/v0/llm/disable").toString()).isEqualTo("{\"success\":true}");

    await().atMost(SOON).until(() -> ask(key) == 401);
    assertThat(ask(tenant.key())).isEqualTo(200);
    assertThat(manage("GET", "/v0/llm/status").toString()).isEqualTo("{\"enabled\":false}");
  }

  @Test
  void disablingTwiceIsHarmless() throws Exception {
    manage("DELETE", "/v0/llm/disable");
    assertThat(manage("DELETE", "/v0/llm/disable").toString()).isEqualTo("{\"success\":true}");
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /api/v1/models",
    "POST, /api/v1/chat/completions",
    "POST, /api/v1/messages",
    "GET, /api/v1/generation",
    "POST, /v0/llm/chat/completions"
  })
  void aManagementKeyCallsNoModel(String method, String path) throws Exception {
    HttpResponse<String> answer = send(method, path, management);

    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(answer.body()).contains("Invalid API key");
    assertThat(upstream.waiting()).isZero();
  }

  @Test
  void eitherKeyMayAskForTheBalance() throws Exception {
    assertThat(manage("GET", "/v0/credits/balance").get("available").asInt()).isEqualTo(5);
    assertThat(send("GET", "/v0/credits/balance", tenant.key()).statusCode()).isEqualTo(200);
  }

  @Test
  void whatOneProjectDisablesIsItsOwn() throws Exception {
    String key = enable();
    Tenant other = Tenant.of(gateway, "5");
    String othersManagement =
        gateway
            .admin()
            .createKey(
                other.project(), new KeySpec(ApiKey.Kind.MANAGEMENT, null, SpendingCaps.NONE))
            .key()
            .reveal();

    assertThat(send("DELETE", "/v0/llm/disable", othersManagement).statusCode()).isEqualTo(200);

    assertThat(manage("GET", "/v0/llm/status").get("enabled").asBoolean()).isTrue();
    assertThat(ask(key)).isEqualTo(200);
  }

  /** As they do when an operator rotates it: else a project frees itself of its key's cap. */
  @Test
  void theCapsOfTheFirstAreThoseOfTheSecond() throws Exception {
    String first = enable();
    SpendingCaps caps = new SpendingCaps(1_000_000L, null);
    gateway
        .admin()
        .configureKey(
            tenant.project(),
            first.substring(0, first.indexOf('_', 3)),
            KeyChange.of(LimitsChange.NONE.set(Limit.DAILY_CAP, Money.parse("0.001").nanos())));
    String second = enable();

    assertThat(gateway.admin().listKeys(tenant.project()))
        .extracting(KeyStatus::key)
        .filteredOn(key -> second.startsWith(key.id()))
        .extracting(ApiKey::caps)
        .containsExactly(caps);
  }

  @Test
  void theCapInTotalOfTheSecondIsWhatTheFirstHasNotSpent() throws Exception {
    String first = enable();
    gateway
        .admin()
        .configureKey(
            tenant.project(),
            first.substring(0, first.indexOf('_', 3)),
            KeyChange.of(LimitsChange.NONE.set(Limit.TOTAL_CAP, Money.parse("2").nanos())));
    assertThat(new MoneyClient(tenant.chat(), first).ask("a/b", "\"n\":1").statusCode())
        .isEqualTo(200);
    Money charge = gateway.admin().entries(tenant.project(), 1).get(0).amount();
    assertThat(charge).isEqualTo(Money.parse("0.1"));
    String second = enable();

    assertThat(gateway.admin().listKeys(tenant.project()))
        .extracting(KeyStatus::key)
        .filteredOn(key -> second.startsWith(key.id()))
        .extracting(key -> key.caps().totalNanos())
        .containsExactly(Money.parse("1.9").nanos());
  }

  @ParameterizedTest
  @CsvSource({"413, 1400000, 20971520", "400, zz, 100"})
  void aBodyThatIsRefusedElsewhereMakesNoKey(int status, String firstChunk, int bytes)
      throws Exception {
    String first = enable();
    try (RawClient raw = tenant.connect()) {
      raw.send("POST /v0/llm/enable HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n")
          .send("Authorization: Bearer " + management + "\r\nTransfer-Encoding: chunked\r\n\r\n")
          .send(firstChunk + "\r\n" + "x".repeat(bytes) + "\r\n1\r\nx\r\n0\r\n\r\n");
      assertThat(raw.readToEnd()).startsWith("HTTP/1.1 " + status + " ");
    }
    assertThat(ask(first)).isEqualTo(200);
  }
}
