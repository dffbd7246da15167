package dev.tollgate.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tollgate.gateway.testkit.LogCapture;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.SecretShapes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A trace goes through a running gateway, and its log says which one it was. */
class TraceTest {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String PARENT = "traceparent: 00-" + TRACE + "-00f067aa0ba902b7-01";
  private static final String STATE = "tracestate: rojo=00f067aa0ba902b7,congo=t61rcWkgMzE";
  private static final String BODY =
      "{\"content\":\"" + SecretShapes.PROMPT + "\",\"model\":\"m\"}";
  private static final String ANSWER =
      "{\"x\":\""
          + SecretShapes.COMPLETION
          + "\",\"usage\":{\"cost\":0.0000123,\"prompt_tokens\":7,\"completion_tokens\":3}}";

  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();

  @AfterEach
  void close() throws Exception {
    upstream.close();
  }

  /** The access log's line of a chat with these headers. */
  private String lineOf(Map<String, String> settings, String... headers) throws Exception {
    upstream.script((request, connection) -> connection.write(ScriptedUpstream.json(200, ANSWER)));
    try (RunningGateway gateway =
            RunningGateway.start(directory, upstream.baseUrl(), settings, 30_000);
        LogCapture log = new LogCapture()) {
      try (RawClient client = new RawClient(gateway.port())) {
        String[] all = new String[headers.length + 2];
        System.arraycopy(headers, 0, all, 0, headers.length);
        all[headers.length] = "Connection: close";
        all[headers.length + 1] = "Content-Length: " + BODY.length();
        client.send(gateway.chatHead(all) + BODY);
        client.readToEnd();
      }
      await().until(() -> gateway.gateway().awaitIdle(Duration.ZERO));
      await().until(() -> log.lines().stream().anyMatch(TraceTest::isOfAChat));
      assertThat(log.lines())
          .noneMatch(line -> line.contains(SecretShapes.PROMPT))
          .noneMatch(line -> line.contains(SecretShapes.COMPLETION));
      return log.lines().stream().filter(TraceTest::isOfAChat).findFirst().orElseThrow();
    }
  }

  private static boolean isOfAChat(String line) {
    return line.contains("/api/v1/chat/completions") && line.contains("complete");
  }

  @Test
  void aTraceIsPassedOnAndStandsInTheLine() throws Exception {
    String line = lineOf(Map.of(), PARENT, STATE);

    assertThat(upstream.take().headers()).contains(PARENT, STATE);
    assertThat(line).contains(" cost=0.0000123 charge=0.0000123 ").contains(" trace=" + TRACE);
  }

  @Test
  void whatIsNoTraceIsPassedOnAndNotLogged() throws Exception {
    String line = lineOf(Map.of(), "traceparent: 00-aa-bb-01");

    assertThat(upstream.take().headers()).contains("traceparent: 00-aa-bb-01");
    assertThat(line).doesNotContain("trace=").doesNotContain("00-aa-bb");
  }

  @Test
  void aLineMayBeOneObjectOfJson() throws Exception {
    String line = lineOf(Map.of("tollgate.log.format", "json"), PARENT);

    // What is before it is the logging back end's.
    JsonNode json = new ObjectMapper().readTree(line.substring(line.indexOf('{')));
    assertThat(json.get("trace_id").textValue()).isEqualTo(TRACE);
    assertThat(json.get("request_id").textValue()).startsWith("req_");
    assertThat(json.get("project").textValue()).isEqualTo(RunningGateway.PROJECT);
    assertThat(json.get("route").textValue()).isEqualTo("/api/v1/chat/completions");
    assertThat(json.get("status").intValue()).isEqualTo(200);
    assertThat(json.get("outcome").textValue()).isEqualTo("complete");
    assertThat(json.get("model").textValue()).isEqualTo("m");
    assertThat(json.get("prompt_tokens").intValue()).isEqualTo(7);
    assertThat(json.get("charge").textValue()).isEqualTo("0.0000123");
    assertThat(json.get("bytes_in").intValue()).isEqualTo(BODY.length());
    assertThat(json.get("bytes_out").intValue()).isEqualTo(ANSWER.length());
    for (String known : List.of("key", "client", "ttfb_ms", "ms", "cost", "settlement")) {
      assertThat(json.get(known).isNull()).as(known).isFalse();
    }
  }
}
