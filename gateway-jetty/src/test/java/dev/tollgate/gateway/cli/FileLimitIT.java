package dev.tollgate.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.cli.Jar.Started;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process that may open fewer files than the settings have connections. */
@Timeout(180)
class FileLimitIT {
  private static final int LIMIT = 300;
  private static final int BOUND = 134;

  @TempDir Path directory;

  @Test
  void connectionsAreBoundedSoThatTheProcessKeepsFilesForTheRest() throws Exception {
    List<RawClient> idle = new ArrayList<>();
    try (ScriptedUpstream upstream = new ScriptedUpstream()) {
      Deployment site = Deployment.onSqlite(directory, upstream.baseUrl());
      site.jar().withFileLimit(LIMIT);
      try (Started server = site.serve()) {
        assertThat(Files.readString(server.err()))
            .contains(
                "this process may open 300 files, too few for tollgate.http.max-connections 20000"
                    + " and tollgate.upstream.max-connections 10000: there will be at most 134 and"
                    + " 66; see ulimit -n");
        for (int i = 0; i < 2 * LIMIT; i++) {
          idle.add(new RawClient(server.port()));
        }
        for (RawClient client : idle.subList(0, BOUND / 2)) {
          client.send(
              "GET /api/v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                  + site.key()
                  + "\r\n\r\n");
          assertThat(client.readHead()).startsWith("HTTP/1.1 200");
        }
        assertThat(Files.readString(server.err())).doesNotContain("Too many open files");
        assertThat(server.terminate()).isZero();
      }
    } finally {
      for (RawClient client : idle) {
        client.close();
      }
    }
  }
}
