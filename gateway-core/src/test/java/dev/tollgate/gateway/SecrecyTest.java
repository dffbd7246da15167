package dev.tollgate.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.http.Header;
import dev.tollgate.gateway.testkit.LogCapture;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The upstream key comes out nowhere but upstream; the project's key goes in nowhere but here. */
class SecrecyTest {
  private static final String PROMPT = "a-prompt-nobody-else-may-read";

  @TempDir Path directory;

  @Test
  void neitherKeysNorPromptsComeOutInAnswersOrLogsHoweverARequestEnds() throws Exception {
    List<String> seen = new ArrayList<>();
    String key;
    try (LogCapture log = new LogCapture();
        ScriptedUpstream upstream = new ScriptedUpstream();
        RunningGateway gateway = RunningGateway.start(directory, upstream.baseUrl())) {
      key = gateway.key();
      List<ScriptedUpstream.Script> endings =
          List.of(
              (request, connection) -> connection.write(ScriptedUpstream.json(200, "{}")),
              (request, connection) -> connection.write(ScriptedUpstream.json(401, "{}")),
              (request, connection) -> connection.close(),
              (request, connection) -> connection.write("garbage\r\n\r\n").close(),
              (request, connection) ->
                  connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n").reset());
      for (ScriptedUpstream.Script ending : endings) {
        upstream.script(ending);
        for (String body : List.of("{\"content\":\"" + PROMPT + "\"}", "")) {
          try (RawClient client = new RawClient(gateway.port())) {
            client.send(
                gateway.chatHead("Connection: close", "Content-Length: " + body.length()) + body);
            seen.add(client.readToEnd());
          }
          var received = upstream.take();
          assertThat(received.values("Authorization"))
              .containsExactly("Bearer " + RunningGateway.UPSTREAM_KEY);
          assertThat(String.join("\n", received.headers()) + received.target()).doesNotContain(key);
        }
      }
      try (RawClient client = new RawClient(gateway.port())) {
        client.send(
            "POST /api/v1/chat/completions?project_name="
                + PROMPT
                + " HTTP/1.1\r\nHost: x\r\n"
                + "X-API-Key: "
                + key
                + "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        seen.add(client.readToEnd());
      }
      await().until(() -> gateway.gateway().awaitIdle(Duration.ZERO));
      log.awaitLine("project=shop key=" + gateway.keyId());
      seen.addAll(log.lines());
    }
    assertThat(seen)
        .isNotEmpty()
        .noneMatch(text -> text.contains(RunningGateway.UPSTREAM_KEY))
        .noneMatch(text -> text.contains(key))
        .noneMatch(text -> text.contains(PROMPT));
  }

  @Test
  void noSecretIsPrintedByAConfigurationOrAHeader() {
    GatewayConfig config =
        GatewayConfig.of(
            Map.of(
                "tollgate.upstream.key",
                RunningGateway.UPSTREAM_KEY,
                "tollgate.admin.token",
                "t".repeat(32),
                "tollgate.master.key",
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
    assertThat(config.toString() + new Header("Authorization", RunningGateway.UPSTREAM_KEY))
        .contains("***")
        .doesNotContain(RunningGateway.UPSTREAM_KEY)
        .doesNotContain("t".repeat(32))
        .doesNotContain("AAAAAAAA");
  }

  @Test
  void neitherAProjectsUpstreamKeyNorItsApiKeyIsReadableInTheDatabasesFiles() throws Exception {
    String upstreamKey = "sk-or-v1-the-projects-own-secret";
    String key;
    try (ScriptedUpstream upstream = new ScriptedUpstream();
        Gateway gateway = RunningGateway.build(directory, upstream.baseUrl(), Map.of())) {
      key =
          gateway
              .admin()
              .createProject("shop", dev.tollgate.gateway.ledger.Money.ZERO, Secret.of(upstreamKey))
              .key()
              .reveal();
      assertThat(filesHold(upstreamKey) || filesHold(key)).isFalse();
    }
    assertThat(filesHold(upstreamKey) || filesHold(key)).isFalse();
    assertThat(filesHold("shop")).isTrue();
  }

  private boolean filesHold(String text) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        if (new String(Files.readAllBytes(file), ISO_8859_1).contains(text)) {
          return true;
        }
      }
    }
    return false;
  }
}
