package dev.tollgate.gateway.war;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.jdbc.DatabaseOptions;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.catalina.LifecycleState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the WAR's settings may come from, and where it may be. */
class WarConfigurationIT {
  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private final Map<String, String> settings = new HashMap<>();
  private WarTomcat tomcat;
  private String key;

  @BeforeEach
  void start() throws Exception {
    Path database = directory.resolve("tollgate.db");
    key = WarTomcat.createProject(new DatabaseOptions(database), null);
    settings.put("tollgate.database.url", "jdbc:sqlite:" + database);
    settings.put("tollgate.upstream.url", upstream.baseUrl().toString());
    settings.put("tollgate.upstream.key", "sk-or-v1-operator");
    tomcat = new WarTomcat(directory);
  }

  @AfterEach
  void stop() throws Exception {
    tomcat.close();
    upstream.close();
  }

  private void assertServes(String contextPath) throws Exception {
    upstream.script((request, connection) -> connection.write(ScriptedUpstream.json(200, "{}")));
    try (RawClient client = tomcat.client()) {
      client.send(WarTomcat.chat(contextPath, key, "{}"));
      assertThat(client.readHead()).startsWith("HTTP/1.1 200");
    }
  }

  private Path file() throws Exception {
    Properties properties = new Properties();
    properties.putAll(settings);
    Path file = directory.resolve("my.properties");
    try (var writer = Files.newBufferedWriter(file)) {
      properties.store(writer, null);
    }
    return file;
  }

  @Test
  void contextParametersDo() throws Exception {
    tomcat.deploy("/llm", settings);
    assertServes("/llm");
  }

  @Test
  void aFileThatAContextParameterNamesDoes() throws Exception {
    tomcat.deploy("/llm", Map.of("tollgate.config", file().toString()));
    assertServes("/llm");
  }

  @Test
  void aFileThatASystemPropertyNamesDoes() throws Exception {
    System.setProperty("tollgate.config", file().toString());
    try {
      tomcat.deploy("/llm", Map.of());
    } finally {
      System.clearProperty("tollgate.config");
    }
    assertServes("/llm");
  }

  @Test
  void systemPropertiesComeBeforeContextParameters() throws Exception {
    System.setProperty("tollgate.upstream.url", settings.get("tollgate.upstream.url"));
    settings.put("tollgate.upstream.url", "http://127.0.0.1:1");
    try {
      tomcat.deploy("/llm", settings);
    } finally {
      System.clearProperty("tollgate.upstream.url");
    }
    assertServes("/llm");
  }

  @Test
  void itServesAtTheRoot() throws Exception {
    tomcat.deploy("", settings);
    assertServes("");
  }

  @Test
  void itServesBelowADeepContextPath() throws Exception {
    tomcat.deploy("/platform/llm", settings);
    assertServes("/platform/llm");
  }

  @Test
  void aRelativeDatabasePathStopsTheStart() {
    settings.put("tollgate.database.url", "jdbc:sqlite:tollgate.db");

    assertThat(tomcat.deploy("/llm", settings).getState()).isNotEqualTo(LifecycleState.STARTED);
  }
}
