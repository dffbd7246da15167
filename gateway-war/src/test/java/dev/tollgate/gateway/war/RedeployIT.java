package dev.tollgate.gateway.war;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.account.MasterKey;
import dev.tollgate.gateway.admin.AdminService;
import dev.tollgate.gateway.jdbc.DatabaseOptions;
import dev.tollgate.gateway.jdbc.JdbcStores;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.LogCapture;
import dev.tollgate.gateway.testkit.Postgres;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.io.File;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.core.StandardHost;
import org.apache.catalina.startup.ContextConfig;
import org.apache.catalina.startup.Tomcat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the WAR leaves behind in a Tomcat that goes on without it. */
@Timeout(180)
class RedeployIT {
  private static final String MASTER_KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  private static final int ROUNDS = 3;

  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private final Tomcat tomcat = new Tomcat();
  private final LogCapture log = new LogCapture();

  @BeforeEach
  void start() throws Exception {
    tomcat.setBaseDir(directory.resolve("tomcat").toString());
    tomcat.setPort(0);
    tomcat.setHostname("127.0.0.1");
    tomcat.getHost().setAppBase(directory.toString());
    tomcat.start();
    upstream.script(
        (request, connection) ->
            connection
                .write(ScriptedUpstream.streamHead())
                .chunk("data: {\"usage\":{\"cost\":0.0000123}}\n\n")
                .lastChunk());
  }

  @AfterEach
  void stop() throws Exception {
    tomcat.stop();
    tomcat.destroy();
    upstream.close();
    log.close();
  }

  /** Deploys the WAR, has it relay a stream, undeploys it; what is left of its classes. */
  private WeakReference<ClassLoader> deployUseUndeploy(Map<String, String> parameters, String key)
      throws Exception {
    StandardContext context = new StandardContext();
    context.setPath("/llm");
    context.setName("/llm");
    context.setDocBase(new File("target/gateway.war").getAbsolutePath());
    context.addLifecycleListener(new ContextConfig());
    context.addLifecycleListener(tomcat.getDefaultWebXmlListener());
    parameters.forEach(context::addParameter);
    tomcat.getHost().addChild(context);
    try {
      try (RawClient client = new RawClient(tomcat.getConnector().getLocalPort())) {
        client.send(
            "POST /llm/api/v1/chat/completions?project_name=shop HTTP/1.1\r\nHost: x\r\nX-API-Key: "
                + key
                + "\r\nContent-Length: 2\r\n\r\n{}");
        assertThat(client.readUntil("0\r\n\r\n")).startsWith("HTTP/1.1 200");
      }
      return new WeakReference<>(context.getLoader().getClassLoader());
    } finally {
      tomcat.getHost().removeChild(context);
    }
  }

  private void assertNothingIsLeft(Map<String, String> parameters, String key) throws Exception {
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
    for (int i = 0; i < ROUNDS; i++) {
      loaders.add(deployUseUndeploy(parameters, key));
    }

    // Tomcat's own word: threads, drivers, thread locals that it had to clear away.
    assertThat(log.lines()).noneMatch(line -> line.contains("The web application ["));
    assertThat(DriverManager.drivers())
        .allMatch(driver -> driver.getClass().getClassLoader() == getClass().getClassLoader());
    assertThat(Thread.getAllStackTraces().keySet())
        .filteredOn(thread -> !before.contains(thread))
        .extracting(Thread::getName)
        .noneMatch(name -> name.startsWith("tollgate"));
    // A driver's cleaner may live on for half a minute.
    await()
        .atMost(Duration.ofSeconds(90))
        .pollInterval(Duration.ofMillis(500))
        .untilAsserted(
            () -> {
              assertThat(((StandardHost) tomcat.getHost()).findReloadedContextMemoryLeaks())
                  .isEmpty();
              assertThat(loaders).allMatch(loader -> loader.get() == null);
            });
  }

  private static String createProject(DatabaseOptions options, MasterKey masterKey) {
    try (JdbcStores stores = JdbcStores.open(options, masterKey)) {
      return new AdminService(
              new AdminService.Stores(
                  stores.keyAdmin(),
                  stores.ledger(),
                  stores.reports(),
                  stores.upstreamKeys(),
                  stores.transactions()),
              InstantSource.system())
          .createProject("shop", Money.parse("1"), null)
          .key()
          .reveal();
    }
  }

  private Map<String, String> parameters(String databaseUrl) {
    return Map.of(
        "tollgate.database.url",
        databaseUrl,
        "tollgate.upstream.url",
        upstream.baseUrl().toString(),
        "tollgate.upstream.key",
        "sk-or-v1-operator");
  }

  @Test
  void nothingIsLeftOfAWarOnSqlite() throws Exception {
    Path database = directory.resolve("tollgate.db");
    String key = createProject(new DatabaseOptions(database), null);

    assertNothingIsLeft(parameters("jdbc:sqlite:" + database), key);
  }

  @Test
  void nothingIsLeftOfAWarOnPostgres() throws Exception {
    DatabaseOptions options = Postgres.newDatabase();
    String key = createProject(options, MasterKey.parse(MASTER_KEY));
    Map<String, String> parameters = new HashMap<>(parameters(options.url()));
    parameters.put("tollgate.database.user", "postgres");
    parameters.put("tollgate.master.key", MASTER_KEY);

    assertNothingIsLeft(parameters, key);
  }
}
