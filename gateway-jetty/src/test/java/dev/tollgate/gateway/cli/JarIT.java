package dev.tollgate.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.OwnerOnly;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.jdbc.DatabaseOptions;
import dev.tollgate.gateway.jdbc.JdbcStores;
import dev.tollgate.gateway.ledger.Capture;
import dev.tollgate.gateway.ledger.Flag;
import dev.tollgate.gateway.ledger.HoldMode;
import dev.tollgate.gateway.ledger.HoldRequest;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Pending;
import dev.tollgate.gateway.ledger.Tokens;
import dev.tollgate.gateway.testkit.KeyStores;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The packaged jar, used as its user does. */
class JarIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  @TempDir Path directory;

  private Jar jar() {
    return new Jar(directory).with("tollgate.http.port", "0");
  }

  private static JsonNode json(Jar.Result result) throws Exception {
    assertThat(result.err()).isEmpty();
    assertThat(result.exit()).isZero();
    assertThat(result.out().lines()).hasSize(1);
    return JSON.readTree(result.out());
  }

  private static Set<String> names(JsonNode node) {
    Set<String> names = new TreeSet<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static void assertRefused(Jar.Result result, String... words) {
    assertThat(result.err().lines()).hasSize(1);
    assertThat(result.err()).startsWith("tollgate: ").contains(words);
    assertThat(result.out()).isEmpty();
    assertThat(result.exit()).isEqualTo(2);
  }

  private static int status(int port, String project, String key) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create(
                    "http://127.0.0.1:"
                        + port
                        + "/api/v1/chat/completions?project_name="
                        + project))
            .header("X-API-Key", key)
            .POST(BodyPublishers.ofString("{}"))
            .build();
    return HTTP.send(request, BodyHandlers.discarding()).statusCode();
  }

  // --- demo

  @Test
  void theDemosPrintedLineStreamsWordByWordAndItsFolderIsGoneAtTheEnd() throws Exception {
    try (Jar.Started demo = jar().start("Stop it with", "demo")) {
      String line =
          demo.lines().stream().filter(l -> l.startsWith("curl ")).findFirst().orElseThrow();
      Process curl = new ProcessBuilder("bash", "-c", line + " -sS").start();
      String answer = new String(curl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(curl.waitFor()).isZero();
      assertThat(answer)
          .startsWith(": OPENROUTER PROCESSING\n\n")
          .contains("\"usage\":{\"prompt_tokens\":", "\"cost\":0.0000")
          .endsWith("data: [DONE]\n\n");
      assertThat(answer.split("\"content\":\"\\w+", -1).length).isGreaterThan(20);

      String folder =
          demo.lines().stream()
              .filter(l -> l.contains("jdbc:sqlite:"))
              .map(l -> l.replaceAll(".*jdbc:sqlite:(\\S+)/tollgate.db.*", "$1"))
              .findFirst()
              .orElseThrow();
      assertThat(Path.of(folder)).exists();
      assertThat(demo.terminate()).isZero();
      assertThat(Path.of(folder)).doesNotExist();
    }
  }

  @Test
  void theDemoAsksOneQuestionAndEnds() throws Exception {
    Jar.Result asked = jar().run("demo", "--once");
    assertThat(asked.exit()).isZero();
    assertThat(asked.out()).contains("You").endsWith("data: [DONE]\n\n");
  }

  @Test
  void theDemoAnswersInJsonToo() throws Exception {
    try (Jar.Started demo = jar().start("Stop it with", "demo")) {
      String key =
          demo.lines().stream()
              .filter(l -> l.startsWith("curl "))
              .map(l -> l.replaceAll(".*X-API-Key: ([^']+)'.*", "$1"))
              .findFirst()
              .orElseThrow();
      HttpRequest request =
          HttpRequest.newBuilder(
                  URI.create(
                      "http://127.0.0.1:"
                          + demo.port()
                          + "/api/v1/chat/completions?project_name=demo"))
              .header("X-API-Key", key)
              .POST(
                  BodyPublishers.ofString(
                      "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"))
              .build();
      HttpResponse<String> answer = HTTP.send(request, BodyHandlers.ofString());
      assertThat(answer.headers().firstValue("X-Generation-Id")).isPresent();
      assertThat(answer.headers().firstValue("Server")).isEmpty();
      JsonNode body = JSON.readTree(answer.body());
      assertThat(body.at("/choices/0/message/content").asText()).contains("Hi");
      assertThat(body.at("/usage/cost").decimalValue()).isPositive();
    }
  }

  // --- the command line beside a server

  @Test
  void theCommandLineWorksWhileAServerRunsOnTheSameDatabase() throws Exception {
    try (ScriptedUpstream upstream = new ScriptedUpstream()) {
      upstream.script(
          (request, connection) ->
              connection.write(ScriptedUpstream.json(200, "{\"usage\":{\"cost\":0}}")));
      Jar serving =
          jar()
              .with("tollgate.upstream.url", upstream.baseUrl().toString())
              .withVariable("OPENROUTER_API_KEY", "sk-or-v1-operator");
      try (Jar.Started server = serving.start("Tollgate is listening on", "serve")) {
        JsonNode created = json(jar().run("project", "create", "shop", "--json"));
        assertThat(names(created)).containsExactly("api_key", "project_name");
        String key = created.get("api_key").asText();
        assertThat(key).matches("tg_[a-z0-9]{8}_[A-Za-z0-9_-]{43}");
        assertThat(status(server.port(), "shop", key)).isEqualTo(403);

        JsonNode credited =
            json(jar().run("credit", "shop", "10.00", "--id", "invoice-1", "--json"));
        assertThat(credited.at("/balance/available").asText()).isEqualTo("10.00");
        assertThat(status(server.port(), "shop", key)).isEqualTo(200);
        assertThat(upstream.take().values("Authorization"))
            .containsExactly("Bearer sk-or-v1-operator");

        JsonNode again = json(jar().run("credit", "shop", "10", "--id", "invoice-1", "--json"));
        assertThat(again.get("repeated").asBoolean()).isTrue();
        assertThat(
                json(jar().run("credit", "shop", "-9.5", "--json")).at("/balance/total").asText())
            .isEqualTo("0.50");
        assertRefused(jar().run("credit", "shop", "-1"), "0.50 USD");

        JsonNode second = json(jar().run("key", "create", "shop", "--expires", "30d", "--json"));
        String secondKey = second.get("api_key").asText();
        assertThat(status(server.port(), "shop", secondKey)).isEqualTo(200);
        String secondId = second.get("key_id").asText();
        assertThat(
                json(jar().run("key", "revoke", "shop", secondId, "--json"))
                    .get("revoked")
                    .asBoolean())
            .isTrue();
        // The command itself took longer than the second in which a change holds everywhere.
        await()
            .atMost(Duration.ofSeconds(1))
            .until(() -> status(server.port(), "shop", secondKey) == 401);
        JsonNode keys = json(jar().run("key", "list", "shop", "--json"));
        assertThat(keys).hasSize(2);
        assertThat(names(keys.get(1))).contains("key_id", "created_at", "expires_at", "revoked");

        json(jar().run("project", "disable", "shop", "--json"));
        await()
            .atMost(Duration.ofSeconds(1))
            .until(() -> status(server.port(), "shop", key) == 403);
        JsonNode shown = json(jar().run("project", "show", "shop", "--json"));
        assertThat(shown.get("project_name").asText()).isEqualTo("shop");
        assertThat(shown.get("enabled").asBoolean()).isFalse();
        assertThat(names(shown.get("balance"))).containsExactly("available", "loaned", "total");
        json(jar().run("project", "enable", "shop", "--json"));
        await()
            .atMost(Duration.ofSeconds(1))
            .until(() -> status(server.port(), "shop", key) == 200);
        assertThat(json(jar().run("project", "list", "--json"))).hasSize(1);
        assertThat(server.terminate()).isZero();
        assertThat(Files.readString(server.err())).contains("outcome=complete", "project=shop");
      }
    }
  }

  @Test
  void everyLineOfTheLogMayBeJson() throws Exception {
    String key = json(jar().run("project", "create", "shop", "--json")).get("api_key").asText();
    Jar jar = jar().withVariable("TOLLGATE_LOG_FORMAT", "json").withVariable("TOLLGATE_X", "1");
    List<String> lines;
    try (Jar.Started server = jar.start("Tollgate is listening", "serve")) {
      assertThat(status(server.port(), "nobody", key)).isEqualTo(401);
      assertThat(server.terminate()).isZero();
      lines = Files.readAllLines(server.err());
    }

    List<JsonNode> read = new ArrayList<>();
    for (String line : lines) {
      read.add(JSON.readTree(line));
    }
    assertThat(read)
        .allMatch(line -> line.has("time") && line.has("level") && line.has("logger"))
        .anyMatch(line -> line.path("message").asText().contains("TOLLGATE_X"))
        .anyMatch(
            line ->
                line.path("request_id").asText().startsWith("req_")
                    && line.path("outcome").asText().equals("refused"));
  }

  @Test
  void whatAProjectIsKeptToIsConfiguredAndShown() throws Exception {
    json(jar().run("project", "create", "shop", "--json"));

    JsonNode configured =
        json(
            jar()
                .run(
                    "project",
                    "configure",
                    "shop",
                    "--no-upstream",
                    "--markup=10%",
                    "--rate=10/s",
                    "--concurrency=3",
                    "--models=openai/gpt-4o-mini,anthropic/*",
                    "--daily-cap=5",
                    "--monthly-cap=100.50",
                    "--json"));

    assertThat(json(jar().run("project", "show", "shop", "--json"))).isEqualTo(configured);
    ObjectNode limits = ((ObjectNode) configured).deepCopy();
    limits.remove(List.of("balance", "created_at"));
    assertThat(limits.toString())
        .isEqualTo(
            "{\"project_name\":\"shop\",\"display_name\":\"\",\"enabled\":true,"
                + "\"archived_at\":null,\"markup\":\"10%\",\"upstream_key\":\"none\","
                + "\"rate\":\"10/s\",\"concurrency\":3,"
                + "\"models\":[\"openai/gpt-4o-mini\",\"anthropic/*\"],"
                + "\"daily_cap\":\"5.00\",\"weekly_cap\":null,"
                + "\"monthly_cap\":\"100.50\",\"total_cap\":null}");

    JsonNode back =
        json(
            jar()
                .run(
                    "project",
                    "configure",
                    "shop",
                    "--default-upstream",
                    "--rate=default",
                    "--concurrency=off",
                    "--models=any",
                    "--daily-cap=none",
                    "--json"));
    assertThat(back.get("upstream_key").asText()).isEqualTo("default");
    assertThat(back.get("rate").isNull()).isTrue();
    assertThat(back.get("concurrency").asInt(-1)).isZero();
    assertThat(back.get("models").isNull()).isTrue();
    assertThat(back.get("daily_cap").isNull()).isTrue();
    assertThat(back.get("monthly_cap").asText()).isEqualTo("100.50");
    assertThat(jar().run("project", "list", "--wide").out())
        .contains("monthly_cap")
        .contains("100.50");
  }

  @Test
  void keysAreMadeWithCapsConfiguredAndRotatedAndItIsWrittenDownByWhom() throws Exception {
    json(jar().run("project", "create", "shop", "--json"));
    JsonNode capped = json(jar().run("key", "create", "shop", "--daily-cap", "1", "--json"));
    JsonNode manage = json(jar().run("key", "create", "shop", "--manage", "--json"));
    assertThat(manage.get("api_key").asText()).matches("tgm_[a-z0-9]{8}_[A-Za-z0-9_-]{43}");
    String id = capped.get("key_id").asText();

    JsonNode configured =
        json(
            jar()
                .run(
                    "key",
                    "configure",
                    "shop",
                    id,
                    "--daily-cap",
                    "none",
                    "--monthly-cap",
                    "2.5",
                    "--json"));
    assertThat(configured.get("daily_cap").isNull()).isTrue();
    assertThat(configured.get("monthly_cap").asText()).isEqualTo("2.50");

    JsonNode rotated = json(jar().run("key", "rotate", "shop", id, "--json"));
    assertThat(names(rotated)).containsExactly("api_key", "key_id", "project_name", "replaces");
    Duration grace =
        Duration.between(Instant.now(), Instant.parse(rotated.at("/replaces/expires_at").asText()));
    assertThat(grace).isBetween(Duration.ofHours(23), Duration.ofHours(24));
    String next = rotated.get("key_id").asText();
    assertThat(
            json(jar().run("key", "rotate", "shop", next, "--grace", "0s", "--json"))
                .at("/replaces/revoked")
                .asBoolean())
        .isTrue();
    JsonNode keys = json(jar().run("key", "list", "shop", "--json"));
    assertThat(keys).hasSize(5);
    assertThat(keys.findValuesAsText("kind")).containsOnlyOnce("management");
    assertThat(keys.findValuesAsText("monthly_cap").stream().filter("2.50"::equals)).hasSize(3);

    JsonNode audit = json(jar().run("audit", "shop", "--limit", "4", "--json"));
    assertThat(audit.findValuesAsText("action"))
        .containsExactly("key.rotate", "key.rotate", "key.configure", "key.create");
    assertThat(audit.findValuesAsText("actor"))
        .containsOnly("cli:" + System.getProperty("user.name"));
    assertThat(audit.get(2).get("subject").asText()).isEqualTo(id);
    assertThat(jar().run("audit", "--wide").out().lines()).hasSize(1 + 7);
  }

  @Test
  void theAdminApiSaysWhatTheCommandLineSaysOnAPortOfItsOwn() throws Exception {
    String token = "an-admin-token-of-forty-characters-or-so";
    Jar serving =
        jar().with("tollgate.admin.http.port", "0").withVariable("TOLLGATE_ADMIN_TOKEN", token);
    try (Jar.Started server = serving.start("Tollgate is listening on", "serve")) {
      String admin =
          server.lines().stream()
              .filter(line -> line.startsWith("The admin API is at "))
              .findFirst()
              .orElseThrow()
              .substring("The admin API is at ".length());
      json(jar().run("project", "create", "shop", "--balance", "5", "--json"));

      for (String[] same :
          new String[][] {
            {"/projects", "project", "list"},
            {"/projects/shop", "project", "show", "shop"},
            {"/projects/shop/keys", "key", "list", "shop"},
            {"/projects/shop/ledger", "ledger", "shop"},
            {"/audit", "audit"}
          }) {
        HttpResponse<String> answer = get(admin + "/admin/v1" + same[0], token);
        String[] command = Arrays.copyOfRange(same, 1, same.length + 1);
        command[command.length - 1] = "--json";
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo(jar().run(command).out().strip());
      }
      assertThat(get("http://127.0.0.1:" + port(server) + "/admin/v1/projects", token).statusCode())
          .isEqualTo(404);
      assertThat(server.terminate()).isZero();
      assertThat(Files.readString(server.err())).doesNotContain(token);
    }
  }

  private static int port(Jar.Started server) {
    String line = server.lines().get(server.lines().size() - 1);
    return Integer.parseInt(line.substring(line.lastIndexOf(':') + 1));
  }

  private static HttpResponse<String> get(String uri, String token) throws Exception {
    return HTTP.send(
        HttpRequest.newBuilder(URI.create(uri)).header("Authorization", "Bearer " + token).build(),
        BodyHandlers.ofString());
  }

  @Test
  void aLimitThatIsNoneIsRefusedInOneLine() throws Exception {
    json(jar().run("project", "create", "shop", "--json"));

    assertRefused(jar().run("project", "configure", "shop"), "nothing to configure");
    assertRefused(
        jar().run("project", "configure", "shop", "--rate", "fast"),
        "--rate 'fast': a rate must be off, by-credit, or a number of requests such as 10/s or"
            + " 600/m");
    assertRefused(jar().run("project", "configure", "shop", "--concurrency", "none"), "'none'");
    assertRefused(jar().run("project", "configure", "shop", "--models", "a,,b"), "'a,,b'");
    assertRefused(
        jar().run("project", "configure", "shop", "--daily-cap", "0"),
        "daily_cap is 0.00, but must be more than zero");
    assertRefused(
        jar().run("project", "configure", "shop", "--no-upstream", "--default-upstream"),
        "--no-upstream",
        "--default-upstream");
    assertRefused(
        jar().run("key", "create", "shop", "--manage", "--daily-cap", "1"),
        "a management key spends nothing, so it cannot have caps");
    assertRefused(jar().run("key", "configure", "shop", "tg_x"), "nothing to configure");
    assertRefused(jar().run("key", "rotate", "shop", "tg_x"), "project shop has no key 'tg_x'");
    assertRefused(jar().run("key", "rotate", "shop", "tg_x", "--grace", "soon"), "--grace 'soon'");
    assertRefused(jar().run("audit", "x"), "there is no project 'x'");
    assertRefused(jar().run("audit", "--limit", "0"), "limit is 0, but must be from 1 to 10000");
    assertThat(json(jar().run("audit", "--json"))).hasSize(2);
  }

  @Test
  void theMasterKeyInAFileIsRotatedWhileNoServerRuns() throws Exception {
    Path key = directory.resolve("upstream.txt");
    Files.writeString(key, "sk-of-the-shop");
    json(jar().run("project", "create", "shop", "--upstream-key-file", key.toString(), "--json"));
    String first = Files.readString(directory.resolve("tollgate.db.master-key"));
    try (Jar.Started server = jar().start("Tollgate is listening on", "serve")) {
      assertRefused(jar().run("master-key", "rotate"), "another server is running on database");
    }

    assertThat(json(jar().run("master-key", "rotate", "--json")).toString())
        .isEqualTo("{\"upstream_keys\":1}");

    String second = Files.readString(directory.resolve("tollgate.db.master-key"));
    assertThat(second).startsWith("2:").doesNotContain(first.strip());
    assertThat(json(jar().run("project", "show", "shop", "--json")).get("upstream_key").asText())
        .isEqualTo("own");
    assertThat(json(jar().run("audit", "--limit", "1", "--json")).get(0).get("action").asText())
        .isEqualTo("master-key.rotate");
    assertRefused(
        jar()
            .with("tollgate.master.key", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
            .run("master-key", "rotate"),
        "tollgate.master.key holds one key; put a new one before it, as 2:NEW,1:OLD");
  }

  @Test
  void aProjectsOwnUpstreamKeyIsTakenFromStandardInput() throws Exception {
    try (ScriptedUpstream upstream = new ScriptedUpstream();
        Jar.Started server =
            jar()
                .with("tollgate.upstream.url", upstream.baseUrl().toString())
                .start("Tollgate is listening on", "serve")) {
      JsonNode created =
          json(
              jar()
                  .withInput("sk-or-v1-own\n")
                  .run(
                      "project",
                      "create",
                      "shop",
                      "--balance",
                      "1",
                      "--upstream-key-file",
                      "-",
                      "--json"));
      assertThat(status(server.port(), "shop", created.get("api_key").asText())).isEqualTo(200);
      // The gateway has asked for prices, too, at about that time, and has no key of its own.
      ScriptedUpstream.Received request = upstream.take();
      if (request.method().equals("GET")) {
        request = upstream.take();
      }
      assertThat(request.values("Authorization")).containsExactly("Bearer sk-or-v1-own");
    }
  }

  private static final String STREAM_HEAD =
      "POST /api/v1/chat/completions?project_name=shop HTTP/1.1\r\nHost: x\r\n"
          + "Content-Length: 2\r\nX-API-Key: ";

  private static void awaitListenerClosed(int port) {
    await()
        .untilAsserted(
            () ->
                assertThatThrownBy(() -> new RawClient(port).close())
                    .isInstanceOf(ConnectException.class));
  }

  @Test
  void aServerSaysWhatItIsConnectedToAndWhereItListens() throws Exception {
    Jar serving =
        jar()
            .withVariable("TOLLGATE_UPSTREAM_KEY", "sk-or-v1-operator")
            .withVariable("TOLLGATE_ADMIN_TOKEN", "an-admin-token-of-forty-characters-or-so");
    try (Jar.Started server = serving.start("Tollgate is listening on", "serve")) {
      assertThat(Files.readString(server.err()))
          .contains("database: SQLite, " + directory.resolve("tollgate.db"))
          .contains("upstream: https://openrouter.ai/api/v1 (openrouter), with a default key")
          .contains("listening on http://127.0.0.1:" + server.port() + " (HTTP/1.1 and HTTP/2)")
          .contains("the admin API is at http://127.0.0.1:" + server.port() + "/admin/v1")
          .contains("started: Tollgate 0.1.0-SNAPSHOT, on Java " + Runtime.version())
          .doesNotContain("sk-or-v1-operator", "an-admin-token");
      assertThat(server.terminate()).isZero();
      assertThat(Files.readString(server.err()))
          .containsPattern("stopping: no request is open\n(?s:.*)stopped after [0-9.]+ s\n$");
    }
  }

  @Test
  void terminationLetsAnOpenStreamEnd() throws Exception {
    CountDownLatch told = new CountDownLatch(1);
    try (ScriptedUpstream upstream = new ScriptedUpstream()) {
      upstream.script(
          (request, connection) -> {
            connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n");
            told.await();
            connection.chunk("data: 2\n\n").lastChunk();
          });
      JsonNode created = json(jar().run("project", "create", "shop", "--balance", "1", "--json"));
      Jar serving =
          jar()
              .with("tollgate.upstream.url", upstream.baseUrl().toString())
              .with("tollgate.upstream.key", "k");
      try (Jar.Started server = serving.start("Tollgate is listening on", "serve");
          RawClient client = new RawClient(server.port())) {
        client.send(STREAM_HEAD + created.get("api_key").asText() + "\r\n\r\n{}");
        client.readUntil("data: 1\n\n");
        server.process().destroy();
        awaitListenerClosed(server.port());
        told.countDown();
        assertThat(client.readUntil("0\r\n\r\n")).contains("data: 2\n\n");
        assertThat(server.process().waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(server.process().exitValue()).isZero();
      }
    }
  }

  @Test
  void atTheDeadlineWhatIsOpenIsBrokenOffAndSettled() throws Exception {
    try (ScriptedUpstream upstream = new ScriptedUpstream()) {
      upstream.script(
          (request, connection) -> {
            connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n");
            connection.awaitClosed(20_000);
          });
      JsonNode created = json(jar().run("project", "create", "shop", "--balance", "1", "--json"));
      Jar serving =
          jar()
              .with("tollgate.upstream.url", upstream.baseUrl().toString())
              .with("tollgate.upstream.key", "k")
              .with("tollgate.drain.timeout", "1s");
      try (Jar.Started server = serving.start("Tollgate is listening on", "serve");
          RawClient client = new RawClient(server.port())) {
        client.send(STREAM_HEAD + created.get("api_key").asText() + "\r\n\r\n{}");
        client.readUntil("data: 1\n\n");
        server.process().destroy();
        awaitListenerClosed(server.port());
        // A second signal changes nothing.
        server.process().destroy();
        assertThat(client.readToEnd()).doesNotContain("0\r\n\r\n");
        assertThat(server.process().waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(server.process().exitValue()).isZero();
        assertThat(Files.readString(server.err()))
            .contains("stopping: waiting for 1 open request, at most 1 s", "stopped after ");
      }
      JsonNode pending = json(jar().run("ledger", "--pending", "--json"));
      assertThat(pending).hasSize(1);
      assertThat(pending.get(0).get("reason").asText()).isEqualTo("shutdown");
    }
  }

  @Test
  void tablesAreForPeople() throws Exception {
    jar().run("project", "create", "shop", "--balance", "5.00");

    List<String> lines = jar().run("project", "list").out().lines().toList();

    assertThat(lines).allMatch(line -> line.length() <= 100);
    assertThat(lines.get(0)).startsWith("project_name  enabled  balance.total  ");
    assertThat(lines.get(1)).startsWith("shop          true              5.00  ");
    assertThat(lines).last().isEqualTo("(more columns: --wide)");
    List<String> wide = jar().run("project", "list", "--wide").out().lines().toList();
    assertThat(wide).hasSize(2);
    assertThat(wide.get(0)).contains("concurrency", "daily_cap").endsWith("created_at");
    assertThat(wide.get(1)).matches(".*\\.[0-9]+Z");
  }

  @Test
  void keysAndProjectsHaveNamesAndAreTakenOutOfUseAndBack() throws Exception {
    json(jar().run("project", "create", "shop", "--display-name", "The Shop", "--json"));
    JsonNode made =
        json(
            jar()
                .run(
                    "key", "create", "shop", "--name", "web", "--metadata", "{\"a\":1}", "--json"));
    String id = made.get("key_id").asText();

    JsonNode disabled = json(jar().run("key", "disable", "shop", id, "--json"));
    assertThat(disabled.get("name").asText()).isEqualTo("web");
    assertThat(disabled.at("/metadata/a").asInt()).isEqualTo(1);
    assertThat(disabled.get("disabled").asBoolean()).isTrue();
    JsonNode enabled = json(jar().run("key", "enable", "shop", id, "--json"));
    assertThat(enabled.get("disabled").asBoolean()).isFalse();
    JsonNode bare =
        json(jar().run("key", "configure", "shop", id, "--name=", "--metadata=", "--json"));
    assertThat(bare.get("metadata").isNull()).isTrue();
    assertThat(jar().run("key", "configure", "shop", id, "--metadata", "[]").err())
        .contains("metadata is not a JSON object");

    JsonNode archived = json(jar().run("project", "archive", "shop", "--json"));
    assertThat(archived.get("display_name").asText()).isEqualTo("The Shop");
    assertThat(archived.get("archived_at").isTextual()).isTrue();
    assertThat(jar().run("project", "enable", "shop").err()).contains("unarchive it first");
    assertThat(json(jar().run("project", "unarchive", "shop", "--json")).get("enabled").asBoolean())
        .isTrue();
  }

  @Test
  void theJarExplainsItself() throws Exception {
    Jar.Result help = jar().run("--help");
    assertThat(help.exit()).isZero();
    assertThat(help.out()).startsWith("Usage: tollgate").contains("serve", "demo", "check");
  }

  @Test
  void inAFolderWithoutADatabaseNothingIsMadeByLooking() throws Exception {
    assertRefused(jar().run("project", "list"), "no database", "tollgate.db", "project create");
    assertThat(directory.toFile().list()).isEmpty();
  }

  // --- the books

  /** A charge of 25 nano-dollars with markup, a pending request, 4.99999997 left. */
  private void fillBooks() throws Exception {
    assertThat(jar().run("project", "create", "shop", "--balance", "5.00").exit()).isZero();
    try (JdbcStores stores =
        JdbcStores.openForServer(
            new DatabaseOptions(directory.resolve("tollgate.db")), null, Duration.ofSeconds(30))) {
      String project = stores.keyAdmin().findProject("shop").orElseThrow().id();
      String keyId = stores.upstreamKeys().remember(Secret.of("sk-or-v1-books"));
      Instant now = Instant.now();
      for (String id : List.of("req_1", "req_2")) {
        HoldRequest request =
            new HoldRequest(
                id,
                project,
                "tg_key",
                new Money(20),
                HoldMode.BOUNDED,
                Markup.NONE,
                "a/model",
                keyId,
                null,
                now);
        stores.ledger().hold(request).toCompletableFuture().get();
      }
      Capture capture =
          new Capture(
              "req_1",
              new Money(20),
              new Money(25),
              "1.95e-8",
              Set.of(Flag.ESTIMATED),
              new Tokens(7, 2, Tokens.UNKNOWN, Tokens.UNKNOWN, Tokens.UNKNOWN),
              "a/model",
              "gen-1",
              now.plusMillis(1));
      stores.ledger().capture(capture).toCompletableFuture().get();
      Pending pending =
          new Pending(
              "req_2",
              new Money(5),
              new Money(5),
              "client_gone",
              "gen-2",
              now,
              Duration.ofSeconds(2));
      stores.ledger().pend(pending).toCompletableFuture().get();
    }
  }

  private void change(String sql) throws Exception {
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("tollgate.db"));
        var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Test
  void theBooksAreShown() throws Exception {
    fillBooks();

    JsonNode usage = json(jar().run("usage", "shop", "--since", "2d", "--json"));
    assertThat(Instant.parse(usage.get("from").asText()))
        .isBetween(
            Instant.now().minus(Duration.ofHours(49)), Instant.now().minus(Duration.ofHours(47)));
    ((ObjectNode) usage).remove("from");
    assertThat(usage)
        .hasToString(
            "{\"to\":null,\"by\":[\"model\"],\"requests\":1,\"prompt_tokens\":7,"
                + "\"cached_tokens\":2,\"cache_write_tokens\":null,"
                + "\"completion_tokens\":null,\"reasoning_tokens\":null,\"cost\":\"0.00000002\",\"charge\":\"0.000000025\",\"refunded\":\"0.00\",\"margin\":\"0.000000005\",\"unresolved\":0,"
                + "\"rows\":[{\"model\":\"a/model\",\"requests\":1,\"prompt_tokens\":7,"
                + "\"cached_tokens\":2,\"cache_write_tokens\":null,"
                + "\"completion_tokens\":null,\"reasoning_tokens\":null,\"cost\":\"0.00000002\",\"charge\":\"0.000000025\",\"refunded\":\"0.00\",\"margin\":\"0.000000005\",\"unresolved\":0}]}");
    assertThat(jar().run("usage", "shop").out())
        .contains("charge             0.000000025\n", "\nrows:\nmodel    requests");

    assertThat(jar().run("usage", "--by", "project,model", "--format", "csv").out())
        .isEqualTo(
            "project_name,model,requests,prompt_tokens,cached_tokens,cache_write_tokens,"
                + "completion_tokens,reasoning_tokens,cost,charge,refunded,margin,unresolved\r\n"
                + "shop,a/model,1,7,2,,,,0.00000002,0.000000025,0.00,0.000000005,0\r\n");
    assertThat(jar().run("usage", "--format", "xml").err())
        .contains("--format 'xml': must be table, json or csv");

    assertThat(json(jar().run("top", "--since", "2d", "--json")).findValuesAsText("project_name"))
        .containsExactly("shop");

    JsonNode entries = json(jar().run("ledger", "shop", "--json"));
    assertThat(entries).hasSize(2);
    assertThat(entries.get(1).get("kind").asText()).isEqualTo("credit");
    JsonNode charge = entries.get(0);
    ((ObjectNode) charge).remove("at");
    assertThat(charge)
        .hasToString(
            "{\"id\":\"req_1\",\"kind\":\"charge\",\"amount\":\"0.000000025\","
                + "\"cost\":\"0.00000002\",\"overrun\":\"0.000000005\",\"flags\":[\"estimated\"],"
                + "\"literal\":\"1.95e-8\",\"model\":\"a/model\",\"generation_id\":\"gen-1\","
                + "\"prompt_tokens\":7,\"cached_tokens\":2,\"cache_write_tokens\":null,"
                + "\"completion_tokens\":null,\"reasoning_tokens\":null,\"key_id\":\"tg_key\",\"end_user\":\"\",\"corrects\":\"\",\"note\":\"\"}");

    JsonNode pending = json(jar().run("ledger", "--pending", "--json")).get(0);
    assertThat(names(pending))
        .containsExactly(
            "attempts",
            "generation_id",
            "held",
            "id",
            "next_ask_at",
            "project_name",
            "reason",
            "since",
            "state");
    assertThat(pending.get("held").asText()).isEqualTo("0.000000005");
    assertThat(pending.get("state").asText()).isEqualTo("pending");
    assertRefused(jar().run("ledger"), "NAME", "--help");
  }

  @Test
  void aRefundIsBookedForItsChargeAndAnExportContinuesFromAPosition() throws Exception {
    fillBooks();
    JsonNode before = json(jar().run("ledger", "--after", "0"));
    assertThat(before.at("/entries").findValuesAsText("kind")).containsExactly("credit", "charge");

    assertThat(jar().run("credit", "shop", "0.00000002", "--corrects", "req_1").exit()).isZero();
    assertRefused(
        jar().run("credit", "shop", "1", "--corrects", "req_1"),
        "entry req_1 is a charge of 0.000000025 USD, corrected by 0.00000002 USD so far");

    String next = before.get("next").asText();
    String csv = jar().run("ledger", "--after", next, "--format", "csv").out();
    assertThat(csv).startsWith("position,project_name,at,id,kind,").contains(",req_1,\r\n");
    assertThat(csv.lines()).hasSize(2);
    assertThat(jar().run("ledger", "shop", "--kind", "charge", "--format", "jsonl").out().lines())
        .hasSize(1);
    assertRefused(
        jar().run("ledger", "shop", "--after", "0", "--format", "table"),
        "--format 'table': must be json, jsonl or csv together with --after");
    assertRefused(jar().run("ledger", "--after", "x"), "after 'x': must be the position");
  }

  @ParameterizedTest(name = "tollgate {0}")
  @ValueSource(
      strings = {
        "ledger --after 0 --format csv",
        "ledger shop",
        "ledger shop --json",
        "project --help"
      })
  void aCommandFailsOnAFullDisk(String arguments) throws Exception {
    fillBooks();

    assertRefused(
        jar().withOutput(Path.of("/dev/full")).run(arguments.split(" ")),
        "the output cannot be written; is the disk full, or was the pipe closed?");
  }

  @Test
  void aTableShowsThePartsOfTokensThatAreKnown() throws Exception {
    fillBooks();

    assertThat(jar().run("ledger", "shop", "--wide").out().lines().findFirst().orElseThrow())
        .contains("prompt_tokens  cached_tokens  completion_tokens  key_id")
        .doesNotContain("cache_write_tokens", "reasoning_tokens");
  }

  @Test
  void aPendingRequestIsSettledByHand() throws Exception {
    fillBooks();
    assertRefused(jar().run("ledger", "settle", "req_2"), "--charge", "--release");
    assertRefused(jar().run("ledger", "settle", "req_2", "--charge", "-1"), "not be negative");
    assertRefused(jar().run("ledger", "settle", "req_1", "--release"), "req_1 is captured");
    assertRefused(jar().run("ledger", "settle", "req_9", "--release"), "no hold 'req_9'");

    JsonNode settled = json(jar().run("ledger", "settle", "req_2", "--charge", "0.5", "--json"));

    assertThat(settled.get("project_name").asText()).isEqualTo("shop");
    assertThat(settled.get("state").asText()).isEqualTo("captured");
    assertThat(settled.get("charge").asText()).isEqualTo("0.50");
    JsonNode entry = json(jar().run("ledger", "shop", "--json")).get(0);
    assertThat(entry.get("id").asText()).isEqualTo("req_2");
    assertThat(entry.get("flags")).hasToString("[\"unresolved\"]");
    assertThat(json(jar().run("audit", "shop", "--json")).get(0).get("action").asText())
        .isEqualTo("hold.settle");
  }

  @Test
  void aCheckSaysByItsExitCodeWhetherTheBooksAddUp() throws Exception {
    assertRefused(jar().run("check"), "no database");
    fillBooks();
    JsonNode well = json(jar().run("check", "--json"));
    assertThat(well.get("ok").asBoolean()).isTrue();
    assertThat(well.get("violations")).isEmpty();
    assertThat(well.at("/pending/pending").asInt()).isEqualTo(1);
    assertThat(well.get("unresolved").asInt()).isZero();

    change("UPDATE project SET charges_nanos = 24");
    Jar.Result broken = jar().run("check", "--json");
    assertThat(broken.exit()).isEqualTo(1);
    assertThat(broken.err()).isEmpty();
    assertThat(JSON.readTree(broken.out()).get("violations"))
        .hasToString(
            "[{\"rule\":\"a project's charges are the sum of its charge entries\","
                + "\"project_name\":\"shop\",\"id\":\"\",\"detail\":\"charges 24, sum 25\"}]");
    assertThat(jar().run("check").out()).contains("violations:\nrule ", "charges 24, sum 25");

    change("DROP TABLE idempotency");
    assertRefused(jar().run("check"), "idempotency");
  }

  @Test
  void aCheckForDriftComparesWithTheUpstream() throws Exception {
    fillBooks();
    AtomicReference<String> spent = new AtomicReference<>("3");
    try (ScriptedUpstream upstream = new ScriptedUpstream()) {
      upstream.script(
          (request, connection) ->
              connection.write(ScriptedUpstream.json(200, "{\"data\":{\"usage\":" + spent + "}}")));
      Jar checking = jar().with("tollgate.upstream.url", upstream.baseUrl().toString());

      JsonNode first = json(checking.run("check", "--drift", "--json")).get("drift").get(0);
      assertThat(first.get("result").asText()).isEqualTo("new_baseline");
      assertThat(first.get("note").asText()).contains("1 unsettled");
      assertThat(upstream.take().values("Authorization")).containsExactly("Bearer sk-or-v1-books");

      spent.set("3.000000004");
      Jar.Result drifted = checking.run("check", "--drift", "--json");
      assertThat(drifted.exit()).isEqualTo(1);
      JsonNode drift = JSON.readTree(drifted.out()).get("drift").get(0);
      assertThat(drift.get("result").asText()).isEqualTo("drift");
      assertThat(drift.get("difference").asText()).isEqualTo("-0.000000004");

      json(checking.run("check", "--new-baseline", "--json"));
      assertThat(checking.run("check", "--drift").exit()).isZero();
      spent.set("null");
      Jar.Result silent = checking.run("check", "--drift");
      assertThat(silent.exit()).isEqualTo(1);
      assertThat(silent.out()).contains("not_asked", "its answer has no usage figure");
    }
  }

  @Test
  void aProjectIsConfigured() throws Exception {
    json(jar().run("project", "create", "shop", "--json"));
    JsonNode configured =
        json(
            jar()
                .withInput("sk-or-v1-own\n")
                .run(
                    "project",
                    "configure",
                    "shop",
                    "--markup",
                    "12.5%",
                    "--upstream-key-file",
                    "-",
                    "--json"));
    assertThat(configured.get("markup").asText()).isEqualTo("12.5%");
    assertThat(configured.get("upstream_key").asText()).isEqualTo("own");
    json(jar().run("project", "configure", "shop", "--default-upstream", "--json"));
    JsonNode listed = json(jar().run("project", "list", "--json")).get(0);
    assertThat(listed.get("markup").asText()).isEqualTo("12.5%");
    assertThat(listed.get("upstream_key").asText()).isEqualTo("default");
    assertRefused(jar().run("project", "configure", "shop"), "nothing to configure");
    assertRefused(jar().run("project", "configure", "shop", "--markup", "ten"), "'ten'", "10%");
  }

  // --- bad input: one line, exit code 2, nothing half-written

  @Test
  void anImpossibleProjectNameIsRefused() throws Exception {
    for (String name :
        List.of("", " ", "x".repeat(300), "caf\u00e9", "a/b", "a\rb", "a\nb", "..", "-x-")) {
      assertRefused(jar().run("project", "create", "--", name), "project name");
    }
    assertThat(json(jar().run("project", "list", "--json"))).isEmpty();
  }

  @Test
  void aProjectThatExistsIsNotMadeAgain() throws Exception {
    json(jar().run("project", "create", "shop", "--json"));
    assertRefused(jar().run("project", "create", "shop", "--balance", "5"), "shop already exists");
    assertThat(json(jar().run("project", "show", "shop", "--json")).at("/balance/total").asText())
        .isEqualTo("0.00");
  }

  @Test
  void whatIsNotThereIsNamed() throws Exception {
    json(jar().run("project", "create", "shop", "--json"));
    assertRefused(jar().run("project", "show", "a\nb"), "no project 'a?b'");
    assertRefused(jar().run("credit", "nobody", "1"), "no project 'nobody'");
    assertRefused(jar().run("key", "revoke", "shop", "tg_nothing"), "tg_nothing");
  }

  @Test
  void badArgumentsAreRefusedWithAWayToHelp() throws Exception {
    assertRefused(jar().run("project", "create"), "NAME", "--help");
    assertRefused(jar().run("bogus"), "bogus");
    assertRefused(jar().run("project", "create", "shop", "--bogus"), "--bogus");
    assertRefused(jar().run("credit", "shop", "ten"), "'ten'", "10.00");
    assertRefused(jar().run("credit", "shop", "1.0000000001"), "9 decimals");
    assertRefused(jar().run("key", "create", "shop", "--expires", "soon"), "'soon'");
    assertRefused(
        jar().run("project", "create", "shop", "--upstream-key-file", "missing"), "missing");
    assertRefused(
        jar().withInput("two\nlines").run("project", "create", "s", "--upstream-key-file", "-"),
        "one line");
  }

  @Test
  void aBadConfigurationIsNamed() throws Exception {
    assertRefused(jar().with("tollgate.http.prot", "1").run("serve"), "tollgate.http.prot");
    assertRefused(
        new Jar(directory).with("tollgate.http.port", "eighty").run("serve"),
        "tollgate.http.port",
        "'eighty'",
        "0 to 65535");
    assertRefused(
        jar().withVariable("TOLLGATE_UPSTREAM_URL", "ftp://x").run("serve"),
        "TOLLGATE_UPSTREAM_URL",
        "'ftp://x'",
        "http or https");
    assertRefused(
        jar().with("tollgate.admin.token", "short-and-secret").run("serve"),
        "tollgate.admin.token",
        "16 characters",
        "at least 32");
    assertRefused(
        jar().with("tollgate.config", "missing.properties").run("serve"), "missing.properties");
    Files.writeString(directory.resolve("tollgate.properties"), "tollgate.bogus=1\n");
    assertRefused(jar().run("serve"), "tollgate.bogus", "tollgate.properties");
  }

  @Test
  void aCommandFindsDatabaseAndSecretsInTheSettingsFileOfTheService() throws Exception {
    Path file =
        Files.writeString(
            Files.createFile(directory.resolve("environment"), OwnerOnly.attributes(directory)),
            "TOLLGATE_DATABASE_URL=jdbc:sqlite:%s/tollgate.db%nTOLLGATE_MASTER_KEY=%s%n"
                .formatted(directory, "A".repeat(43) + "="));
    Jar elsewhere = new Jar(Files.createDirectory(directory.resolve("elsewhere")));

    json(
        elsewhere
            .withInput("sk-or-v1-own")
            .run(
                "project",
                "create",
                "shop",
                "--upstream-key-file",
                "-",
                "--config",
                file.toString(),
                "--json"));

    JsonNode listed =
        json(elsewhere.run("--config", file.toString(), "project", "list", "--json")).get(0);
    assertThat(listed.get("upstream_key").asText()).isEqualTo("own");
    assertThat(directory.resolve("tollgate.db.master-key")).doesNotExist();
    assertRefused(elsewhere.run("project", "list"), "there is no database", "elsewhere");
    assertRefused(
        elsewhere.run("project", "list", "--config", "missing"), "missing: there is no such file");
    assertRefused(elsewhere.run("project", "list", "--config="), "must be the path of a file");
  }

  @Test
  void anUnknownVariableIsAWarning() throws Exception {
    json(jar().run("project", "create", "shop", "--json"));
    Jar.Result list =
        jar().withVariable("TOLLGATE_PORT", "tcp://1").run("project", "list", "--json");
    assertThat(list.exit()).isZero();
    assertThat(list.out().lines()).hasSize(1);
    assertThat(list.err()).contains("TOLLGATE_PORT").doesNotContain("tcp://1");
  }

  @Test
  void aDatabaseThatCannotBeUsedIsNamed() throws Exception {
    Files.writeString(directory.resolve("garbage.db"), "this is no database ".repeat(100));
    assertRefused(
        jar().with("tollgate.database.url", "jdbc:sqlite:garbage.db").run("serve"),
        "garbage.db",
        "not a database");
    assertRefused(
        jar().with("tollgate.database.url", "jdbc:sqlite:" + directory).run("serve"),
        "cannot open database");
    assertRefused(
        jar().with("tollgate.database.url", "jdbc:sqlite:missing/tollgate.db").run("serve"),
        "its directory does not exist");
    assertRefused(
        jar().with("tollgate.database.url", "jdbc:mysql://x").run("serve"), "jdbc:sqlite:");
  }

  @Test
  void aLockedDatabaseIsNamed() throws Exception {
    json(jar().run("project", "create", "one", "--json"));
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("tollgate.db"));
        var statement = connection.createStatement()) {
      statement.execute("BEGIN EXCLUSIVE");
      assertRefused(jar().run("project", "create", "shop"), "locked by another process");
    }
    assertThat(json(jar().run("project", "list", "--json"))).hasSize(1);
  }

  @Test
  void aPortInUseIsNamed() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      String port = Integer.toString(taken.getLocalPort());
      Jar.Result refused = new Jar(directory).with("tollgate.http.port", port).run("serve");
      assertThat(refused.exit()).isEqualTo(2);
      // By then the log may have said that there are no prices.
      assertThat(refused.err().lines().reduce((first, last) -> last).orElse(""))
          .startsWith("tollgate: ")
          .contains("127.0.0.1:" + port, "in use");
    }
  }

  @Test
  void aSecondServerOnOneDatabaseIsRefusedAndTheFirstServesOn() throws Exception {
    try (Jar.Started first = jar().start("Tollgate is listening on", "serve")) {
      assertRefused(jar().run("serve"), "another server", "tollgate.db");
      Path link = Files.createSymbolicLink(directory.resolve("link.db"), Path.of("tollgate.db"));
      assertRefused(
          jar().with("tollgate.database.url", "jdbc:sqlite:" + link).run("serve"),
          "another server");
      assertThat(status(first.port(), "shop", "tg_x")).isEqualTo(401);
    }
  }

  @Test
  void aServerStartsAgainAfterAKill() throws Exception {
    try (Jar.Started first = jar().start("Tollgate is listening on", "serve")) {
      first.process().destroyForcibly().waitFor();
    }
    try (Jar.Started second = jar().start("Tollgate is listening on", "serve")) {
      assertThat(status(second.port(), "shop", "tg_x")).isEqualTo(401);
    }
  }

  @Test
  void whatJettyRefusesReadsLikeTheGateway() throws Exception {
    try (Jar.Started server = jar().start("Tollgate is listening on", "serve")) {
      for (String request :
          List.of(
              "GET /api/v1/models HTTP/1.1\r\nHost: x\r\nBad Header: 1\r\n\r\n",
              "GET /api/v1/models HTTP/1.1\r\n\r\n",
              "GET /api/v1/models HTTP/1.1\r\nHost: x\r\nX-Api-Key: \u0001\r\n\r\n",
              "POST /api/v1/models HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length:"
                  + " 2\r\n\r\nxx",
              "POST /api/v1/models HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
                  + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
              "GET /api/v1/models HTTP/1.1\r\nHost: x\r\nX-Big: " + "x".repeat(20_000) + "\r\n\r\n",
              "GET /" + "x".repeat(20_000) + " HTTP/1.1\r\nHost: x\r\n\r\n",
              "GET /api/v1/models%00 HTTP/1.1\r\nHost: x\r\n\r\n",
              "nonsense\r\n\r\n")) {
        try (RawClient client = new RawClient(server.port())) {
          client.send(request);
          String answer = client.readToEnd();
          assertThat(answer)
              .startsWith("HTTP/1.1 400")
              .contains("\r\nContent-Type: application/json\r\n", "\r\nX-Request-Id: req_")
              .contains(
                  "{\"code\":400,\"msg\":\"invalid params\",\"data\":{\"error\":\"Malformed request: ")
              .doesNotContainIgnoringCase("jetty");
        }
      }
    }
  }

  @Test
  void everyOddPathIsNotFound() throws Exception {
    try (Jar.Started server = jar().start("Tollgate is listening on", "serve")) {
      for (String path :
          List.of(
              "/",
              "/foo",
              "//api/v1/models",
              "/api/v1//models",
              "/api/v1/%2e%2e/v1/models",
              "/api/v1/../v1/models",
              "/api/v1/a%2Fb",
              "/API/v1/models",
              "/api/v1/models/user")) {
        try (RawClient client = new RawClient(server.port())) {
          client.send("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
          assertThat(client.readToEnd())
              .as(path)
              .startsWith("HTTP/1.1 404")
              .contains(
                  "{\"code\":404,\"msg\":\"error\",\"data\":{\"error\":\"Not found: GET " + path);
        }
      }
    }
  }

  @Test
  void outsideTheGatewaysPathsEveryMethodIsNotFoundAndNothingIsEchoed() throws Exception {
    try (Jar.Started server = jar().start("Tollgate is listening on", "serve")) {
      for (String method :
          List.of("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "FOO")) {
        try (RawClient client = new RawClient(server.port())) {
          client.send(
              method
                  + " /nope HTTP/1.1\r\nHost: x\r\nX-API-Key: tg_secret\r\nConnection:"
                  + " close\r\n\r\n");
          assertThat(client.readToEnd())
              .as(method)
              .startsWith("HTTP/1.1 404")
              .doesNotContain("tg_secret");
        }
      }
    }
  }

  @Test
  void aBreakResetsAClientOfHttp10WhichHasNoOtherWayToSeeIt() throws Exception {
    CountDownLatch relayed = new CountDownLatch(1);
    try (ScriptedUpstream upstream = new ScriptedUpstream()) {
      upstream.script(
          (request, connection) -> {
            connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n");
            relayed.await();
            connection.reset();
          });
      JsonNode created = json(jar().run("project", "create", "shop", "--balance", "1", "--json"));
      Jar serving =
          jar()
              .with("tollgate.upstream.url", upstream.baseUrl().toString())
              .with("tollgate.upstream.key", "k");
      try (Jar.Started server = serving.start("Tollgate is listening on", "serve");
          RawClient client = new RawClient(server.port())) {
        client.send(
            "POST /api/v1/chat/completions?project_name=shop HTTP/1.0\r\nHost: x\r\nX-API-Key: "
                + created.get("api_key").asText()
                + "\r\nContent-Length: 2\r\n\r\n{}");
        client.readUntil("data: 1\n\n");
        relayed.countDown();
        assertThatThrownBy(() -> client.read(1)).hasMessageContaining("reset");
      }
    }
  }

  // --- behind a proxy

  private static void askWith(Jar.Started server, String forwarded) throws Exception {
    try (RawClient proxy = new RawClient(server.port())) {
      proxy.send(
          "GET /api/v1/models HTTP/1.1\r\nHost: x\r\n"
              + forwarded
              + "\r\nConnection: close\r\n\r\n");
      assertThat(proxy.readToEnd()).startsWith("HTTP/1.1 401");
    }
  }

  @Test
  void aProxyInFrontIsBelievedOnlyWhenTheServerIsToldSo() throws Exception {
    try (Jar.Started server = jar().start("Tollgate is listening on", "serve")) {
      askWith(server, "X-Forwarded-For: 203.0.113.7\r\nForwarded: for=203.0.113.8");
      await().until(() -> Files.readString(server.err()).contains(" client=127.0.0.1 status=401"));
      assertThat(Files.readString(server.err())).doesNotContain("203.0.113");
    }
    Jar behind = jar().with("tollgate.http.forwarded", "true");
    try (Jar.Started server = behind.start("Tollgate is listening on", "serve")) {
      askWith(server, "X-Forwarded-For: 203.0.113.7, 10.0.0.1");
      askWith(server, "Forwarded: for=\"[2001:db8::1]:4711\";proto=https");
      await()
          .until(
              () -> {
                String log = Files.readString(server.err());
                return log.contains(" client=203.0.113.7 status=401")
                    && log.contains(" client=[2001:db8::1] status=401");
              });
    }
  }

  // --- TLS

  @Test
  void theJarSpeaksTlsAndHttp2() throws Exception {
    Path keyStore = KeyStores.make(directory.resolve("server.p12"), "localhost", "PKCS12");
    Jar serving =
        jar()
            .with("tollgate.http.tls.key-store", keyStore.toString())
            .withVariable("TOLLGATE_HTTP_TLS_PASSWORD", KeyStores.PASSWORD);
    try (Jar.Started server = serving.start("Tollgate is listening on https://", "serve")) {
      Process curl =
          new ProcessBuilder(
                  "curl",
                  "-sSk",
                  "-w",
                  " %{http_version}",
                  "https://127.0.0.1:" + server.port() + "/health/live")
              .redirectErrorStream(true)
              .start();
      assertThat(new String(curl.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .isEqualTo("ok\n 2");
      assertThat(server.terminate()).isZero();
    }
  }

  @Test
  void aKeyStoreThatCannotBeUsedIsNamed() throws Exception {
    Jar.Result refused =
        jar()
            .with("tollgate.http.tls.key-store", "missing.p12")
            .with("tollgate.http.tls.password", "x")
            .run("serve");
    assertThat(refused.exit()).isEqualTo(2);
    assertThat(refused.err().lines().reduce((first, last) -> last).orElse(""))
        .startsWith("tollgate: tollgate.http.tls.key-store: cannot read missing.p12: ");
  }
}
