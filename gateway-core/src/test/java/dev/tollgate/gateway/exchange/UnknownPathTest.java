package dev.tollgate.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnknownPathTest {
  @ParameterizedTest
  @CsvSource({
    "/api/v1/chat/completion, /api/v1/chat/completions",
    "/api/v1/chat/completions/, /api/v1/chat/completions",
    "/api/v1/chat, /api/v1/chat/completions",
    "/chat/completions, /api/v1/chat/completions",
    "/v1/chat/completions, /api/v1/chat/completions",
    "/api/chat/completions, /api/v1/chat/completions",
    "/api/v1/v1/chat/completions, /api/v1/chat/completions",
    "/v0/chat/completions, /v0/llm/chat/completions",
    "/llm/chat/completions, /v0/llm/chat/completions",
    "/API/v1/Models, /api/v1/models",
    "//api/v1//models, /api/v1/models",
    "/message, /api/v1/messages",
    "/api/v1/response, /api/v1/responses",
    "/api/v1/embedding, /api/v1/embeddings",
    "/api/v1/kay, /api/v1/key",
    "/api/v1/activty, /api/v1/activity",
    "/api/v1/modell/acme/m1, /api/v1/model/{author}/{slug}",
    "/api/v1/models/acme/m1/endpoint, /api/v1/models/{author}/{slug}/endpoints",
    "/v0/llm/enabled, /v0/llm/enable",
    "/v0/credits, /api/v1/credits"
  })
  void aNearRouteIsNamed(String path, String route) {
    assertThat(UnknownPath.near(path)).contains(route);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "/api/v1",
        "/api/v1/",
        "/v1/audio/speech",
        "/api/v1/messages/count_tokens",
        "/api/v1/models/user",
        "/favicon.ico",
        "/admin/v1/projects",
        "/wp-login.php"
      })
  void noRouteIsNamedWhereNoneIsNear(String path) {
    assertThat(UnknownPath.near(path)).isEmpty();
  }

  @Test
  void aLongPathIsNotCompared() {
    assertThat(UnknownPath.near("/api/v1/chat/completions/" + "x".repeat(10_000))).isEmpty();
  }

  @Test
  void theTextIsOneBoundedLineOfPrintableAscii() {
    String text =
        UnknownPath.error("M".repeat(50), "/a\n\u00e9\u0000" + "x".repeat(300), null).text();

    assertThat(text)
        .isEqualTo("Not found: " + "M".repeat(20) + "... /a???" + "x".repeat(195) + "...");
  }

  @Test
  void theTextNamesTheHint() {
    assertThat(UnknownPath.error("POST", "/chat", "/api/v1/chat/completions").text())
        .isEqualTo("Not found: POST /chat (did you mean /api/v1/chat/completions?)");
  }
}
