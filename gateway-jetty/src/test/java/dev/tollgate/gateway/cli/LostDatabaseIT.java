package dev.tollgate.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.cli.Jar.Result;
import dev.tollgate.gateway.cli.Jar.Started;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The SQLite file is deleted under a running server. */
@Timeout(120)
class LostDatabaseIT {
  @TempDir Path directory;

  private Path file() {
    return directory.resolve("tollgate.db");
  }

  private Deployment site(ScriptedUpstream upstream) throws Exception {
    return new Deployment(directory, "jdbc:sqlite:" + file(), upstream.baseUrl());
  }

  private static String ready(Started server) throws Exception {
    try (RawClient client = new RawClient(server.port())) {
      client.send("GET /health/ready HTTP/1.1\r\nHost: x\r\n\r\n");
      String head = client.readHead();
      return head.substring(9, 12) + " " + client.readBody(head);
    }
  }

  private static String call(Started server, String key) throws Exception {
    try (RawClient client = new RawClient(server.port())) {
      client.send(
          "POST /api/v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
              + key
              + "\r\nContent-Length: 2\r\n\r\n{}");
      return client.readHead().substring(9, 12);
    }
  }

  @Test
  void nothingIsServedAnyMoreAndTheNextStartAsksWhetherThatIsMeant() throws Exception {
    try (ScriptedUpstream upstream = new ScriptedUpstream()) {
      upstream.script(
          (request, connection) ->
              connection.write(ScriptedUpstream.json(200, "{\"usage\":{\"cost\":0.000001}}")));
      Deployment site = site(upstream);
      try (Started server = site.serve()) {
        assertThat(call(server, site.key())).isEqualTo("200");

        Files.delete(file());

        Awaitility.await()
            .atMost(Duration.ofSeconds(5))
            .until(() -> ready(server).startsWith("503 store unavailable"));
        assertThat(call(server, site.key())).isEqualTo("503");
        assertThat(Files.readAllLines(server.err()))
            .filteredOn(line -> line.contains(":ERROR:"))
            .singleElement()
            .asString()
            .contains("the database " + file() + " was deleted or replaced while it was in use");
        assertThat(server.terminate()).isZero();
      }

      Result again = site.jar().run("serve");
      assertThat(again.exit()).isEqualTo(2);
      assertThat(again.err())
          .contains("tollgate: database " + file() + " is missing, but ")
          .contains("serve --new-database");
      assertThat(file()).doesNotExist();

      try (Started server = site.jar().start("Tollgate is listening", "serve", "--new-database")) {
        assertThat(ready(server)).startsWith("200 ok");
        assertThat(call(server, site.key())).isEqualTo("401");
        assertThat(server.terminate()).isZero();
      }
    }
  }
}
