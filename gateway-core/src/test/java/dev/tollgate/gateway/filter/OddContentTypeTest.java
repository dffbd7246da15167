package dev.tollgate.gateway.filter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.testkit.LogCapture;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Content types that no server can make sense of. What the body is, is the upstream's to say. */
class OddContentTypeTest {
  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private RunningGateway gateway;

  @BeforeEach
  void start() throws Exception {
    gateway = RunningGateway.start(directory, upstream.baseUrl());
  }

  @AfterEach
  void stop() throws Exception {
    gateway.close();
    upstream.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a; charset=foo",
        "application/json; charset=\"",
        "application/json;charset=utf-8;charset=utf-99",
        "text/plain; charset=${jndi:x}",
        "multipart/form-data; boundary=",
        "application/x-www-form-urlencoded; charset=nothing",
        ";;;"
      })
  void whoHasNoKeyIsRefusedWithNothingInTheLogButTheAccessLine(String type) throws Exception {
    try (LogCapture log = new LogCapture();
        RawClient client = new RawClient(gateway.port())) {
      client.send(
          "POST /api/v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: "
              + type
              + "\r\nContent-Length: 3\r\n\r\na=b");
      assertThat(client.readHead()).startsWith("HTTP/1.1 401");
      log.awaitLine("outcome=refused", "status=401");
      // The gateway itself says at its start that it has no prices.
      assertThat(log.lines())
          .filteredOn(line -> !line.contains("prices"))
          .noneMatch(line -> line.contains("WARNING") || line.contains("SEVERE"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"a; charset=foo", "application/x-www-form-urlencoded; charset=nothing"})
  void whoHasAKeyIsRelayed(String type) throws Exception {
    try (RawClient client = new RawClient(gateway.port())) {
      client.send(gateway.chatHead("Content-Type: " + type, "Content-Length: 3") + "a=b");
      assertThat(client.readHead()).startsWith("HTTP/1.1 200");
      assertThat(upstream.take().values("Content-Type")).containsExactly(type);
    }
  }
}
