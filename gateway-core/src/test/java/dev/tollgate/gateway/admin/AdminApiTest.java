package dev.tollgate.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tollgate.gateway.Gateway;
import dev.tollgate.gateway.admin.AdminClient.Answer;
import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.ApiDocument;
import dev.tollgate.gateway.testkit.BookkeepingUpstream;
import dev.tollgate.gateway.testkit.BookkeepingUpstream.Model;
import dev.tollgate.gateway.testkit.JettyContainer;
import dev.tollgate.gateway.testkit.LogCapture;
import dev.tollgate.gateway.testkit.MoneyClient;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.Tenant;
import jakarta.servlet.http.HttpServlet;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The admin API from outside; {@link AdminClient} holds each answer against the document. */
class AdminApiTest {
  private static final String UPSTREAM_KEY = "sk-or-v1-of-this-project-alone";
  private static final AtomicInteger NAMES = new AtomicInteger();

  private static Path database;
  private static BookkeepingUpstream upstream;
  private static RunningGateway gateway;
  private static AdminClient api;
  // A project of each test's own, and the path of it.
  private String name;
  private String project;
  private String keyId;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    database = directory;
    upstream = new BookkeepingUpstream();
    upstream.price(new Model("acme/m1", "0.000000125", "0.0000006", 8192, 1000));
    gateway =
        RunningGateway.start(
            directory,
            upstream.baseUrl(),
            Map.of("tollgate.admin.token", AdminClient.TOKEN),
            30_000);
    api = new AdminClient(gateway.uri("/admin/v1"));
  }

  @AfterAll
  static void stop() throws Exception {
    gateway.close();
    upstream.close();
  }

  @BeforeEach
  void makeProject() {
    name = "api" + NAMES.incrementAndGet();
    project = "/projects/" + name;
    keyId = gateway.admin().createProject(name, Money.parse("5"), null).id();
  }

  private static Set<String> names(JsonNode object) {
    Set<String> names = new TreeSet<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  // --- the document

  @Test
  void theDocumentHasAllRoutesAndNoOthers() {
    List<AdminRoute> routes = new AdminRoutes(text -> null, "").all();

    assertThat(new ApiDocument(AdminClient.DOCUMENT).operations())
        .containsExactlyInAnyOrderElementsOf(
            routes.stream().map(route -> route.method() + " " + route.path()).toList());
  }

  @Test
  void theDocumentHasAllQueryParametersAndNoOthers() {
    for (AdminRoute route : new AdminRoutes(text -> null, "").all()) {
      Set<String> parameters = new TreeSet<>();
      for (JsonNode parameter :
          AdminClient.DOCUMENT
              .path("paths")
              .path(route.path())
              .path(route.method().toLowerCase(Locale.ROOT))
              .path("parameters")) {
        JsonNode whole =
            parameter.has("$ref")
                ? AdminClient.DOCUMENT.at(parameter.get("$ref").asText().substring(1))
                : parameter;
        if (whole.get("in").asText().equals("query")) {
          parameters.add(whole.get("name").asText());
        }
      }
      assertThat(parameters).as(route.toString()).isEqualTo(route.query());
    }
  }

  @Test
  void theDocumentIsServed() throws Exception {
    assertThat(api.get("/openapi.json").is(200).json()).isEqualTo(AdminClient.DOCUMENT);
  }

  // --- every route does what the command line does

  @Test
  void projectsAreMadeShownListedAndConfigured() throws Exception {
    String made = name + "-made";
    JsonNode created =
        api.post(
                "/projects",
                "{\"project_name\":\"%s\",\"balance\":\"2.5\",\"upstream_key\":\"%s\"}"
                    .formatted(made, UPSTREAM_KEY))
            .is(201)
            .json();
    assertThat(names(created)).containsExactly("api_key", "project_name");

    JsonNode shown = api.get("/projects/" + made).is(200).json();
    assertThat(shown.at("/balance/available").asText()).isEqualTo("2.50");
    assertThat(shown.get("upstream_key").asText()).isEqualTo("own");
    assertThat(api.get("/projects").is(200).json()).contains(shown);

    JsonNode configured =
        api.patch(
                "/projects/" + made,
                "{\"enabled\":false,\"markup\":\"10%\",\"upstream\":\"none\",\"rate\":\"10/s\","
                    + "\"concurrency\":3,\"models\":[\"openai/*\",\"a\"],"
                    + "\"daily_cap\":\"1\",\"monthly_cap\":\"20.000000001\"}")
            .is(200)
            .json();
    assertThat(configured.toString())
        .startsWith(
            ("{\"project_name\":\"%s\",\"display_name\":\"\",\"enabled\":false,"
                    + "\"archived_at\":null,\"balance\":{\"total\":\"2.50\","
                    + "\"loaned\":\"0.00\",\"available\":\"2.50\"},\"markup\":\"10%%\","
                    + "\"upstream_key\":\"none\",\"rate\":\"10/s\",\"concurrency\":3,"
                    + "\"models\":[\"openai/*\",\"a\"],\"daily_cap\":\"1.00\",\"weekly_cap\":null,"
                    + "\"monthly_cap\":\"20.000000001\",\"total_cap\":null,\"created_at\":\"")
                .formatted(made));

    JsonNode back =
        api.patch(
                "/projects/" + made,
                "{\"upstream\":\"default\",\"rate\":null,\"concurrency\":null,\"models\":null,"
                    + "\"daily_cap\":null,\"monthly_cap\":null}")
            .is(200)
            .json();
    assertThat(back.get("upstream_key").asText()).isEqualTo("default");
    assertThat(back.get("enabled").asBoolean()).isFalse();
    for (String limit :
        List.of("rate", "concurrency", "models", "daily_cap", "weekly_cap", "monthly_cap")) {
      assertThat(back.get(limit).isNull()).as(limit).isTrue();
    }
  }

  @Test
  void anUpstreamKeyIsGivenToAProjectThatIsThere() throws Exception {
    JsonNode own = api.patch(project, "{\"upstream_key\":\"" + UPSTREAM_KEY + "\"}").is(200).json();

    assertThat(own.get("upstream_key").asText()).isEqualTo("own");
    assertThat(gateway.admin().showProject(name).project().upstreamKey().reveal())
        .isEqualTo(UPSTREAM_KEY);
  }

  @Test
  void whatOnePatchChangesIsChangedAsAWhole() throws Exception {
    api.patch(project, "{\"enabled\":false,\"models\":[\"a b\"]}").is(400);
    assertThat(gateway.admin().showProject(name).project().enabled()).isTrue();

    api.patch(project, "{\"enabled\":false,\"markup\":\"1%\"}").is(200);
    assertThat(api.get("/audit?limit=2&project=" + name).json().findValuesAsText("action"))
        .containsExactly("project.configure", "project.disable");
  }

  @Test
  void keysAreMadeListedConfiguredRotatedAndRevoked() throws Exception {
    JsonNode made =
        api.post(project + "/keys", "{\"expires\":\"30d\",\"daily_cap\":\"1\"}").is(201).json();
    assertThat(names(made)).containsExactly("api_key", "key_id", "project_name");
    String id = made.get("key_id").asText();
    assertThat(made.get("api_key").asText()).startsWith(id + "_");
    JsonNode manage = api.post(project + "/keys", "{\"kind\":\"management\"}").is(201).json();
    assertThat(manage.get("key_id").asText()).startsWith("tgm_");
    api.post(project + "/keys", "").is(201);

    JsonNode configured =
        api.patch(
                project + "/keys/" + id,
                "{\"daily_cap\":null,\"weekly_cap\":\"2\",\"monthly_cap\":\"3\",\"total_cap\":\"4\"}")
            .is(200)
            .json();
    assertThat(configured.get("daily_cap").isNull()).isTrue();
    assertThat(configured.get("weekly_cap").asText()).isEqualTo("2.00");
    assertThat(configured.get("monthly_cap").asText()).isEqualTo("3.00");
    assertThat(configured.get("total_cap").asText()).isEqualTo("4.00");

    JsonNode rotated =
        api.post(project + "/keys/" + id + "/rotate", "{\"grace\":\"1h\"}").is(201).json();
    assertThat(rotated.at("/replaces/key_id").asText()).isEqualTo(id);
    assertThat(rotated.at("/replaces/revoked").asBoolean()).isFalse();
    api.post(project + "/keys/" + rotated.get("key_id").asText() + "/rotate", "{}").is(201);

    JsonNode revoked = api.delete(project + "/keys/" + id).is(200).json();
    assertThat(revoked.get("revoked").asBoolean()).isTrue();
    assertThat(api.delete(project + "/keys/" + id).is(200).json()).isEqualTo(revoked);
    assertThat(api.get(project + "/keys").is(200).json()).hasSize(6).contains(revoked);
  }

  @Test
  void aKeyIsNamedAndDisabled() throws Exception {
    String body = "{\"name\":\"search\",\"metadata\":{\"team\":\"web\"}}";
    String id = api.post(project + "/keys", body).is(201).json().get("key_id").asText();
    JsonNode listed = api.get(project + "/keys").is(200).json().get(1);
    assertThat(listed.get("name").asText()).isEqualTo("search");
    assertThat(listed.at("/metadata/team").asText()).isEqualTo("web");
    assertThat(listed.get("disabled").asBoolean()).isFalse();

    JsonNode disabled =
        api.patch(project + "/keys/" + id, "{\"name\":null,\"metadata\":null,\"disabled\":true}")
            .is(200)
            .json();
    assertThat(disabled.get("name").asText()).isEmpty();
    assertThat(disabled.get("metadata").isNull()).isTrue();
    assertThat(disabled.get("disabled").asBoolean()).isTrue();
  }

  @Test
  void aProjectIsArchivedAndUnarchived() throws Exception {
    JsonNode archived =
        api.patch(project, "{\"display_name\":\"The Shop\",\"archived\":true}").is(200).json();
    assertThat(archived.get("display_name").asText()).isEqualTo("The Shop");
    assertThat(archived.get("enabled").asBoolean()).isFalse();
    assertThat(archived.get("archived_at").isTextual()).isTrue();
    api.patch(project, "{\"enabled\":true}").is(409);

    JsonNode back = api.patch(project, "{\"display_name\":null,\"archived\":false}").is(200).json();
    assertThat(back.get("display_name").asText()).isEmpty();
    assertThat(back.get("enabled").asBoolean()).isTrue();
    assertThat(back.get("archived_at").isNull()).isTrue();
  }

  @Test
  void creditsAreBookedAndListed() throws Exception {
    JsonNode credited =
        api.post(project + "/credits", "{\"amount\":\"10\",\"note\":\"invoice\",\"id\":\"i-1\"}")
            .is(201)
            .json();
    assertThat(credited.toString())
        .isEqualTo(
            ("{\"project_name\":\"%s\",\"credited\":\"10.00\",\"repeated\":false,"
                    + "\"balance\":{\"total\":\"15.00\",\"loaned\":\"0.00\","
                    + "\"available\":\"15.00\"}}")
                .formatted(name));
    assertThat(
            api.post(project + "/credits", "{\"amount\":\"10.00\",\"id\":\"i-1\"}")
                .is(200)
                .json()
                .get("repeated")
                .asBoolean())
        .isTrue();
    api.post(project + "/credits", "{\"amount\":\"-0.000000001\"}").is(201);

    assertThat(api.get(project + "/credits").is(200).json().findValuesAsText("amount"))
        .containsExactlyInAnyOrder("-0.000000001", "10.00", "5.00");
    assertThat(api.get(project + "/credits?limit=1").is(200).json()).hasSize(1);
  }

  @Test
  void usageAndLedgerSayWhatWasCharged() throws Exception {
    Tenant tenant = Tenant.of(gateway, "5");
    new MoneyClient(tenant.chat(), tenant.key()).ask("acme/m1", "\"x_cost\":\"0.123\"");
    String path = "/projects/" + tenant.project();

    JsonNode usage = api.get(path + "/usage?since=1h").is(200).json();
    assertThat(usage.get("charge").asText()).isEqualTo("0.123");
    assertThat(usage.at("/models/0/requests").asInt()).isEqualTo(1);
    assertThat(api.get(path + "/usage").is(200).json().get("requests").asInt()).isEqualTo(1);
    assertThat(api.get("/top").is(200).json())
        .filteredOn(row -> row.get("project_name").asText().equals(tenant.project()))
        .hasToString(
            "[{\"project_name\":\"%s\",\"requests\":1,\"cost\":\"0.123\",\"charge\":\"0.123\","
                    .formatted(tenant.project())
                + "\"open\":0,\"pending\":0,\"held\":\"0.00\"}]");
    JsonNode report =
        api.get("/usage?since=1h&by=key,model,day&project=" + tenant.project()).is(200).json();
    assertThat(report.get("charge").asText()).isEqualTo("0.123");
    assertThat(report.at("/rows/0/project_name").asText()).isEqualTo(tenant.project());
    assertThat(report.at("/rows/0/charge").asText()).isEqualTo("0.123");
    assertThat(report.at("/rows/0/margin").asText()).isEqualTo("0.00");
    assertThat(api.get("/usage?month=" + YearMonth.now(ZoneOffset.UTC)).is(200).json().at("/rows"))
        .isNotEmpty();
    api.get("/usage?month=May")
        .isRefused(
            400,
            "malformed_request",
            "Malformed request: month 'May' is not a month such as 2026-11");
    api.get("/usage?project=nobody").isRefused(404, "not_found", "there is no project 'nobody'");
    JsonNode ledger = api.get(path + "/ledger").is(200).json();
    assertThat(ledger.findValuesAsText("kind")).containsExactly("charge", "credit");
    assertThat(api.get(path + "/ledger?limit=1").is(200).json()).hasSize(1);
    assertThat(api.get(path + "/credits").is(200).json()).hasSize(1);
  }

  /** Charges $0.25 for a request of the user. */
  private String charge(Tenant tenant, String user) throws Exception {
    String body = "\"x_cost\":\"0.25\",\"user\":\"" + user + "\"";
    new MoneyClient(tenant.chat(), tenant.key()).ask("acme/m1", body);
    return newest(tenant).get("id").asText();
  }

  private static JsonNode newest(Tenant tenant) throws Exception {
    return api.get("/projects/" + tenant.project() + "/ledger?limit=1").is(200).json().get(0);
  }

  @Test
  void aRefundIsLinkedToItsChargeAndShowsInReports() throws Exception {
    Tenant tenant = Tenant.of(gateway, "5");
    String charge = charge(tenant, "ann");
    String credits = "/projects/" + tenant.project() + "/credits";

    api.post(credits, "{\"amount\":\"0.20\",\"corrects\":\"" + charge + "\",\"id\":\"r1\"}")
        .is(201);

    JsonNode refund = newest(tenant);
    assertThat(refund.get("corrects").asText()).isEqualTo(charge);
    assertThat(refund.get("end_user").asText()).isEqualTo("ann");
    JsonNode report =
        api.get("/usage?by=user&project=" + tenant.project()).is(200).json().at("/rows/0");
    assertThat(report.get("end_user").asText()).isEqualTo("ann");
    assertThat(report.get("charge").asText()).isEqualTo("0.25");
    assertThat(report.get("refunded").asText()).isEqualTo("0.20");
    assertThat(report.get("margin").asText()).isEqualTo("-0.20");
    api.post(credits, "{\"amount\":\"0.06\",\"corrects\":\"" + charge + "\"}")
        .isRefused(
            409,
            "conflict",
            "entry "
                + charge
                + " is a charge of 0.25 USD, corrected by 0.20 USD so far; the amount is 0.06, but"
                + " must be from -0.20 to 0.05");
    api.post(credits, "{\"amount\":\"-0.20\",\"corrects\":\"r1\"}")
        .isRefused(
            409,
            "conflict",
            "entry r1 is a credit of 0.20 USD that corrects entry "
                + charge
                + "; correct that entry instead");
    api.post(credits, "{\"amount\":\"0.01\",\"corrects\":\"none\"}")
        .isRefused(404, "not_found", "project " + tenant.project() + " has no ledger entry 'none'");
  }

  @Test
  void theLedgerIsExportedFromAPositionOnInEachFormat() throws Exception {
    Tenant tenant = Tenant.of(gateway, "5");
    charge(tenant, "ann, \\\"b\\\"");
    String path = "/ledger?project=" + tenant.project();

    JsonNode all = api.get(path).is(200).json();
    assertThat(all.at("/entries").findValuesAsText("kind")).containsExactly("credit", "charge");
    String position = all.at("/entries/0/position").asText();
    JsonNode rest = api.get(path + "&after=" + position).is(200).json();
    assertThat(rest.at("/entries").findValuesAsText("kind")).containsExactly("charge");
    JsonNode none = api.get(path + "&after=" + rest.get("next").asText()).is(200).json();
    assertThat(none.at("/entries")).isEmpty();
    assertThat(none.get("next")).isEqualTo(rest.get("next"));

    String lines = api.get(path + "&format=jsonl").is(200).body();
    assertThat(lines.lines())
        .hasSize(2)
        .allSatisfy(line -> assertThat(line).startsWith("{\"position\":\"").endsWith("\"}"));
    String csv = api.get(path + "&kind=charge&format=csv").is(200).body();
    assertThat(csv)
        .startsWith("position,project_name,at,id,kind,amount,cost,overrun,flags,literal,model,")
        .endsWith("\r\n")
        .contains(",\"ann, \"\"b\"\"\",");
    assertThat(csv.lines()).hasSize(2);
  }

  @Test
  void anExportHasTheEntriesOfAllPages() throws Exception {
    for (int i = 0; i < 2_100; i++) {
      gateway.admin().credit(name, new Money(1), "", "c" + i);
    }

    JsonNode all = api.get("/ledger?project=" + name).is(200).json();
    JsonNode some = api.get("/ledger?limit=1500&project=" + name).is(200).json();

    assertThat(all.at("/entries").findValuesAsText("id")).hasSize(2_101).doesNotHaveDuplicates();
    assertThat(some.at("/entries")).hasSize(1_500);
    assertThat(some.get("next")).isEqualTo(some.at("/entries/1499/position"));
  }

  @Test
  void anExportThatCannotBeReadIsRefusedAsAWhole() throws Exception {
    api.get("/ledger?after=x")
        .isRefused(
            400,
            "malformed_request",
            "Malformed request: after 'x': must be the position of an entry");
  }

  @Test
  void theAuditLogSaysWhereARequestCameFrom() throws Exception {
    api.patch(project, "{\"enabled\":false}").is(200);

    JsonNode line = api.get("/audit?limit=1").is(200).json().get(0);
    assertThat(line.get("actor").asText()).isEqualTo("api:127.0.0.1");
    assertThat(line.get("action").asText()).isEqualTo("project.disable");
    assertThat(line.get("project_name").asText()).isEqualTo(name);
    assertThat(api.get("/audit?project=" + name).json()).hasSize(4);
  }

  // --- who may

  private Answer with(String... headers) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(gateway.uri("/admin/v1/projects"));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return api.send(request.build());
  }

  @Test
  void whoHasNoTokenIsTurnedAway() throws Exception {
    with().isRefused(401, "missing_api_key", "Missing Authorization header");
    with("Authorization", "Basic " + AdminClient.TOKEN)
        .isRefused(401, "missing_api_key", "Missing Authorization header");
    with("X-API-Key", AdminClient.TOKEN)
        .isRefused(401, "missing_api_key", "Missing Authorization header");
    assertThat(with().json().at("/error/type").asText()).isEqualTo("authentication_error");
  }

  @Test
  void whoHasAnotherTokenIsTurnedAway() throws Exception {
    for (String token :
        List.of("x", AdminClient.TOKEN + "x", AdminClient.TOKEN.substring(1), gateway.key())) {
      with("Authorization", "Bearer " + token).isRefused(401, "invalid_api_key", "Invalid API key");
    }
    with("Authorization", "Bearer " + AdminClient.TOKEN, "Authorization", "Bearer x")
        .isRefused(401, "invalid_api_key", "Invalid API key");
    with("Authorization", "bearer " + AdminClient.TOKEN).is(200);
  }

  @Test
  void whoIsTurnedAwayChangesNothing() throws Exception {
    for (AdminRoute route : new AdminRoutes(text -> null, "").all()) {
      String path = route.path().replace("{name}", name).replace("{id}", keyId);
      Answer answer =
          api.send(
              HttpRequest.newBuilder(gateway.uri("/admin/v1" + path))
                  .method(route.method(), BodyPublishers.ofString("{\"amount\":\"1\"}"))
                  .header("Content-Type", "application/json")
                  .build());
      assertThat(answer.status()).as(route.toString()).isEqualTo(401);
    }
    assertThat(api.get("/audit?project=" + name).json()).hasSize(3);
  }

  @Test
  void withoutATokenOfTheOperatorsThereIsNoAdminApi(@TempDir Path directory) throws Exception {
    try (LogCapture log = new LogCapture();
        RunningGateway without = RunningGateway.start(directory, upstream.baseUrl())) {
      int status =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(without.uri("/admin/v1/projects"))
                      .header("Authorization", "Bearer " + AdminClient.TOKEN)
                      .build(),
                  BodyHandlers.discarding())
              .statusCode();
      assertThat(status).isEqualTo(404);
      assertThat(without.gateway().adminServlet()).isEmpty();
      assertThat(String.join("\n", log.lines()))
          .contains("the admin API is off: no tollgate.admin.token");
    }
  }

  // --- paths and methods

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "/projects/",
        "/project",
        "/projects/%73hop",
        "/projects/shop/keys/a%2fb",
        "/projects/shop;x=1",
        "/projects/../projects",
        "/projects//keys",
        "/projects/.hidden",
        "/Projects",
        "/audit/x"
      })
  void whatIsNoPathIsNotFound(String path) throws Exception {
    try (RawClient client = new RawClient(gateway.port())) {
      client.send(
          "GET /admin/v1"
              + path
              + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer "
              + AdminClient.TOKEN
              + "\r\n\r\n");
      assertThat(client.readToEnd()).startsWith("HTTP/1.1 4").doesNotContain("HTTP/1.1 401");
    }
  }

  @Test
  void anUnknownPathIsToldInOpenAisShape() throws Exception {
    api.get("/nothing").isRefused(404, "not_found", "Not found");
    api.get("/projects/a%20b").isRefused(404, "not_found", "Not found");
  }

  @Test
  void anotherMethodIsToldWhichThereAre() throws Exception {
    Answer answer = api.delete(project);
    answer.isRefused(405, "method_not_allowed", "Method not allowed");
    assertThat(answer.header("Allow")).isEqualTo("GET, HEAD, PATCH, OPTIONS");
    assertThat(api.patch("/audit", "{}").is(405).header("Allow")).isEqualTo("GET, HEAD, OPTIONS");
  }

  @Test
  void optionsNeedNoToken() throws Exception {
    Answer answer =
        api.send(
            HttpRequest.newBuilder(gateway.uri("/admin/v1/projects/x/keys/y"))
                .method("OPTIONS", BodyPublishers.noBody())
                .build());
    assertThat(answer.is(204).header("Allow")).isEqualTo("DELETE, PATCH, OPTIONS");
  }

  @Test
  void theHeadersAloneAreHadByHead() throws Exception {
    Answer head = api.send(api.request(project).method("HEAD", BodyPublishers.noBody()).build());
    assertThat(head.is(200).header("Content-Length"))
        .isEqualTo(Integer.toString(api.get(project).body().length()));
    api.send(api.request("/projects/nobody").method("HEAD", BodyPublishers.noBody()).build())
        .is(404);
  }

  // --- what makes no sense

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "POST|/projects|{}|project_name is missing",
        "POST|/projects|{\"project_name\":1}|project_name is not a string",
        "POST|/projects|{\"project_name\":\"a\",\"x\\ny\":1}|unknown member 'x?y'",
        "POST|/projects|{\"project_name\":\"a\",\"balance\":5}|balance is not a string",
        "POST|/projects|{\"project_name\":\"a\",\"upstream_key\":\"a\\n"
            + "b\"}|upstream_key is not one line of printable ASCII",
        "POST|/projects|[]|the body is not a JSON object",
        "POST|/projects|{\"project_name\":\"a\"|the body is not JSON, or has a duplicate member",
        "POST|/projects|{\"project_name\":\"a\"} {}|the body is not JSON, or has a duplicate"
            + " member",
        "POST|/projects|{\"project_name\":\"a\",\"project_name\":\"b\"}|the body is not JSON,"
            + " or has a duplicate member",
        "PATCH|P|{}|there is nothing to configure",
        "PATCH|P|{\"enabled\":\"yes\"}|enabled is not true or false",
        "PATCH|P|{\"enabled\":null}|enabled is not true or false",
        "PATCH|P|{\"markup\":null}|markup is not a string",
        "PATCH|P|{\"rate\":5}|rate is not a string",
        "PATCH|P|{\"rate\":\"fast\"}|rate 'fast': a rate must be off, by-credit, or a number of"
            + " requests"
            + " such as 10/s or 600/m",
        "PATCH|P|{\"concurrency\":1.5}|concurrency is not a whole number from 0 to 2147483647",
        "PATCH|P|{\"concurrency\":-1}|concurrency is not a whole number from 0 to 2147483647",
        "PATCH|P|{\"concurrency\":2147483648}|concurrency is not a whole number from 0 to"
            + " 2147483647",
        "PATCH|P|{\"models\":\"a\"}|models is not an array of strings that are not empty",
        "PATCH|P|{\"models\":[1]}|models is not an array of strings that are not empty",
        "PATCH|P|{\"models\":[]}|models: the list has 0 models, but must have 1 to 1000",
        "PATCH|P|{\"daily_cap\":\"0\"}|daily_cap is 0.00, but must be more than zero",
        "PATCH|P|{\"daily_cap\":1}|daily_cap is not a string",
        "PATCH|P|{\"upstream\":\"own\"}|upstream 'own': must be default or none",
        "PATCH|P|{\"upstream\":\"none\",\"upstream_key\":\"k\"}|upstream_key and upstream"
            + " cannot be given together",
        "PATCH|P|{\"project_name\":\"b\"}|unknown member 'project_name'",
        "POST|P/keys|{\"kind\":\"both\"}|kind 'both': the kind of a key must be inference or"
            + " management",
        "POST|P/keys|{\"expires\":\"0s\"}|the lifetime is 0 s, but must be more than zero",
        "POST|P/keys|{\"kind\":\"management\",\"daily_cap\":\"1\"}|a management key spends"
            + " nothing, so it cannot have caps",
        "PATCH|P/keys/tg_x|{}|there is nothing to configure",
        "POST|P/keys/tg_x/rotate|{\"grace\":60}|grace is not a string",
        "DELETE|P/keys/tg_x|{\"x\":1}|unknown member 'x'",
        "POST|P/credits|{\"amount\":\"0\"}|the amount is 0.00, but must not be zero",
        "POST|P/credits|{\"amount\":\"1\",\"id\":\" \"}|the id is blank, but must have 1 to 200"
            + " characters",
        "POST|P/credits|{\"amount\":\"1\",\"note\":\"a\\u0000b\"}|note holds U+0000, which cannot"
            + " be stored; allowed is Unicode text without NUL (U+0000) and without half of a"
            + " surrogate pair",
        "POST|P/credits|{\"amount\":\"1\",\"id\":\"a\\ud800b\"}|id holds U+D800, which cannot be"
            + " stored; allowed is Unicode text without NUL (U+0000) and without half of a"
            + " surrogate pair",
        "PATCH|P|{\"models\":[\"a\\u0000b\"]}|models holds U+0000, which cannot be stored; allowed"
            + " is Unicode text without NUL (U+0000) and without half of a surrogate pair",
        "GET|/audit?project=a%00b||project name holds U+0000, which cannot be stored; allowed is"
            + " Unicode text without NUL (U+0000) and without half of a surrogate pair",
        "GET|P/usage?since=soon||since 'soon': a span of time is a whole number and ms, s, m, h or"
            + " d, such as 30s",
        "GET|P/ledger?limit=0||limit is 0, but must be from 1 to 10000",
        "GET|P/ledger?kind=gift||kind 'gift' must be one of credit, charge, shortfall, late",
        "GET|/ledger?format=xml||format 'xml': must be json, jsonl or csv",
        "GET|/ledger?limit=0||limit is 0, but must be 1 or more",
        "POST|P/credits|{\"amount\":\"1\",\"corrects\":\"a\\ud800b\"}|corrects holds U+D800, which"
            + " cannot be stored; allowed is Unicode text without NUL (U+0000) and without half of"
            + " a surrogate pair",
        "GET|P/ledger?limit=many||limit 'many' is not a whole number",
        "GET|P/ledger?limit=1&limit=2||query parameter limit is given twice",
        "GET|/audit?who=me||unknown query parameter 'who'",
        "GET|/projects?limit=1||unknown query parameter 'limit'",
        "GET|/audit?limit=%zz||query"
      })
  void whatMakesNoSenseIsNamed(String method, String path, String body, String message)
      throws Exception {
    try (RawClient client = new RawClient(gateway.port())) {
      String text = body == null ? "" : body;
      client.send(
          method
              + " /admin/v1"
              + path.replace("P", project)
              + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer "
              + AdminClient.TOKEN
              + (text.isEmpty() ? "" : "\r\nContent-Type: application/json")
              + "\r\nContent-Length: "
              + text.length()
              + "\r\n\r\n"
              + text);
      assertThat(client.readToEnd())
          .startsWith("HTTP/1.1 400 ")
          .endsWith(
              "{\"error\":{\"message\":\"Malformed request: "
                  + message
                  + "\",\"type\":\"invalid_request_error\",\"param\":null,"
                  + "\"code\":\"malformed_request\"}}");
    }
  }

  private Answer postBytes(byte[] body, String... headers) throws Exception {
    HttpRequest.Builder request = api.request("/projects").POST(BodyPublishers.ofByteArray(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return api.send(request.build());
  }

  @Test
  void aBodyIsJsonAndSaysSo() throws Exception {
    byte[] body = "{\"project_name\":\"other\"}".getBytes(StandardCharsets.UTF_8);
    String wrong = "Malformed request: Content-Type is not application/json";
    postBytes(body).isRefused(400, "malformed_request", wrong);
    for (String type : List.of("text/plain", "application/json5", "application/json;charset=x")) {
      postBytes(body, "Content-Type", type).isRefused(400, "malformed_request", wrong);
    }
    postBytes(body, "Content-Type", "application/json", "Content-Encoding", "gzip")
        .isRefused(400, "malformed_request", "Malformed request: the body is encoded");
    postBytes(new byte[] {'"', (byte) 0xff, '"'}, "Content-Type", "application/json")
        .isRefused(400, "malformed_request", "Malformed request: the body is not UTF-8");
    assertThat(gateway.admin().projectNames()).doesNotContainValue("other");
    postBytes(
            "{\"project_name\":\"%s-c\"}".formatted(name).getBytes(StandardCharsets.UTF_8),
            "Content-Type",
            "Application/JSON; charset=\"UTF-8\"")
        .is(201);
  }

  @Test
  void aBodyHas64KibibytesAtMost() throws Exception {
    String start = "{\"amount\":\"1\",\"note\":\"";
    int most = 64 << 10;
    String note = "n".repeat(most - start.length() - 2);
    api.post(project + "/credits", start + note + "\"}")
        .isRefused(
            400,
            "malformed_request",
            "Malformed request: the note has "
                + note.length()
                + " characters, but at most 500 are allowed");
    for (boolean chunked : List.of(false, true)) {
      byte[] body = (start + note + "n\"}").getBytes(StandardCharsets.UTF_8);
      HttpRequest.BodyPublisher publisher =
          chunked
              ? BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body))
              : BodyPublishers.ofByteArray(body);
      api.send(
              api.request(project + "/credits")
                  .header("Content-Type", "application/json")
                  .POST(publisher)
                  .build())
          .isRefused(413, "request_too_large", "Request body too large (max 64 KiB)");
    }
  }

  @Test
  void whatIsNotThereIsNamed() throws Exception {
    String unknown = "there is no project 'nobody'";
    api.get("/projects/nobody").isRefused(404, "not_found", unknown);
    api.patch("/projects/nobody", "{\"enabled\":true}").isRefused(404, "not_found", unknown);
    api.get("/projects/nobody/keys").isRefused(404, "not_found", unknown);
    api.post("/projects/nobody/keys", "{}").isRefused(404, "not_found", unknown);
    api.get("/projects/nobody/credits").isRefused(404, "not_found", unknown);
    api.post("/projects/nobody/credits", "{\"amount\":\"1\"}").isRefused(404, "not_found", unknown);
    api.get("/projects/nobody/usage").isRefused(404, "not_found", unknown);
    api.get("/projects/nobody/ledger").isRefused(404, "not_found", unknown);
    api.get("/audit?project=nobody").isRefused(404, "not_found", unknown);
    String noKey = "project " + name + " has no key 'tg_x'";
    api.delete(project + "/keys/tg_x").isRefused(404, "not_found", noKey);
    api.patch(project + "/keys/tg_x", "{\"daily_cap\":null}").isRefused(404, "not_found", noKey);
    api.post(project + "/keys/tg_x/rotate", "{}").isRefused(404, "not_found", noKey);
  }

  @Test
  void whatDoesNotGoWithWhatThereIsIsAConflict() throws Exception {
    api.post("/projects", "{\"project_name\":\"" + name + "\"}")
        .isRefused(409, "conflict", "project " + name + " already exists");
    api.post(project + "/credits", "{\"amount\":\"1\",\"id\":\"i\"}").is(201);
    api.post(project + "/credits", "{\"amount\":\"2\",\"id\":\"i\"}")
        .isRefused(
            409,
            "conflict",
            "credit 'i' was already booked with another amount, or for another entry");
    api.post(project + "/credits", "{\"amount\":\"-7\"}")
        .isRefused(
            409,
            "conflict",
            "project " + name + " has 6.00 USD available, but the credit is -7.00 USD");
    api.delete(project + "/keys/" + keyId).is(200);
    api.post(project + "/keys/" + keyId + "/rotate", "{}")
        .isRefused(409, "conflict", "key " + keyId + " is revoked");
    JsonNode manage = api.post(project + "/keys", "{\"kind\":\"management\"}").is(201).json();
    String id = manage.get("key_id").asText();
    api.patch(project + "/keys/" + id, "{\"daily_cap\":\"1\"}")
        .isRefused(
            409,
            "conflict",
            "key " + id + " is a management key: it spends nothing, so it cannot have caps");
  }

  // --- requests that are carried out once

  @Test
  void aRepeatedRequestGetsTheFirstAnswerWithoutItsSecret() throws Exception {
    String[] posts = {
      "/projects",
      "{\"project_name\":\"%s-once\",\"balance\":\"1\"}".formatted(name),
      project + "/keys",
      "{}",
      project + "/keys/" + keyId + "/rotate",
      "{\"grace\":\"0s\"}",
      project + "/credits",
      "{\"amount\":\"1\"}",
    };
    for (int i = 0; i < posts.length; i += 2) {
      String key = name + "-" + i;
      Answer first = api.post(posts[i], posts[i + 1], "Idempotency-Key", key).is(201);
      List<String> audit = api.get("/audit?limit=5").json().findValuesAsText("id");
      Answer again = api.post(posts[i], posts[i + 1], "Idempotency-Key", key).is(201);

      assertThat(again.body())
          .isEqualTo(first.body().replaceFirst("\"api_key\":\"[^\"]+\"", "\"api_key\":null"));
      assertThat(api.get("/audit?limit=5").json().findValuesAsText("id")).isEqualTo(audit);
    }
    assertThat(gateway.admin().showProject(name).balance().total()).isEqualTo(Money.parse("6"));
  }

  @Test
  void anotherRequestWithTheSameIdempotencyKeyIsRefused() throws Exception {
    String[] once = {"Idempotency-Key", name};
    api.post(project + "/credits", "{\"amount\":\"1\"}", once).is(201);

    for (Answer answer :
        List.of(
            api.post(project + "/credits", "{\"amount\":\"1.0\"}", once),
            api.post("/projects/shop/credits", "{\"amount\":\"1\"}", once),
            api.post(project + "/keys", "", once))) {
      answer.isRefused(
          409,
          "duplicate_request",
          "Duplicate request: this idempotency key was used for another request");
      assertThat(answer.header("x-should-retry")).isEqualTo("false");
    }
    assertThat(gateway.admin().listKeys(name)).hasSize(1);
  }

  @Test
  void anIdempotencyKeyIsOneOfReasonableLength() throws Exception {
    String message = "Malformed request: Idempotency-Key";
    api.post(project + "/keys", "{}", "Idempotency-Key", "k".repeat(256))
        .isRefused(400, "malformed_request", message);
    api.post(project + "/keys", "{}", "Idempotency-Key", "a", "Idempotency-Key", "b")
        .isRefused(400, "malformed_request", message);
    api.post(project + "/keys", "{}", "Idempotency-Key", "k".repeat(255)).is(201);
  }

  // --- in trouble

  @Test
  void whileTheDatabaseIsLockedNothingIsChangedAndItIsWorthTryingAgain() throws Exception {
    try (Connection other =
            DriverManager.getConnection("jdbc:sqlite:" + database.resolve("tollgate.db"));
        Statement statement = other.createStatement()) {
      statement.execute("BEGIN IMMEDIATE");
      Answer answer = api.patch(project, "{\"enabled\":false}");
      answer.isRefused(503, "unavailable", "Service temporarily unavailable");
      assertThat(answer.header("Retry-After")).isEqualTo("1");
      statement.execute("ROLLBACK");
    }
    assertThat(gateway.admin().showProject(name).project().enabled()).isTrue();
  }

  @Test
  void noSecretIsLoggedOrShownAgain() throws Exception {
    String made = name + "-made";
    try (LogCapture log = new LogCapture()) {
      String key =
          api.post(
                  "/projects",
                  "{\"project_name\":\"%s\",\"upstream_key\":\"%s\"}".formatted(made, UPSTREAM_KEY))
              .is(201)
              .json()
              .get("api_key")
              .asText();
      Answer wrong =
          api.patch("/projects/" + made, "{\"upstream_key\":[\"" + UPSTREAM_KEY + "\"]}");
      String all =
          wrong.is(400).body()
              + api.get("/projects/" + made).body()
              + api.get("/projects/" + made + "/keys").body()
              + api.get("/audit").body();
      log.awaitLine(
          "method=POST route=/admin/v1/projects project=- key=- client=127.0.0.1 status=201");
      log.awaitLine("route=/admin/v1/projects/{name} project=" + made);
      log.awaitLine("status=400 outcome=refused code=malformed_request");
      log.awaitLine("route=/admin/v1/audit");
      assertThat(all + String.join("\n", log.lines()))
          .doesNotContain(UPSTREAM_KEY, AdminClient.TOKEN, key.substring(key.length() - 43));
    }
  }

  // --- where it is

  private static Gateway build(Path directory, String path, Map<String, String> settings) {
    Map<String, String> all = new HashMap<>(settings);
    all.put("tollgate.database.url", "jdbc:sqlite:" + directory.resolve("tollgate.db"));
    all.put("tollgate.admin.token", AdminClient.TOKEN);
    return Gateway.builder().config(GatewayConfig.of(all)).path(path).build();
  }

  @Test
  void itIsBelowTheGatewaysPathAndTheApplications(@TempDir Path directory) throws Exception {
    try (Gateway below = build(directory, "/llm", Map.of());
        JettyContainer container = new JettyContainer("/app", 30_000, below::install)) {
      AdminClient client =
          new AdminClient(URI.create("http://127.0.0.1:" + container.port() + "/app/llm/admin/v1"));
      assertThat(client.get("/projects").is(200).body()).isEqualTo("[]");
    }
  }

  @Test
  void withAPortOfItsOwnItIsNotWhereAllElseIs(@TempDir Path directory) throws Exception {
    try (Gateway apart = build(directory, "", Map.of("tollgate.admin.http.port", "0"));
        JettyContainer main = new JettyContainer("/", 30_000, apart::install);
        JettyContainer alone = new JettyContainer("/", 30_000, apart::installAdmin)) {
      assertThat(status(main.port(), "/admin/v1/projects")).isEqualTo(404);
      assertThat(status(main.port(), "/health/live")).isEqualTo(200);
      assertThat(status(alone.port(), "/admin/v1/projects")).isEqualTo(200);
      assertThat(status(alone.port(), "/api/v1/models")).isEqualTo(404);
      assertThat(status(alone.port(), "/health/live")).isEqualTo(404);
    }
  }

  private static int status(int port, String path) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .header("Authorization", "Bearer " + AdminClient.TOKEN)
                .build(),
            BodyHandlers.discarding())
        .statusCode();
  }

  @Test
  void anApplicationThatServesThatPathItselfIsToldSo(@TempDir Path directory) {
    try (Gateway second = build(directory, "", Map.of())) {
      assertThatThrownBy(
              () ->
                  new JettyContainer(
                      "/",
                      30_000,
                      context -> {
                        context.addServlet("own", new HttpServlet() {}).addMapping("/admin/v1/*");
                        second.install(context);
                      }))
          .hasMessage("the application already serves /admin/v1/*");
    }
  }

  // --- all of it

  @AfterAll
  static void everyAnswerOfEveryRouteWasSeen() {
    Set<String> ok =
        AdminClient.SEEN.stream()
            .filter(seen -> seen.matches(".* 20[01]"))
            .map(seen -> seen.substring(0, seen.lastIndexOf(' ')))
            .collect(Collectors.toCollection(TreeSet::new));
    // Run alone, a test sees less.
    if (AdminClient.SEEN.size() > 40) {
      assertThat(ok).isEqualTo(new ApiDocument(AdminClient.DOCUMENT).operations());
    }
  }
}
