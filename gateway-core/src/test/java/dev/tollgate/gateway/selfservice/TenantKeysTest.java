package dev.tollgate.gateway.selfservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.ApiKey.Origin;
import dev.tollgate.gateway.account.InferenceKeys;
import dev.tollgate.gateway.account.KeySettings;
import dev.tollgate.gateway.account.Limit;
import dev.tollgate.gateway.account.SpendingCaps;
import dev.tollgate.gateway.admin.Fields;
import dev.tollgate.gateway.admin.KeyChange;
import dev.tollgate.gateway.admin.KeySpec;
import dev.tollgate.gateway.admin.KeyStatus;
import dev.tollgate.gateway.admin.LimitsChange;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.selfservice.CallerClient.Reply;
import dev.tollgate.gateway.testkit.MoneyClient;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.SharedGateway;
import dev.tollgate.gateway.testkit.Tenant;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** OpenRouter's routes for keys, as a project calls them with its management key. */
class TenantKeysTest extends SharedGateway {
  private static final Duration SOON = Duration.ofSeconds(2);
  private static final String KEYS = "/api/v1/keys";
  private static final ObjectMapper JSON = new ObjectMapper();

  private CallerClient manager;

  @BeforeEach
  void makeManagementKey() {
    manager = CallerClient.managing(tenant);
  }

  private Reply created(String members) throws Exception {
    Reply reply = manager.post(KEYS, "{\"name\":\"laptop\"" + members + "}");
    assertThat(reply.status()).as(reply.body()).isEqualTo(201);
    return reply;
  }

  private static String path(Reply created) throws Exception {
    return KEYS + "/" + created.data().path("hash").asText();
  }

  private int ask(String key) throws Exception {
    return HTTP.send(
            tenant.request(tenant.uri("/api/v1/models")).setHeader("X-API-Key", key).build(),
            BodyHandlers.discarding())
        .statusCode();
  }

  private List<String> names(String query) throws Exception {
    return manager.get(KEYS + query).data().findValuesAsText("name");
  }

  private ApiKey stored(String hash) {
    return gateway.admin().listKeys(tenant.project()).stream()
        .map(KeyStatus::key)
        .filter(key -> key.id().equals("tg_" + hash))
        .findFirst()
        .orElseThrow();
  }

  private String hashOf(String key) {
    return key.split("_")[1];
  }

  private void operatorSets(String hash, KeyChange change) {
    var unused = gateway.admin().configureKey(tenant.project(), "tg_" + hash, change);
  }

  private static KeyChange dailyCap(String dollars) {
    return KeyChange.of(LimitsChange.NONE.set(Limit.DAILY_CAP, Money.parse(dollars).nanos()));
  }

  // --- create

  @Test
  void aNewKeyIsShownOnceAndOpensModels() throws Exception {
    Reply reply = created("");
    String key = reply.json().path("key").asText();

    assertThat(ask(key)).isEqualTo(200);
    assertThat(reply.data().path("hash").asText()).isEqualTo(hashOf(key));
    assertThat(manager.get(path(reply)).body()).doesNotContain(key);
    assertThat(manager.get(path(reply)).data()).isEqualTo(reply.data());
  }

  @Test
  void aNewKeyHasNoLimitUnlessItIsGivenOne() throws Exception {
    JsonNode key = created(",\"include_byok_in_limit\":true,\"creator_user_id\":null").data();

    assertThat(key.path("limit").isNull()).isTrue();
    assertThat(key.path("limit_remaining").isNull()).isTrue();
    assertThat(key.path("limit_reset").isNull()).isTrue();
    assertThat(key.path("workspace_id").asText()).isEqualTo(tenant.project());
  }

