package dev.tollgate.gateway.jetty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The server says whose connection it is, so that nobody has to have seen it before. */
@EnabledOnOs(OS.LINUX)
class GoneClientTest {
  private static final String BODY = "{\"stream\":true,\"model\":\"m\"}";

  @TempDir Path directory;

  @Test
  void aClientThatResetsAtOnceIsNoticedWhileTheUpstreamIsSilent() throws Exception {
    CompletableFuture<Void> closed = new CompletableFuture<>();
    try (ScriptedUpstream upstream = new ScriptedUpstream();
        RunningServer server = RunningServer.start(directory, upstream.baseUrl())) {
      upstream.script(
          (request, connection) -> {
            connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n");
            if (connection.closesWithin(20_000)) {
              closed.complete(null);
            }
            connection.close();
          });
      RawClient client = new RawClient(server.port());
      client.send(
          "POST "
              + RunningServer.CHAT
              + " HTTP/1.1\r\nHost: x\r\nX-API-Key: "
              + server.key()
              + "\r\nContent-Length: "
              + BODY.length()
              + "\r\n\r\n"
              + BODY);
      client.readUntil("data: 1\n\n");
      client.reset();

      assertThat(closed).succeedsWithin(Duration.ofSeconds(15));
    }
  }
}
