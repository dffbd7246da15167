package dev.tollgate.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * A client that has only finished sending, and is taken for gone all the same, must not take what
 * it got for the whole (contract 4: never a clean end).
 */
@EnabledOnOs(OS.LINUX)
@Timeout(60)
class HalfClosedClientTest {
  private static final String BODY = "{\"stream\":true,\"model\":\"m\"}";
  @TempDir Path directory;

  private static String answer(RunningGateway gateway) throws Exception {
    try (RawClient client = new RawClient(gateway.port())) {
      client.send(gateway.chatHead("Content-Length: " + BODY.length()) + BODY);
      client.shutdownOutput();
      return client.readToEnd();
    }
  }

  @Test
  void aStreamThatIsGivenUpHasNoCleanEnd() throws Exception {
    try (ScriptedUpstream upstream = new ScriptedUpstream();
        RunningGateway gateway = RunningGateway.start(directory, upstream.baseUrl())) {
      upstream.script(
          (request, connection) -> {
            connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n");
            var unused = connection.closesWithin(30_000);
            connection.close();
          });

      String answer = answer(gateway);
      assertThat(answer).contains("data: 1\n\n");
      assertThat(answer).doesNotEndWith("\r\n0\r\n\r\n");
    }
  }

  @Test
  void aRequestThatIsGivenUpBeforeTheHeadersIsNotAnsweredAsDone() throws Exception {
    try (ScriptedUpstream upstream = new ScriptedUpstream();
        RunningGateway gateway = RunningGateway.start(directory, upstream.baseUrl())) {
      upstream.script(
          (request, connection) -> {
            var unused = connection.closesWithin(30_000);
            connection.close();
          });

      assertThat(answer(gateway)).doesNotStartWith("HTTP/1.1 200");
    }
  }
}
