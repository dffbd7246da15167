package dev.tollgate.gateway.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.SharedGateway;
import dev.tollgate.gateway.testkit.Tenant;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a chat of Pinata's callers on its way. */
class PinataTest extends SharedGateway {
  private static final String CHAT = "/v0/llm/chat/completions";

  private HttpResponse<String> chat(String body, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(tenant.uri(CHAT))
            .header("Authorization", "Bearer " + tenant.key())
            .POST(BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return HTTP.send(request.build(), BodyHandlers.ofString());
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '\'',
      delimiter = '|',
      value = {
        "'{\"model\":\"a/b\",\"max_tokens\":7}' | '{\"model\":\"a/b\",\"max_tokens\":7}'",
        "'{ \"model\":\"a/b\"}' | '{\"max_tokens\":4096, \"model\":\"a/b\"}'",
        "'{\"model\":\"openai/gpt-5-mini\",\"max_tokens\":7}'"
            + " | '{\"model\":\"openai/gpt-5-mini\",\"max_completion_tokens\":7}'",
        "'{\"model\":\"anthropic/claude-sonnet-4-6\",\"max_tokens\":7}'"
            + " | '{\"model\":\"anthropic/claude-sonnet-4.6\",\"max_tokens\":7}'",
        "'{\"stream\":true,\"max_tokens\":7}' | '{\"stream\":true,\"max_tokens\":7}'"
      })
  void theBodyThatIsSentHasItsEdits(String body, String sent) throws Exception {
    assertThat(chat(body).statusCode()).isEqualTo(200);

    assertThat(new String(upstream.take().body(), UTF_8)).isEqualTo(sent);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "not json", "[]", "null", "{\"model\":\"a\"", "{}{}", "\u0000"})
  void whatIsNoJsonObjectIsRefused(String body) throws Exception {
    HttpResponse<String> answer = chat(body);

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body())
        .isEqualTo(
            "{\"error\":{\"message\":\"Malformed request: body\","
                + "\"type\":\"invalid_request_error\",\"param\":null,"
                + "\"code\":\"malformed_request\"}}");
    assertThat(upstream.waiting()).isZero();
    assertThat(gateway.admin().unsettled(tenant.project(), 10)).isEmpty();
  }

  @Test
  void anEncodedBodyIsRefused() throws Exception {
    HttpResponse<String> answer = chat("{}", "Content-Encoding", "gzip");

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).contains("\"Malformed request: body (it is encoded)\"");
    assertThat(upstream.waiting()).isZero();
    assertThat(chat("{}", "Content-Encoding", "identity").statusCode()).isEqualTo(200);
  }

  @Test
  void theSameBodyOnAnotherRouteIsNotTouched() throws Exception {
    HTTP.send(
        tenant.request(tenant.chat()).POST(BodyPublishers.ofString("{ }")).build(),
        BodyHandlers.ofString());

    assertThat(new String(upstream.take().body(), UTF_8)).isEqualTo("{ }");
  }

  private static RunningGateway generic(Path directory, boolean asks) throws Exception {
    Path prices =
        Files.writeString(
            directory.resolve("prices.json"),
            "[{\"model_id\":\"m\",\"input_usd_per_1m_tokens\":1,\"output_usd_per_1m_tokens\":1}]");
    return RunningGateway.start(
        directory,
        upstream.baseUrl(),
        Map.of(
            "tollgate.upstream.profile",
            "generic",
            "tollgate.prices.file",
            prices.toString(),
            "tollgate.relay.ask-for-usage",
            String.valueOf(asks)),
        30_000);
  }

  private String sent(String path, String body, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(tenant.uri(path))
            .header("Authorization", "Bearer " + tenant.key())
            .POST(BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    assertThat(HTTP.send(request.build(), BodyHandlers.ofString()).statusCode()).isEqualTo(200);
    return new String(upstream.take().body(), UTF_8);
  }

  @Test
  void aGenericUpstreamIsAskedForTheUsageOfAnyChatOrCompletion(@TempDir Path directory)
      throws Exception {
    String stream = "{ \"model\" :\"m\", \"stream\":true, \"max_tokens\":1.0e1}";
    String asked = stream.replace("{ ", "{\"stream_options\":{\"include_usage\":true}, ");
    try (RunningGateway generic = generic(directory, true)) {
      tenant = Tenant.of(generic, "5");
      assertThat(sent("/api/v1/chat/completions", stream)).isEqualTo(asked);
      assertThat(sent("/api/v1/completions", stream)).isEqualTo(asked);
      for (String other : new String[] {"responses", "messages", "embeddings"}) {
        assertThat(sent("/api/v1/" + other, stream)).isEqualTo(stream);
      }
      for (String body : new String[] {"", "no JSON", "{\"stream\":true,\"stream_options\":7}"}) {
        assertThat(sent("/api/v1/chat/completions", body)).isEqualTo(body);
      }
      assertThat(sent("/api/v1/chat/completions", stream, "Content-Encoding", "gzip"))
          .isEqualTo(stream);
    }
  }

  @Test
  void noUpstreamIsAskedWhereThatIsSwitchedOff(@TempDir Path directory) throws Exception {
    String stream = "{\"model\":\"m\",\"stream\":true,\"max_tokens\":1}";
    assertThat(sent("/api/v1/chat/completions", stream)).as("OpenRouter").isEqualTo(stream);
    try (RunningGateway generic = generic(directory, false)) {
      tenant = Tenant.of(generic, "5");
      assertThat(sent("/api/v1/chat/completions", stream)).isEqualTo(stream);
      assertThat(sent(CHAT, stream)).isEqualTo(stream);
    }
  }

  @Test
  void aGenericUpstreamIsAskedForTheUsageOfAStream(@TempDir Path directory) throws Exception {
    try (RunningGateway generic = generic(directory, true)) {
      tenant = Tenant.of(generic, "5");
      chat("{\"model\":\"anthropic/claude-sonnet-4-6\",\"stream\":true,\"max_tokens\":7}");

      assertThat(new String(upstream.take().body(), UTF_8))
          .isEqualTo(
              "{\"stream_options\":{\"include_usage\":true},"
                  + "\"model\":\"anthropic/claude-sonnet-4-6\",\"stream\":true,\"max_tokens\":7}");
    }
  }
}
