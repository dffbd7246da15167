package dev.tollgate.gateway.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.SpendingCaps;
import dev.tollgate.gateway.admin.KeySpec;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The npm package @openrouter/sdk asks about a key and its project. It refuses an answer that lacks
 * a member.
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
}
