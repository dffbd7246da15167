package dev.tollgate.gateway.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.SpendingCaps;
import dev.tollgate.gateway.admin.KeySpec;
import dev.tollgate.gateway.admin.LimitsChange;
import dev.tollgate.gateway.admin.ProjectChange;
import dev.tollgate.gateway.testkit.MoneyClient;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The npm package @openrouter/sdk asks about keys, credits and usage, and changes keys. It refuses
 * an answer that lacks a member.
 */
class NpmOpenRouterIT extends ClientTest {
  private static final long DOLLAR = 1_000_000_000;

  @BeforeAll
  static void install() throws Exception {
    Npm.folder();
  }

  private JsonNode run(String scenario, String key) throws Exception {
    return NodeScript.run("openrouter.mjs", scenario, Map.of("url", url, "key", key));
  }

  private JsonNode run(String scenario, String key, String option, String value) throws Exception {
    return NodeScript.run(
        "openrouter.mjs", scenario, Map.of("url", url, "key", key, option, value));
  }

  private String managementKey() {
    KeySpec spec = new KeySpec(ApiKey.Kind.MANAGEMENT, null, SpendingCaps.NONE);
    return gateway.admin().createKey(tenant.project(), spec).key().reveal();
  }

  @Test
  void aKeyWithoutACapSeesItsProject() throws Exception {
    JsonNode facts = run("key", key);

    assertThat(facts.path("limit").asText()).isEqualTo("10");
    assertThat(facts.path("limitRemaining").asText()).isEqualTo("10");
    assertThat(facts.path("limitReset").isNull()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"1, 3, daily", "3, 1, monthly"})
  void aKeyWithCapsSeesTheNearestOne(long daily, long monthly, String reset) throws Exception {
    SpendingCaps caps = new SpendingCaps(daily * DOLLAR, monthly * DOLLAR);
    KeySpec spec = new KeySpec(ApiKey.Kind.INFERENCE, null, caps);
    String capped = gateway.admin().createKey(tenant.project(), spec).key().reveal();

    JsonNode facts = run("key", capped);

    assertThat(facts.path("limit").asText()).isEqualTo("1");
    assertThat(facts.path("limitRemaining").asText()).isEqualTo("1");
    assertThat(facts.path("limitReset").asText()).isEqualTo(reset);
  }

  @Test
  void creditsAreTheProjects() throws Exception {
    JsonNode credits = run("credits", key);

    assertThat(credits.path("totalCredits").asText()).isEqualTo("10");
    assertThat(credits.path("totalUsage").asText()).isEqualTo("0");
  }

  @Test
  void aManagementKeyIsOne() throws Exception {
    JsonNode facts = run("key", managementKey());

    assertThat(facts.path("isManagementKey").asBoolean()).isTrue();
    assertThat(run("credits", managementKey()).path("totalCredits").asText()).isEqualTo("10");
  }

  @Test
  void aKeyIsCreatedReadChangedAndDeleted() throws Exception {
    String management = managementKey();

    JsonNode created = run("createKey", management);
    String hash = created.path("hash").asText();
    assertThat(created.path("secret").asText()).startsWith("tg_" + hash + "_");
    assertThat(created.path("name").asText()).isEqualTo("laptop");
    assertThat(created.path("limit").asInt()).isEqualTo(20);
    assertThat(created.path("limitReset").asText()).isEqualTo("monthly");
    assertThat(created.path("expiresIn").asInt()).isEqualTo(2099);
    assertThat(run("credits", created.path("secret").asText()).path("totalCredits").asText())
        .isEqualTo("10");

    assertThat(run("getKey", management, "hash", hash).path("name").asText()).isEqualTo("laptop");

    JsonNode updated = run("updateKey", management, "hash", hash);
    assertThat(updated.path("name").asText()).isEqualTo("desktop");
    assertThat(updated.path("disabled").asBoolean()).isTrue();
    assertThat(updated.path("limit").asDouble()).isEqualTo(2.5);
    assertThat(updated.path("limitReset").isNull()).isTrue();

    JsonNode listed = run("listKeys", management);
    assertThat(listed).hasSize(2);
    assertThat(listed.get(0)).isEqualTo(updated);

    assertThat(run("deleteKey", management, "hash", hash).path("deleted").asBoolean()).isTrue();
    assertThat(run("listKeys", management)).hasSize(1);
  }

  @Test
  void usageIsTheChargeAndNotTheCost() throws Exception {
    gateway
        .admin()
        .configure(
            tenant.project(), new ProjectChange(Markup.parse("10%"), null, LimitsChange.NONE));
    String messages = "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]";
    assertThat(new MoneyClient(tenant.chat(), key).ask(MODEL, messages).statusCode())
        .isEqualTo(200);
    String management = managementKey();
    String charge =
        gateway.admin().entries(tenant.project(), 1).get(0).amount().dollars().toPlainString();
    String today = LocalDate.now(ZoneOffset.UTC).toString();

    JsonNode activity = run("activity", management, "date", today);
    assertThat(activity).hasSize(1);
    assertThat(activity.get(0).path("usage").decimalValue()).isEqualByComparingTo(charge);
    assertThat(activity.get(0).path("requests").asInt()).isEqualTo(1);
    assertThat(run("completedDays", management)).isEmpty();
    assertThat(run("listKeys", management).get(0).path("usage").decimalValue())
        .isEqualByComparingTo(charge);
    assertThat(run("credits", key).path("totalUsage").decimalValue()).isEqualByComparingTo(charge);
    assertThat(run("key", key).path("usage").decimalValue()).isEqualByComparingTo(charge);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "unknownKey|404|not_found|Key not found: 'none'",
        "emptyName|400|malformed_request|Malformed request: name is empty"
      })
  void aRefusalHasItsStatusAndItsBody(String scenario, int status, String code, String message)
      throws Exception {
    JsonNode refusal = run(scenario, managementKey());

    assertThat(refusal.path("status").asInt()).isEqualTo(status);
    assertThat(refusal.path("code").asText()).isEqualTo(code);
    assertThat(refusal.path("message").asText()).isEqualTo(message);
  }

  @Test
  void anInferenceKeyListsNoKeys() throws Exception {
    JsonNode refusal = run("listRefused", key);

    assertThat(refusal.path("status").asInt()).isEqualTo(401);
    assertThat(refusal.path("code").asText()).isEqualTo("invalid_api_key");
  }
}
