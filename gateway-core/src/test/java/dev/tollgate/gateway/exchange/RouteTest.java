package dev.tollgate.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.exchange.Route.Match;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RouteTest {
  private static Route found(String method, String path) {
    return ((Match.Found) Route.find(method, path)).route();
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /api/v1/models, /models",
    "GET, /api/v1/models/count, /models/count",
    "GET, /api/v1/models/openai/gpt-4o-mini/endpoints, /models/openai/gpt-4o-mini/endpoints",
    "GET, /api/v1/model/acme/m1:free, /model/acme/m1:free",
    "GET, /api/v1/model/acme/~m_1.5, /model/acme/~m_1.5",
    "GET, /api/v1/model/.../..., /model/.../...",
    "GET, /api/v1/embeddings/models, /embeddings/models",
    "GET, /api/v1/providers, /providers",
    "GET, /api/v1/generation, /generation",
    "POST, /api/v1/chat/completions, /chat/completions",
    "POST, /api/v1/completions, /completions",
    "POST, /api/v1/responses, /responses",
    "POST, /api/v1/messages, /messages",
    "POST, /api/v1/embeddings, /embeddings",
    "POST, /v0/llm/chat/completions, /chat/completions",
    "HEAD, /api/v1/models, /models"
  })
  void aRouteLeadsToItsPlaceUpstream(String method, String path, String upstream) {
    assertThat(found(method, path).upstreamPath()).isEqualTo(upstream);
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /api/v1/key",
    "GET, /api/v1/auth/key",
    "GET, /api/v1/credits",
    "GET, /api/v1/activity",
    "GET, /api/v1/keys",
    "POST, /api/v1/keys",
    "GET, /api/v1/keys/a1b2c3d4",
    "PATCH, /api/v1/keys/a1b2c3d4",
    "DELETE, /api/v1/keys/a1b2c3d4",
    "GET, /api/v1/openapi.json",
    "GET, /v0/llm/models",
    "POST, /v0/llm/enable",
    "GET, /v0/llm/status",
    "DELETE, /v0/llm/disable",
    "GET, /v0/credits/balance"
  })
  void whatTheGatewayAnswersLeadsNowhereUpstream(String method, String path) {
    assertThat(found(method, path).relayed()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "/api/v1",
        "/api/v1/",
        "/api/v1/models/",
        "//api/v1/models",
        "/api/v1//models",
        "/API/v1/models",
        "/api/v1/Models",
        "/api/v1/models;x=1",
        "/api/v1/models%2F",
        "/api/v1/%6Dodels",
        "/api/v1/models/user",
        "/api/v1/models/acme/m1",
        "/api/v1/models/acme/m1/endpoints/",
        "/api/v1/models//m1/endpoints",
        "/api/v1/models/../m1/endpoints",
        "/api/v1/models/acme/./endpoints",
        "/api/v1/models/acme/%2e%2e/endpoints",
        "/api/v1/models/acme%2Fm1/x/endpoints",
        "/api/v1/models/acme/m1;v=1/endpoints",
        "/api/v1/models/{author}/{slug}/endpoints",
        "/api/v1/model/{author}/{slug}",
        "/api/v1/model/acme",
        "/api/v1/model/acme/m1/more",
        "/api/v1/model/acme/m 1",
        "/api/v1/model/acme/m\u00e91",
        "/api/v1/keys/",
        "/api/v1/keys/a/b",
        "/api/v1/keys/{hash}",
        "/api/v1/presets/x/chat/completions",
        "/v0/chat/completions",
        "/v0/llm/messages",
        "/v0/credits"
      })
  void whatIsNotOneOfThemToTheLetterIsUnknown(String path) {
    assertThat(Route.find("GET", path)).isInstanceOf(Match.Unknown.class);
    assertThat(Route.find("POST", path)).isInstanceOf(Match.Unknown.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "POST | /api/v1/models | GET, HEAD, OPTIONS | true",
        "PUT | /api/v1/model/acme/m1 | GET, HEAD, OPTIONS | true",
        "GET | /api/v1/messages | POST, OPTIONS | true",
        "GET | /v0/llm/enable | POST, OPTIONS | false",
        "POST | /v0/llm/disable | DELETE, OPTIONS | false",
        "HEAD | /v0/llm/disable | DELETE, OPTIONS | false",
        "get | /api/v1/models | GET, HEAD, OPTIONS | true"
      })
  void anotherMethodIsToldWhichThereAre(String method, String path, String allow, boolean relayed) {
    assertThat(Route.find(method, path)).isEqualTo(new Match.OtherMethod(allow, false, relayed));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/api/v1/models/acme/m1/endpoints", "/api/v1/models/x/y/endpoints"})
  void aLogLineNamesThePatternAndNotThePath(String path) {
    assertThat(found("GET", path).path()).isEqualTo("/api/v1/models/{author}/{slug}/endpoints");
  }
}