  @ParameterizedTest
  @CsvSource({"daily", "weekly", "monthly", "null"})
  void aLimitIsACapOfItsPeriod(String reset) throws Exception {
    String quoted = reset.equals("null") ? reset : "\"" + reset + "\"";
    JsonNode key = created(",\"limit\":1.5,\"limit_reset\":" + quoted).data();

    SpendingCaps caps = stored(key.path("hash").asText()).caps();
    assertThat(key.path("limit").decimalValue()).isEqualByComparingTo("1.5");
    assertThat(key.path("limit_reset").asText()).isEqualTo(reset);
    assertThat(caps)
        .isEqualTo(
            new SpendingCaps(
                reset.equals("daily") ? 1_500_000_000L : null,
                reset.equals("weekly") ? 1_500_000_000L : null,
                reset.equals("monthly") ? 1_500_000_000L : null,
                reset.equals("null") ? 1_500_000_000L : null));
  }

  @Test
  void aLimitWithMoreDecimalsIsRoundedDown() throws Exception {
    assertThat(created(",\"limit\":0.30000000000000004").data().path("limit").decimalValue())
        .isEqualByComparingTo("0.3");
  }

  @Test
  void aKeyExpiresAtItsTime() throws Exception {
    JsonNode key = created(",\"expires_at\":\"2099-01-02T03:04:05.678Z\"").data();

    assertThat(key.path("expires_at").asText()).isEqualTo("2099-01-02T03:04:05.678Z");
    assertThat(stored(key.path("hash").asText()).expiresAt()).isEqualTo("2099-01-02T03:04:05.678Z");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|name is missing",
        "{\"name\":\" \"}|name is empty",
        "{\"name\":1}|name is not a string",
        "{\"name\":\"a\\nb\"}|name holds a control character, such as a line break",
        "{\"name\":\"a\",\"limit\":0}|limit is '0', but must be an amount of US dollars from"
            + " 0.000000001 to 9223372036.854775807",
        "{\"name\":\"a\",\"limit\":1e-999999}|limit is '1E-999999', but must be an amount of US"
            + " dollars from 0.000000001 to 9223372036.854775807",
        "{\"name\":\"a\",\"limit\":1e999999}|limit is '1E+999999', but must be an amount of US"
            + " dollars from 0.000000001 to 9223372036.854775807",
        "{\"name\":\"a\",\"limit\":\"5\"}|limit is not a number or null",
        "{\"name\":\"a\",\"limit\":5,\"limit_reset\":\"yearly\"}|limit_reset is 'yearly', but must"
            + " be daily, weekly, monthly or null",
        "{\"name\":\"a\",\"limit_reset\":\"daily\"}|limit_reset is 'daily', but the key has no"
            + " limit",
        "{\"name\":\"a\",\"expires_at\":\"2099-01-01T00:00Z\"}|expires_at is"
            + " '2099-01-01T00:00Z', but must be a time such as 2030-12-31T23:59:59Z",
        "{\"name\":\"a\",\"expires_at\":\"2020-01-01T00:00:00Z\"}|expires_at is"
            + " '2020-01-01T00:00:00Z', but must be in the future and before the year 10000",
        "{\"name\":\"a\",\"limitReset\":\"daily\"}|unknown member 'limitReset'",
        "{\"name\":\"a\",\"external\":{\"user\":\"u\"}}|unknown member 'external'",
        "{\"name\":\"a\",\"workspace_id\":\"other\"}|workspace_id is 'other', but must be"
            + " 'PROJECT' or absent",
        "{\"name\":\"a\",\"name\":\"b\"}|the body is not JSON, or has a duplicate member",
        "[]|the body is not a JSON object",
        "''|the body is not a JSON object"
      })
  void aFaultyBodyMakesNoKeyAndTheMemberIsNamed(String body, String message) throws Exception {
    manager
        .post(KEYS, body)
        .isRefused(
            400,
            "malformed_request",
            "Malformed request: " + message.replace("PROJECT", tenant.project()));

    assertThat(names("")).containsExactly("");
  }

  @Test
  void aBodyOfMoreThan64KiBMakesNoKey() throws Exception {
    String body = "{\"name\":\"a\"}" + " ".repeat(SelfServiceServlet.MAX_BODY_BYTES);

    manager
        .post(KEYS, body)
        .isRefused(413, "request_too_large", "Request body too large (max 64KB)");
    manager
        .send("POST", KEYS, "{\"name\":\"a\"}", "Content-Encoding", "gzip")
        .isRefused(400, "malformed_request", "Malformed request: the body is encoded");
    assertThat(names("")).hasSize(1);
  }

  @Test
  void aBodyThatBreaksOffMakesNoKey() throws Exception {
    try (RawClient raw = tenant.connect()) {
      raw.send("POST /api/v1/keys HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n")
          .send("Authorization: Bearer " + manager.key() + "\r\nTransfer-Encoding: chunked\r\n\r\n")
          .send("c\r\n{\"name\":\"a\"}\r\nzz\r\n");
      assertThat(raw.readToEnd()).startsWith("HTTP/1.1 400 ");
    }
    assertThat(names("")).hasSize(1);
  }

  // --- list and read

  @Test
  void allInferenceKeysAreListedNewestFirst() throws Exception {
    created("");
    manager.post("/v0/llm/enable", "");
    Reply last = manager.post(KEYS, "{\"name\":\"last\"}");

    assertThat(names("")).containsExactly("last", "", "laptop", "");
    assertThat(manager.get(KEYS).data().get(0)).isEqualTo(last.data());
  }

  @Test
  void aPageHasAHundredKeys() throws Exception {
    for (int i = 0; i < KeyRoutes.PAGE; i++) {
      var unused = gateway.admin().createKey(tenant.project(), KeySpec.INFERENCE);
    }

    assertThat(names("")).hasSize(100);
    assertThat(names("?offset=100")).hasSize(1);
    assertThat(names("?offset=101")).isEmpty();
  }

  @Test
  void disabledKeysAreListedIfAskedForAndDeletedOnesNever() throws Exception {
    Reply one = created("");
    Reply two = created("");
    manager.patch(path(one), "{\"disabled\":true}");
    manager.delete(path(two));

    assertThat(names("")).containsExactly("");
    assertThat(names("?include_disabled=true")).containsExactly("laptop", "");
    assertThat(manager.get(path(one)).data().path("disabled").asBoolean()).isTrue();
    assertThat(manager.get(path(two)).status()).isEqualTo(404);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "offset=-1|offset is '-1', but must be a whole number from 0 to 999999999",
        "include_disabled=yes|include_disabled is 'yes', but must be true or false",
        "offset=1&offset=2|offset is given several times with different values",
        "workspace_id=other|workspace_id is 'other', but must be 'PROJECT' or absent"
      })
  void aFaultyQueryIsRefused(String query, String message) throws Exception {
    manager
        .get(KEYS + "?" + query)
        .isRefused(
            400,
            "malformed_request",
            "Malformed request: " + message.replace("PROJECT", tenant.project()));
  }

  @ParameterizedTest
  @CsvSource({"POST, ''", "GET, /x", "PATCH, /x", "DELETE, /x"})
  void theWorkspaceInAQueryMustBeTheProject(String method, String path) throws Exception {
    manager
        .send(method, KEYS + path + "?workspace_id=other", "{\"name\":\"a\"}")
        .isRefused(
            400,
            "malformed_request",
            "Malformed request: workspace_id is 'other', but must be '"
                + tenant.project()
                + "' or absent");
    assertThat(names("")).hasSize(1);
  }

  @Test
  void anotherProjectsKeyIsNotFound() throws Exception {
    Reply mine = created("");
    CallerClient stranger = CallerClient.managing(Tenant.of(gateway, "5"));
    String hash = mine.data().path("hash").asText();
    String message = "Key not found: '" + hash + "'";

    stranger.get(path(mine)).isRefused(404, "not_found", message);
    stranger.patch(path(mine), "{\"disabled\":true}").isRefused(404, "not_found", message);
    stranger.delete(path(mine)).isRefused(404, "not_found", message);
    assertThat(manager.get(path(mine)).data()).isEqualTo(mine.data());
  }

  @Test
  void aManagementKeyIsNotListed() throws Exception {
    String hash = hashOf(manager.key());

    assertThat(manager.get(KEYS).body()).doesNotContain(hash);
    assertThat(manager.get(KEYS + "/" + hash).status()).isEqualTo(404);
    assertThat(manager.get(KEYS + "/tgm_" + hash).status()).isEqualTo(404);
  }

  @Test
  void aKeyIsFoundByItsWholeIdToo() throws Exception {
    Reply one = created("");

    assertThat(manager.get(KEYS + "/tg_" + one.data().path("hash").asText()).data())
        .isEqualTo(one.data());
    assertThat(manager.get(path(one).replace("keys/", "keys/%74%67_")).data())
        .isEqualTo(one.data());
  }

  // --- change

  @Test
  void onlyWhatIsNamedChanges() throws Exception {
    Reply one = created(",\"limit\":5,\"limit_reset\":\"weekly\"");

    JsonNode renamed = manager.patch(path(one), "{\"name\":\"desktop\"}").data();
    assertThat(renamed.path("name").asText()).isEqualTo("desktop");
    assertThat(renamed.path("limit_reset").asText()).isEqualTo("weekly");

    JsonNode raised = manager.patch(path(one), "{\"limit\":50}").data();
    assertThat(raised.path("limit").asInt()).isEqualTo(50);
    assertThat(raised.path("limit_reset").asText()).isEqualTo("weekly");

    JsonNode monthly = manager.patch(path(one), "{\"limit_reset\":\"monthly\"}").data();
    assertThat(monthly.path("limit").asInt()).isEqualTo(50);
    assertThat(monthly.path("limit_reset").asText()).isEqualTo("monthly");

    JsonNode unlimited = manager.patch(path(one), "{\"limit\":null}").data();
    assertThat(unlimited.path("limit").isNull()).isTrue();
    assertThat(manager.patch(path(one), "{}").data()).isEqualTo(unlimited);
  }

  @Test
  void aDisabledKeyIsRefusedUntilItIsEnabled() throws Exception {
    Reply one = created("");
    String key = one.json().path("key").asText();

    manager.patch(path(one), "{\"disabled\":true}");
    await().atMost(SOON).until(() -> ask(key) == 401);

    manager.patch(path(one), "{\"disabled\":false}");
    await().atMost(SOON).until(() -> ask(key) == 200);
  }

  @Test
  void aDeletedKeyIsRefused() throws Exception {
    Reply one = created("");

    assertThat(manager.delete(path(one)).body()).isEqualTo("{\"deleted\":true}");

    await().atMost(SOON).until(() -> ask(one.json().path("key").asText()) == 401);
    assertThat(manager.delete(path(one)).status()).isEqualTo(404);
  }

  // --- what the operator has set

  @Test
  void aKeyOfTheOperatorsCanBeDisabledAndNothingElse() throws Exception {
    String hash = hashOf(tenant.key());
    String path = KEYS + "/" + hash;
    String key = "key tg_" + hash + ": only the operator can ";

    manager.patch(path, "{\"name\":\"x\"}").isRefused(409, "conflict", key + "rename it");
    manager.patch(path, "{\"limit\":5}").isRefused(409, "conflict", key + "change its limit");
    manager
        .delete(path)
        .isRefused(
            409,
            "conflict",
            "the operator made key tg_" + hash + ", so it can be disabled, but not deleted");
    assertThat(manager.patch(path, "{\"disabled\":true}").status()).isEqualTo(200);
    manager.patch(path, "{\"disabled\":false}").isRefused(409, "conflict", key + "enable it");
    await().atMost(SOON).until(() -> ask(tenant.key()) == 401);
  }

  @Test
  void aCapThatTheOperatorSetStays() throws Exception {
    Reply one = created(",\"limit\":5");
    String hash = one.data().path("hash").asText();
    operatorSets(hash, dailyCap("1"));
    String message = "key tg_" + hash + ": only the operator can change its limit";

    manager.patch(path(one), "{\"limit\":null}").isRefused(409, "conflict", message);
    manager
        .patch(path(one), "{\"limit\":0.5,\"limit_reset\":\"daily\"}")
        .isRefused(409, "conflict", message);
    assertThat(manager.patch(path(one), "{\"name\":\"mine\"}").status()).isEqualTo(200);
    assertThat(stored(hash).caps())
        .isEqualTo(new SpendingCaps(1_000_000_000L, null, null, 5_000_000_000L));
    assertThat(manager.delete(path(one)).status()).isEqualTo(200);
  }

  @Test
  void aCapThatTheOperatorSetStaysEvenIfTheProjectHadSetTheSame() throws Exception {
    Reply one = created(",\"limit\":3");
    String hash = one.data().path("hash").asText();
    operatorSets(
        hash, KeyChange.of(LimitsChange.NONE.set(Limit.TOTAL_CAP, Money.parse("3.00").nanos())));

    manager
        .patch(path(one), "{\"limit\":null}")
        .isRefused(409, "conflict", "key tg_" + hash + ": only the operator can change its limit");
    assertThat(gateway.admin().audit(tenant.project(), 1))
        .extracting(audited -> audited.line().action() + audited.line().detail())
        .containsExactly("key.configure{\"origin\":\"restricted\"}");
  }

  @Test
  void aKeyThatTheOperatorDisabledStaysDisabledEvenIfTheProjectHadDisabledIt() throws Exception {
    Reply one = created("");
    String hash = one.data().path("hash").asText();
    manager.patch(path(one), "{\"disabled\":true}");
    operatorSets(hash, new KeyChange(null, null, true, LimitsChange.NONE));

    manager
        .patch(path(one), "{\"disabled\":false}")
        .isRefused(409, "conflict", "key tg_" + hash + ": only the operator can enable it");
  }

  @Test
  void whatTheOperatorDoesNotRestrictStaysTheProjects() throws Exception {
    Reply one = created(",\"limit\":3");
    String hash = one.data().path("hash").asText();
    operatorSets(hash, new KeyChange("ours", null, false, LimitsChange.NONE));
    operatorSets(hash, KeyChange.of(LimitsChange.NONE.clear(Limit.DAILY_CAP)));

    assertThat(manager.patch(path(one), "{\"limit\":null}").status()).isEqualTo(200);
  }

  @Test
  void aKeyStaysRestrictedWhileItHasACap() throws Exception {
    Reply one = created(",\"limit\":3");
    String hash = one.data().path("hash").asText();
    operatorSets(hash, dailyCap("1"));
    operatorSets(hash, KeyChange.of(LimitsChange.NONE.clear(Limit.DAILY_CAP)));
    assertThat(stored(hash).origin()).isEqualTo(Origin.RESTRICTED);

    operatorSets(hash, KeyChange.of(LimitsChange.NONE.clear(Limit.TOTAL_CAP)));
    assertThat(stored(hash).origin()).isEqualTo(Origin.CREATED);
  }

  @Test
  void aKeyThatTheOperatorDisabledStaysDisabled() throws Exception {
    Reply one = created("");
    String hash = one.data().path("hash").asText();
    operatorSets(hash, new KeyChange(null, null, true, LimitsChange.NONE));

    manager
        .patch(path(one), "{\"disabled\":false}")
        .isRefused(409, "conflict", "key tg_" + hash + ": only the operator can enable it");

    operatorSets(hash, new KeyChange(null, null, false, LimitsChange.NONE));
    assertThat(stored(hash).origin()).isEqualTo(Origin.CREATED);
    assertThat(manager.patch(path(one), "{\"limit\":5}").data().path("limit").asInt()).isEqualTo(5);
  }

  @Test
  void theOperatorSeesTheOriginOfEachKey() throws Exception {
    created("");
    operatorSets(created("").data().path("hash").asText(), dailyCap("1"));
    manager.post("/v0/llm/enable", "");

    assertThat(gateway.admin().listKeys(tenant.project()))
        .extracting(
            status -> JSON.<JsonNode>valueToTree(Fields.key(status)).path("origin").asText())
        .containsExactlyInAnyOrder("operator", "operator", "created", "restricted", "enabled");
  }

  @Test
  void theKeyOfEnableIsRenamedAndDeletedAndNothingElse() throws Exception {
    String hash = hashOf(manager.post("/v0/llm/enable", "").json().path("privateKey").asText());
    String path = KEYS + "/" + hash;

    manager
        .patch(path, "{\"disabled\":true}")
        .isRefused(409, "conflict", "key tg_" + hash + ": it can be deleted, but not disabled");
    manager
        .patch(path, "{\"limit\":5}")
        .isRefused(409, "conflict", "key tg_" + hash + ": only the operator can change its limit");
    assertThat(manager.patch(path, "{\"name\":\"bot\"}").status()).isEqualTo(200);
    assertThat(manager.delete(path).status()).isEqualTo(200);
    assertThat(manager.get("/v0/llm/status").body()).isEqualTo("{\"enabled\":false}");
  }

  @Test
  void enableAndDisableLeaveOtherKeysAlone() throws Exception {
    Reply one = created("");
    manager.post("/v0/llm/enable", "");
    manager.post("/v0/llm/enable", "");
    assertThat(manager.delete("/v0/llm/disable").status()).isEqualTo(200);

    assertThat(manager.get(path(one)).data()).isEqualTo(one.data());
    assertThat(manager.get("/v0/llm/status").body()).isEqualTo("{\"enabled\":false}");
  }

  @Test
  void theAuditLogNamesTheManagementKey() throws Exception {
    Reply one = created("");
    manager.patch(path(one), "{\"disabled\":true}");
    manager.patch(path(one), "{\"disabled\":true}");
    manager.delete(path(one));

    String actor = manager.key().substring(0, manager.key().indexOf('_', 4));
    assertThat(gateway.admin().audit(tenant.project(), 3))
        .extracting(audited -> audited.line().actor() + " " + audited.line().action())
        .containsExactly(actor + " key.revoke", actor + " key.configure", actor + " key.create");
  }

  // --- spending

  @Test
  void aKeyShowsItsOwnSpendingAndTheRestOfItsLimit() throws Exception {
    gateway.admin().credit(tenant.project(), Money.parse("100"), "", null);
    Reply one = created(",\"limit\":2,\"limit_reset\":\"monthly\"");
    new MoneyClient(tenant.chat(), tenant.key()).ask("a/b", "\"n\":1");
    new MoneyClient(tenant.chat(), one.json().path("key").asText()).ask("a/b", "\"n\":1");
    Money charge = gateway.admin().entries(tenant.project(), 1).get(0).amount();

    JsonNode key = manager.get(path(one)).data();
    for (String usage : List.of("usage", "usage_daily", "usage_weekly", "usage_monthly")) {
      assertThat(key.path(usage).decimalValue()).isEqualByComparingTo(charge.dollars());
    }
    assertThat(key.path("limit_remaining").decimalValue())
        .isEqualByComparingTo(Money.parse("2").minus(charge).dollars());
  }

  @Test
  void theKeyStopsAtItsLimit() throws Exception {
    String key = created(",\"limit\":0.000001").json().path("key").asText();
    MoneyClient client = new MoneyClient(tenant.chat(), key);
    assertThat(client.ask("a/b", "\"n\":1").statusCode()).isEqualTo(200);

    assertThat(client.ask("a/b", "\"n\":1").body()).contains("Spending limit reached (total)");
  }

  // --- who may call, and how

  @ParameterizedTest
  @CsvSource({
    "GET, /api/v1/keys",
    "POST, /api/v1/keys",
    "GET, /api/v1/keys/x",
    "PATCH, /api/v1/keys/x",
    "DELETE, /api/v1/keys/x",
    "GET, /api/v1/activity"
  })
  void anInferenceKeyManagesNothing(String method, String path) throws Exception {
    new CallerClient(tenant.uri(""), tenant.key())
        .send(method, path, "")
        .isRefused(401, "invalid_api_key", "Invalid API key");
  }

  @Test
  void pinMesCallersNeedNoProjectName() throws Exception {
    Reply made = manager.send("POST", KEYS, "{\"name\":\"a\"}", "X-API-Key", manager.key());
    assertThat(made.status()).as(made.body()).isEqualTo(201);

    Reply unknown = manager.send("GET", KEYS + "/none", "", "X-API-Key", manager.key());
    assertThat(unknown.body())
        .isEqualTo(
            "{\"code\":404,\"msg\":\"error\",\"data\":{\"error\":\"Key not found: 'none'\"}}");
    assertThat(manager.send("POST", KEYS, "{}", "X-API-Key", "tgm_no").body())
        .isEqualTo("{\"code\":401,\"msg\":\"error\",\"data\":{\"error\":\"Invalid API key\"}}");
  }

  @Test
  void aProjectNameOfPinMesCallersMustBeTheKeysProject() throws Exception {
    Tenant other = Tenant.of(gateway, "5");
    String body = "{\"name\":\"a\"}";
    Reply made =
        manager.send(
            "POST", KEYS + "?project_name=" + tenant.project(), body, "X-API-Key", manager.key());
    assertThat(made.status()).as(made.body()).isEqualTo(201);

    for (String named : List.of(other.project(), "%FF", "a&project_name=b")) {
      Reply refused =
          manager.send("POST", KEYS + "?project_name=" + named, body, "X-API-Key", manager.key());
      assertThat(refused.body())
          .isEqualTo(
              "{\"code\":401,\"msg\":\"error\",\"data\":{\"error\":\"Invalid API key or project"
                  + " name\"}}");
    }
    assertThat(names("")).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "PUT|/api/v1/keys|GET, HEAD, POST, OPTIONS",
        "POST|/api/v1/keys/x|DELETE, GET, HEAD, PATCH, OPTIONS",
        "POST|/api/v1/activity|GET, HEAD, OPTIONS",
        "DELETE|/api/v1/openapi.json|GET, HEAD, OPTIONS"
      })
  void otherMethodsAreNamed(String method, String path, String allow) throws Exception {
    Reply refused = manager.send(method, path, "");
    assertThat(refused.status()).isEqualTo(405);
    assertThat(refused.headers().firstValue("Allow")).contains(allow);

    Reply options = manager.send("OPTIONS", path, "");
    assertThat(options.status()).isEqualTo(204);
    assertThat(options.headers().firstValue("Allow")).contains(allow);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/api/v1/keys", "/api/v1/activity", "/api/v1/openapi.json"})
  void headHasTheHeadersAlone(String path) throws Exception {
    Reply head = manager.send("HEAD", path, "");

    assertThat(head.status()).isEqualTo(200);
    assertThat(head.body()).isEmpty();
    assertThat(head.headers().firstValueAsLong("Content-Length"))
        .hasValue(manager.get(path).body().getBytes(StandardCharsets.UTF_8).length);
  }

  @Test
  void aManagementKeySeesItselfAndItsProject() throws Exception {
    JsonNode key = manager.get("/api/v1/key").data();
    assertThat(key.path("is_management_key").asBoolean()).isTrue();
    assertThat(key.path("is_provisioning_key").asBoolean()).isTrue();
    assertThat(key.path("limit").asInt()).isEqualTo(5);
    assertThat(manager.get("/api/v1/auth/key").data()).isEqualTo(key);
    assertThat(manager.get("/api/v1/credits").data().path("total_credits").asInt()).isEqualTo(5);
  }

  @Test
  void aProjectHasSoManyKeysOfItsOwnAtMost() {
    String id = gateway.admin().showProject(tenant.project()).project().id();
    InferenceKeys keys = gateway.admin().inferenceKeys();
    for (int i = 0; i < InferenceKeys.MAX_KEYS; i++) {
      var unused = keys.create(id, "tgm_1", KeySettings.NONE, null);
    }

    assertThat(keys.create(id, "tgm_1", KeySettings.NONE, null))
        .isEqualTo(
            new InferenceKeys.Outcome.Refused(
                "the project has 1,000 keys of its own, which is the maximum"));
  }
}
