package dev.tollgate.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.KeyFingerprint;
import dev.tollgate.gateway.account.KeyStore;
import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.SpendingCaps;
import dev.tollgate.gateway.admin.KeySpec;
import dev.tollgate.gateway.config.ConfigException;
import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.ledger.InMemoryLedger;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.metrics.ExchangeEnd;
import dev.tollgate.gateway.metrics.GatewayMetrics;
import dev.tollgate.gateway.testkit.JettyContainer;
import dev.tollgate.gateway.testkit.LogCapture;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import jakarta.servlet.http.HttpServlet;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an application makes of a gateway. */
class GatewayBuilderTest {
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final Project PROJECT =
      new Project("prj_1", "shop", true, null, Markup.NONE, Instant.EPOCH);
  private static final String SECRET = "tg_a1b2c3d4_" + "x".repeat(43);

  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (int i = open.size() - 1; i >= 0; i--) {
      open.get(i).close();
    }
    upstream.close();
  }

  private GatewayBuilder builder(String database, String... settings) {
    var all = new java.util.HashMap<String, String>();
    all.put("tollgate.upstream.url", upstream.baseUrl().toString());
    all.put("tollgate.upstream.key", RunningGateway.UPSTREAM_KEY);
    all.put("tollgate.database.url", "jdbc:sqlite:" + directory.resolve(database));
    for (int i = 0; i < settings.length; i += 2) {
      all.put(settings[i], settings[i + 1]);
    }
    return Gateway.builder().config(GatewayConfig.of(all));
  }

  private Gateway build(GatewayBuilder builder) {
    Gateway gateway = builder.build();
    open.add(gateway);
    return gateway;
  }

  private int install(Gateway... gateways) throws Exception {
    JettyContainer container =
        new JettyContainer(
            "/app",
            30_000,
            context -> {
              for (Gateway gateway : gateways) {
                gateway.install(context);
              }
            });
    open.add(container);
    return container.port();
  }

  private static String project(Gateway gateway) {
    return gateway.admin().createProject("shop", Money.parse("5"), null).key().reveal();
  }

  private static HttpResponse<String> models(int port, String path, String key) throws Exception {
    return HTTP.send(
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + port + "/app" + path + "/api/v1/models"))
            .header("X-API-Key", key)
            .build(),
        BodyHandlers.ofString());
  }

  @Test
  void severalGatewaysOfOneApplicationKnowNothingOfEachOther() throws Exception {
    Gateway one = build(builder("one.db").path("/one"));
    Gateway two = build(builder("two.db").path("/two/deep"));
    String keyOfOne = project(one);
    String keyOfTwo = project(two);
    int port = install(one, two);

    assertThat(models(port, "/one", keyOfOne).statusCode()).isEqualTo(200);
    assertThat(models(port, "/two/deep", keyOfTwo).statusCode()).isEqualTo(200);
    assertThat(models(port, "/one", keyOfTwo).statusCode()).isEqualTo(401);
    assertThat(models(port, "/two/deep", keyOfOne).statusCode()).isEqualTo(401);
    assertThat(models(port, "", keyOfOne).statusCode()).isEqualTo(404);
  }

  private static HttpResponse<String> get(int port, String path, String key) throws Exception {
    return HTTP.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/app" + path))
            .header("X-API-Key", key)
            .build(),
        BodyHandlers.ofString());
  }

  private static String hash(String key) {
    return key.split("_")[1];
  }

  private static String managementKey(Gateway gateway) {
    String name = gateway.admin().listProjects().get(0).project().name();
    return gateway
        .admin()
        .createKey(name, new KeySpec(ApiKey.Kind.MANAGEMENT, null, SpendingCaps.NONE))
        .key()
        .reveal();
  }

  @Test
  void anAliasServesTheSameRoutes() throws Exception {
    Gateway gateway = build(builder("one.db").path("/llm").alias("/v1"));
    String key = project(gateway);
    int port = install(gateway);

    assertThat(get(port, "/llm/v1/models", key).statusCode()).isEqualTo(200);
    assertThat(upstream.take().target()).isEqualTo("/api/v1/models");
    assertThat(get(port, "/llm/v1/credits", key).body()).contains("\"total_credits\":5");
    assertThat(get(port, "/llm/v1/generation?id=x", key).body()).contains("Generation not found");
    assertThat(get(port, "/llm/v1/keys/" + hash(key), managementKey(gateway)).body())
        .contains("\"hash\":\"" + hash(key) + "\"");
    assertThat(get(port, "/llm/v1/messages", key).body()).contains("\"type\":\"error\"");
    assertThat(get(port, "/llm/v1/modles", key).body())
        .contains("Not found: GET /app/llm/v1/modles (did you mean /app/llm/v1/models?)");
    assertThat(get(port, "/llm/api/v1/models", key).statusCode()).isEqualTo(200);
  }

  @Test
  void withoutAnAliasOnlyTheRoutesOwnRootIsServed() throws Exception {
    Gateway gateway = build(builder("one.db"));
    String key = project(gateway);

    assertThat(get(install(gateway), "/v1/models", key).body()).doesNotContain("\"code\":404");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/", "v1", "/v1/", "/api", "/api/v1", "/v0", "/a b", "/.."})
  void anAliasOfAnotherFormIsRefused(String alias) {
    GatewayBuilder builder = builder("one.db");
    assertThatThrownBy(() -> builder.alias(alias)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void healthIsAnsweredBelowThePath() throws Exception {
    Gateway gateway = build(builder("one.db").path("/one"));
    int port = install(gateway);
    gateway.drain();

    for (String each : List.of("live", "ready")) {
      HttpResponse<String> answer =
          HTTP.send(
              HttpRequest.newBuilder(
                      URI.create("http://127.0.0.1:" + port + "/app/one/health/" + each))
                  .build(),
              BodyHandlers.ofString());
      assertThat(answer.body()).isEqualTo(each.equals("live") ? "ok\n" : "draining\n");
    }
  }

  @Test
  void twoGatewaysAtOnePathAreRefused() {
    Gateway one = build(builder("one.db").path("/one"));
    Gateway two = build(builder("two.db").path("/one"));

    assertThatThrownBy(() -> install(one, two))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the application already has a gateway at /one");
  }

  @Test
  void aPathThatTheApplicationServesItselfIsRefused() {
    Gateway gateway = build(builder("one.db"));

    assertThatThrownBy(
            () ->
                new JettyContainer(
                    "/",
                    30_000,
                    context -> {
                      context.addServlet("own", new Own()).addMapping("/api/v1/*");
                      gateway.install(context);
                    }))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the application already serves /api/v1/*");
  }

  /** Somebody's servlet. */
  private static final class Own extends HttpServlet {
    private static final long serialVersionUID = 1L;
  }

  @ParameterizedTest
  @ValueSource(strings = {"one", "/one/", "/", "//one", "/*", "/a b", "/../x", "/a/./b", "/%61"})
  void aPathOfAnotherFormIsRefused(String path) {
    assertThatThrownBy(() -> Gateway.builder().path(path))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith("not '" + path + "'");
  }

  @Test
  void metricsHearOfEachExchange() throws Exception {
    List<ExchangeEnd> ends = new CopyOnWriteArrayList<>();
    AtomicInteger opened = new AtomicInteger();
    Gateway gateway =
        build(
            builder("one.db")
                .metrics(
                    new GatewayMetrics() {
                      @Override
                      public void exchangeOpened() {
                        opened.incrementAndGet();
                      }

                      @Override
                      public void exchangeEnded(ExchangeEnd end) {
                        ends.add(end);
                      }
                    }));
    String key = project(gateway);
    int port = install(gateway);
    String usage = "{\"usage\":{\"cost\":0.0000123,\"prompt_tokens\":7,\"completion_tokens\":3}}";
    upstream.script((request, connection) -> connection.write(ScriptedUpstream.json(200, usage)));

    HTTP.send(
        HttpRequest.newBuilder(
                URI.create(
                    "http://127.0.0.1:" + port + "/app/api/v1/chat/completions?project_name=shop"))
            .header("X-API-Key", key)
            .POST(BodyPublishers.ofString("{\"model\":\"m\"}"))
            .build(),
        BodyHandlers.ofString());
    models(port, "", "tg_wrong");
    await().until(() -> ends.size() == 2);

    assertThat(opened).hasValue(2);
    assertThat(ends)
        .anySatisfy(
            end -> {
              assertThat(end.method() + " " + end.route())
                  .isEqualTo("POST /api/v1/chat/completions");
              assertThat(end.status()).isEqualTo(200);
              assertThat(end.outcome()).isEqualTo("complete");
              assertThat(end.refusalCode()).isNull();
              assertThat(end.requestBytes()).isEqualTo(13);
              assertThat(end.responseBytes()).isEqualTo(usage.length());
              assertThat(end.firstByteNanos()).isPositive().isLessThan(end.totalNanos());
              assertThat(end.chargedNanoUsd()).isEqualTo(12_300);
              assertThat(end.promptTokens()).isEqualTo(7);
              assertThat(end.completionTokens()).isEqualTo(3);
            })
        .anySatisfy(
            end -> {
              assertThat(end.status()).isEqualTo(401);
              assertThat(end.outcome()).isEqualTo("refused");
              assertThat(end.refusalCode()).isEqualTo("invalid_api_key");
              assertThat(end.chargedNanoUsd()).isEqualTo(-1);
            });
  }

  @Test
  void metricsThatFailDoNoHarm() throws Exception {
    Gateway gateway =
        build(
            builder("one.db")
                .metrics(
                    new GatewayMetrics() {
                      @Override
                      public void exchangeOpened() {
                        throw new IllegalStateException("no meter");
                      }

                      @Override
                      public void exchangeEnded(ExchangeEnd end) {
                        throw new IllegalStateException("no meter");
                      }
                    }));
    String key = project(gateway);

    assertThat(models(install(gateway), "", key).statusCode()).isEqualTo(200);
  }

  /** One management key, in memory. */
  private static final class OneManagementKey implements KeyStore {
    @Override
    public Optional<Principal> find(KeyFingerprint fingerprint) {
      return Optional.of(
          new Principal(
              PROJECT,
              new ApiKey(
                  "m",
                  "prj_1",
                  Instant.EPOCH,
                  null,
                  null,
                  ApiKey.Kind.MANAGEMENT,
                  false,
                  SpendingCaps.NONE)));
    }

    @Override
    public long changeCounter() {
      return 0;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/api/v1/keys", "/api/v1/keys/x", "/v0/llm/status"})
  void keysOfTheApplicationsOwnAreNotTheProjectsToChange(String path) throws Exception {
    int port = install(build(builder("one.db").keyStore(new OneManagementKey())));

    assertThat(bearing(port, path).statusCode()).isEqualTo(404);
    assertThat(bearing(port, "/api/v1/activity").body()).isEqualTo("{\"data\":[]}");
  }

  @Test
  void theActivityInALedgerOfTheApplicationsOwnIsNotKnown() throws Exception {
    InMemoryLedger ledger = new InMemoryLedger();
    int port = install(build(builder("one.db").keyStore(new OneManagementKey()).ledger(ledger)));

    assertThat(bearing(port, "/api/v1/activity").statusCode()).isEqualTo(404);
  }

  private static HttpResponse<String> bearing(int port, String path) throws Exception {
    return HTTP.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/app" + path))
            .header("Authorization", "Bearer any")
            .build(),
        BodyHandlers.ofString());
  }

  /** One key, in memory. */
  private static final class OneKey implements KeyStore {
    @Override
    public Optional<Principal> find(KeyFingerprint fingerprint) {
      return fingerprint.equals(KeyFingerprint.of(SECRET))
          ? Optional.of(new Principal(PROJECT, new ApiKey("k", "prj_1", Instant.EPOCH, null, null)))
          : Optional.empty();
    }

    @Override
    public Optional<Project> findProject(String name) {
      return name.equals("shop") ? Optional.of(PROJECT) : Optional.empty();
    }

    @Override
    public long changeCounter() {
      return 0;
    }
  }

  @Test
  void aKeyStoreOfTheApplicationsOwnIsAsked() throws Exception {
    Gateway gateway = build(builder("one.db").keyStore(new OneKey()));
    int port = install(gateway);

    assertThat(models(port, "", SECRET).statusCode()).isEqualTo(200);
    assertThat(models(port, "", SECRET + "x").statusCode()).isEqualTo(401);
  }

  @Test
  void aProjectIsFoundByNameForWhoAuthenticatesByItself() {
    Gateway own = build(builder("one.db"));
    project(own);

    assertThat(own.principalOf("shop"))
        .hasValueSatisfying(
            principal -> {
              assertThat(principal.project().name()).isEqualTo("shop");
              assertThat(principal.key().projectId()).isEqualTo(principal.project().id());
              assertThat(principal.key().isUsable(Instant.now())).isTrue();
            });
    assertThat(own.principalOf("nobody")).isEmpty();
  }

  @Test
  void resourcesAreClosedWithTheGatewayTheLastOneFirst() {
    List<String> closed = new ArrayList<>();
    Gateway gateway =
        builder("one.db")
            .closeWith(() -> closed.add("first"))
            .closeWith(
                () -> {
                  closed.add("second");
                  throw new IllegalStateException("cannot");
                })
            .build();
    assertThat(closed).isEmpty();

    gateway.close();

    assertThat(closed).containsExactly("second", "first");
  }

  @Test
  void resourcesAreClosedWhereNoGatewayCanBeBuilt() throws Exception {
    List<String> closed = new ArrayList<>();
    Files.writeString(directory.resolve("garbage.db"), "no database at all, but a text");

    assertThatThrownBy(() -> builder("garbage.db").closeWith(() -> closed.add("one")).build())
        .hasMessageContaining("cannot open database");
    assertThat(closed).containsExactly("one");
  }

  // --- extensions

  /** What an operator would put into a jar; here it is on the class path of the test. */
  public static final class Customizer implements GatewayCustomizer {
    @Override
    public void customize(GatewayBuilder builder, GatewayConfig config) {
      builder.keyStore(new OneKey());
    }
  }

  private Path jarNaming(String className) throws Exception {
    Path folder = Files.createDirectories(directory.resolve("extensions"));
    try (JarOutputStream jar =
        new JarOutputStream(Files.newOutputStream(folder.resolve("own.jar")))) {
      jar.putNextEntry(new JarEntry("META-INF/services/" + GatewayCustomizer.class.getName()));
      jar.write(className.getBytes(UTF_8));
      jar.closeEntry();
    }
    return folder;
  }

  @Test
  void aJarBesideTheGatewayCustomizesIt() throws Exception {
    Path folder = jarNaming(Customizer.class.getName());
    Gateway gateway = build(builder("one.db", "tollgate.extensions", folder.toString()).discover());

    assertThat(models(install(gateway), "", SECRET).statusCode()).isEqualTo(200);
  }

  @Test
  void withoutDiscoveryNothingIsLookedFor() throws Exception {
    Path folder = jarNaming(Customizer.class.getName());
    Gateway gateway = build(builder("one.db", "tollgate.extensions", folder.toString()));

    assertThat(models(install(gateway), "", SECRET).statusCode()).isEqualTo(401);
  }

  @Test
  void anExtensionThatIsNotThereStopsTheStart() throws Exception {
    Path folder = jarNaming("com.example.Missing");

    assertThatThrownBy(
            () -> builder("one.db", "tollgate.extensions", folder.toString()).discover().build())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("com.example.Missing");
  }

  @Test
  void aFolderWithoutExtensionsIsWarnedOf() throws Exception {
    Path folder = Files.createDirectories(directory.resolve("empty"));
    try (LogCapture log = new LogCapture()) {
      build(builder("one.db", "tollgate.extensions", folder.toString()).discover());

      assertThat(log.lines())
          .anySatisfy(line -> assertThat(line).contains("tollgate.extensions: no jar in"));
    }
  }
}
