package dev.tollgate.gateway.war;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.account.MasterKey;
import dev.tollgate.gateway.jdbc.DatabaseOptions;
import dev.tollgate.gateway.testkit.LogCapture;
import dev.tollgate.gateway.testkit.Postgres;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.catalina.Context;
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
  private final LogCapture log = new LogCapture();
  private WarTomcat tomcat;

  @BeforeEach
  void start() throws Exception {
    tomcat = new WarTomcat(directory);
    upstream.script(
        (request, connection) ->
            connection
                .write(ScriptedUpstream.streamHead())
                .chunk("data: {\"usage\":{\"cost\":0.0000123}}\n\n")
                .lastChunk());
  }

  @AfterEach
  void stop() throws Exception {
    tomcat.close();
    upstream.close();
    log.close();
  }

  /** Deploys the WAR, has it relay a stream, undeploys it; what is left of its classes. */
  private WeakReference<ClassLoader> deployUseUndeploy(Map<String, String> parameters, String key)
      throws Exception {
    Context context = tomcat.deploy("/llm", parameters);
    try (RawClient client = tomcat.client()) {
      client.send(WarTomcat.chat("/llm", key, "{}"));
      assertThat(client.readUntil("0\r\n\r\n")).startsWith("HTTP/1.1 200");
      return new WeakReference<>(context.getLoader().getClassLoader());
    } finally {
      tomcat.undeploy(context);
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
              assertThat(tomcat.leaks()).isEmpty();
              assertThat(loaders).allMatch(loader -> loader.get() == null);
            });
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
    String key = WarTomcat.createProject(new DatabaseOptions(database), null);

    assertNothingIsLeft(parameters("jdbc:sqlite:" + database), key);
  }

  @Test
  void nothingIsLeftOfAWarOnPostgres() throws Exception {
    DatabaseOptions options = Postgres.newDatabase();
    String key = WarTomcat.createProject(options, MasterKey.parse(MASTER_KEY));
    Map<String, String> parameters = new HashMap<>(parameters(options.url()));
    parameters.put("tollgate.database.user", "postgres");
    parameters.put("tollgate.master.key", MASTER_KEY);

    assertNothingIsLeft(parameters, key);
  }
}
