package dev.tollgate.gateway.selfservice;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.admin.LimitsChange;
import dev.tollgate.gateway.admin.ProjectChange;
import dev.tollgate.gateway.testkit.BookkeepingUpstream;
import dev.tollgate.gateway.testkit.MoneyClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.SettableClock;
import dev.tollgate.gateway.testkit.Tenant;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** OpenRouter's list of a project's usage, on a clock that begins on 1 January 2026. */
class ActivityTest {
  private static final String ACTIVITY = "/api/v1/activity";

  private final SettableClock clock = new SettableClock();
  private BookkeepingUpstream upstream;
  private RunningGateway gateway;
  private Tenant tenant;
  private CallerClient manager;

  @BeforeEach
  void start(@TempDir Path directory) throws Exception {
    upstream = new BookkeepingUpstream();
    gateway = RunningGateway.start(directory, upstream.baseUrl(), Map.of(), clock);
    tenant = Tenant.of(gateway, "1000");
    manager = CallerClient.managing(tenant);
  }

  @AfterEach
  void stop() throws Exception {
    gateway.close();
    upstream.close();
  }

  private void ask(String key, String model, String cost) throws Exception {
    HttpResponse<String> answer =
        new MoneyClient(tenant.chat(), key).ask(model, "\"x_cost\":\"" + cost + "\"");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
  }

  private void ask(String model, String cost) throws Exception {
    ask(tenant.key(), model, cost);
  }

  private List<String> rows(String query) throws Exception {
    return manager.get(ACTIVITY + query).data().findParents("date").stream()
        .map(
            row ->
                row.path("date").asText()
                    + " "
                    + row.path("model").asText()
                    + " "
                    + row.path("usage").decimalValue().toPlainString())
        .toList();
  }

  @Test
  void completedDaysAreListedByModelTheNewestFirst() throws Exception {
    ask("acme/m1", "0.1");
    ask("acme/m1", "0.2");
    clock.advance(Duration.ofDays(1));
    ask("acme/m1", "0.3");
    ask("acme/m2", "0.4");
    assertThat(rows("")).containsExactly("2026-01-01 acme/m1 0.3");

    clock.advance(Duration.ofDays(1));
    assertThat(rows(""))
        .containsExactly(
            "2026-01-02 acme/m2 0.4", "2026-01-02 acme/m1 0.3", "2026-01-01 acme/m1 0.3");
    clock.advance(Duration.ofDays(29));
    assertThat(rows("")).containsExactly("2026-01-02 acme/m2 0.4", "2026-01-02 acme/m1 0.3");
    clock.advance(Duration.ofDays(1));
    assertThat(rows("")).isEmpty();
  }

  @Test
  void aRowHasWhatWasUsed() throws Exception {
    ask("acme/m1", "0.1");
    ask("acme/m1", "0.2");
    clock.advance(Duration.ofDays(1));

    JsonNode row = manager.get(ACTIVITY).data().get(0);
    assertThat(row.path("requests").asInt()).isEqualTo(2);
    assertThat(row.path("prompt_tokens").asInt()).isEqualTo(14);
    assertThat(row.path("completion_tokens").asInt()).isEqualTo(6);
    assertThat(row.path("reasoning_tokens").asInt()).isZero();
    assertThat(row.path("model_permaslug").asText()).isEqualTo("acme/m1");
    assertThat(row.path("provider_name").asText()).isEmpty();
    assertThat(row.has("workspace_id")).isFalse();
  }

  @Test
  void aProjectWithAMarkupSeesItsChargeAndNotTheCost() throws Exception {
    gateway
        .admin()
        .configure(
            tenant.project(), new ProjectChange(Markup.parse("10%"), null, LimitsChange.NONE));
    ask("acme/m1", "0.1");

    String hash = tenant.key().split("_")[1];
    assertThat(rows("?date=2026-01-01")).containsExactly("2026-01-01 acme/m1 0.11");
    assertThat(manager.get("/api/v1/keys/" + hash).data().path("usage").decimalValue())
        .isEqualByComparingTo("0.11");
    assertThat(manager.get("/api/v1/key").data().path("usage").decimalValue())
        .isEqualByComparingTo("0.11");
    assertThat(manager.get("/api/v1/credits").data().path("total_usage").decimalValue())
        .isEqualByComparingTo("0.11");
  }

  @Test
  void oneDateIsListedEvenIfItIsToday() throws Exception {
    ask("acme/m1", "0.1");
    clock.advance(Duration.ofDays(1));
    ask("acme/m1", "0.2");

    assertThat(rows("?date=2026-01-01")).containsExactly("2026-01-01 acme/m1 0.1");
    assertThat(rows("?date=2026-01-02")).containsExactly("2026-01-02 acme/m1 0.2");
    assertThat(rows("?date=2025-12-31")).isEmpty();
  }

  @Test
  void oneKeyIsListedByItsHash() throws Exception {
    String other = manager.post("/api/v1/keys", "{\"name\":\"a\"}").json().path("key").asText();
    ask("acme/m1", "0.1");
    ask(other, "acme/m1", "0.2");
    String hash = other.split("_")[1];
    manager.delete("/api/v1/keys/" + hash);
    clock.advance(Duration.ofDays(1));

    assertThat(rows("")).containsExactly("2026-01-01 acme/m1 0.3");
    assertThat(rows("?api_key_hash=" + hash)).containsExactly("2026-01-01 acme/m1 0.2");
    assertThat(rows("?api_key_hash=none")).isEmpty();
  }

  @Test
  void theWorkspaceIsTheProject() throws Exception {
    ask("acme/m1", "0.1");
    clock.advance(Duration.ofDays(1));

    JsonNode row = manager.get(ACTIVITY + "?group_by=workspace").data().get(0);
    assertThat(row.path("workspace_id").asText()).isEqualTo(tenant.project());
    assertThat(rows("?workspace_id=" + tenant.project())).hasSize(1);
  }

  @Test
  void anotherProjectsUsageIsNotShown() throws Exception {
    ask("acme/m1", "0.1");
    Tenant other = Tenant.of(gateway, "5");

    assertThat(CallerClient.managing(other).get(ACTIVITY + "?date=2026-01-01").data()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "date=2025-12-01|date is '2025-12-01', but must be from 2025-12-02 to 2026-01-01",
        "date=2026-01-02|date is '2026-01-02', but must be from 2025-12-02 to 2026-01-01",
        "date=today|date is 'today', but must be from 2025-12-02 to 2026-01-01",
        "group_by=model|group_by is 'model', but must be workspace or absent",
        "user_id=u|user_id is not supported: a project has no members"
      })
  void aFaultyQueryIsRefused(String query, String message) throws Exception {
    manager
        .get(ACTIVITY + "?" + query)
        .isRefused(400, "malformed_request", "Malformed request: " + message);
  }
}
