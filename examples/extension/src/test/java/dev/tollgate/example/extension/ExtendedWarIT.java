package dev.tollgate.example.extension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.Administration;
import dev.tollgate.gateway.account.KeyMint.Minted;
import dev.tollgate.gateway.jdbc.DatabaseOptions;
import dev.tollgate.gateway.jdbc.JdbcStores;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import javax.management.InstanceNotFoundException;
import javax.management.ObjectName;
import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged WAR with the packaged extension, in a Tomcat. */
class ExtendedWarIT {
  private static final Path WAR = Path.of("../../gateway-war/target/gateway.war");
  private static final Path JAR = Path.of("target/extension.jar");

  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private final Tomcat tomcat = new Tomcat();
  private Path charges;
  private Minted key;

  @BeforeEach
  void prepare() {
    upstream.script(
        (request, connection) ->
            connection.write(ScriptedUpstream.json(200, "{\"usage\":{\"cost\":0.25}}")));
    charges = directory.resolve("charges.csv");
    System.setProperty("charges.file", charges.toString());
    DatabaseOptions database = new DatabaseOptions(directory.resolve("tollgate.db"));
    try (JdbcStores stores = JdbcStores.open(database, null)) {
      key =
          Administration.of(stores, InstantSource.system())
              .createProject("shop", Money.parse("1"), null);
    }
  }

  @AfterEach
  void stop() throws Exception {
    System.clearProperty("charges.file");
    tomcat.stop();
    tomcat.destroy();
    upstream.close();
    assertThat(upstream.failures()).isEmpty();
  }

  private void deploy(Path webApplication, Map<String, String> parameters) throws Exception {
    tomcat.setBaseDir(directory.resolve("tomcat").toString());
    tomcat.setPort(0);
    tomcat.setHostname("127.0.0.1");
    tomcat.getHost().setAppBase(directory.toString());
    Context context = tomcat.addWebapp("/llm", webApplication.toAbsolutePath().toString());
    context.addParameter(
        "tollgate.database.url", "jdbc:sqlite:" + directory.resolve("tollgate.db"));
    context.addParameter("tollgate.upstream.url", upstream.baseUrl().toString());
    context.addParameter("tollgate.upstream.key", "sk-or-v1-operator");
    parameters.forEach(context::addParameter);
    tomcat.start();
  }

  private String chat() throws Exception {
    try (RawClient client = new RawClient(tomcat.getConnector().getLocalPort())) {
      return client
          .send(
              "POST /llm/api/v1/chat/completions?project_name=shop HTTP/1.1\r\nHost: x\r\n"
                  + "Connection: close\r\nContent-Length: 2\r\nX-API-Key: "
                  + key.key().reveal()
                  + "\r\n\r\n{}")
          .readToEnd();
    }
  }

  private static Object ended() throws Exception {
    return ManagementFactory.getPlatformMBeanServer()
        .getAttribute(new ObjectName("dev.tollgate.example:type=Requests"), "Ended");
  }

  /** Closing waits for the file; and with the gateway all of the extension has to go. */
  private void assertExtendsTheGateway() throws Exception {
    assertThat(ended()).isEqualTo(0L);
    assertThat(chat()).startsWith("HTTP/1.1 200");
    assertThat(chat()).startsWith("HTTP/1.1 200");

    tomcat.stop();

    List<String> lines = Files.readAllLines(charges);
    assertThat(lines).hasSize(2).allMatch(line -> line.matches("req_[0-9a-f]{32},0\\.250*"));
    assertThatThrownBy(ExtendedWarIT::ended).isInstanceOf(InstanceNotFoundException.class);
  }

  @Test
  void theWarTakesItFromAFolder() throws Exception {
    Path folder = Files.createDirectory(directory.resolve("extensions"));
    Files.copy(JAR, folder.resolve("extension.jar"));

    deploy(WAR, Map.of("tollgate.extensions", folder.toString()));

    assertExtendsTheGateway();
  }

  @Test
  void theWarTakesItFromItsOwnLibraries() throws Exception {
    Path exploded = directory.resolve("exploded");
    unzip(WAR, exploded);
    Files.copy(JAR, exploded.resolve("WEB-INF/lib/extension.jar"));

    deploy(exploded, Map.of());

    assertExtendsTheGateway();
  }

  @Test
  void withoutItTheWarIsAsEver() throws Exception {
    deploy(WAR, Map.of());

    assertThat(chat()).startsWith("HTTP/1.1 200");
    assertThatThrownBy(ExtendedWarIT::ended).isInstanceOf(InstanceNotFoundException.class);
    assertThat(charges).doesNotExist();
  }

  private static void unzip(Path zip, Path into) throws IOException {
    try (ZipFile file = new ZipFile(zip.toFile())) {
      for (ZipEntry entry : Collections.list(file.entries())) {
        Path path = into.resolve(entry.getName());
        if (entry.isDirectory()) {
          Files.createDirectories(path);
        } else {
          Files.createDirectories(path.getParent());
          try (InputStream in = file.getInputStream(entry)) {
            Files.copy(in, path);
          }
        }
      }
    }
  }
}
