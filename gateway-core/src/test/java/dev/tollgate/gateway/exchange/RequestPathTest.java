package dev.tollgate.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestPathTest {
  private static final List<String> ALIASES = List.of("/v1", "/openai/v1");

  @ParameterizedTest
  @CsvSource({
    "/api/v1/models/x/gift%3Afree/endpoints, /api/v1/models/x/gift:free/endpoints",
    "/api/v1/%6Dodels, /api/v1/models",
    "/%61pi/v1/models, /api/v1/models",
    "/api/v1/model/acme/%7em1, /api/v1/model/acme/~m1",
    "/api/v1/model/acme/m%C3%A9, /api/v1/model/acme/m\u00e9",
    "/api/v1/model/acme/m%253Afree, /api/v1/model/acme/m%3Afree",
    "/api/v1/model/acme/%2E%2e, /api/v1/model/acme/..",
    "/api/v1/models/, /api/v1/models/",
    "//api/v1/models, //api/v1/models"
  })
  void eachSegmentIsDecodedOnce(String raw, String decoded) {
    assertThat(RequestPath.canonical(raw, List.of())).isEqualTo(decoded);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/api/v1%2Fmodels",
        "/api/v1/models%2f",
        "/api/v1/model/acme/%",
        "/api/v1/model/acme/%4",
        "/api/v1/model/acme/%zz",
        "/api/v1/model/acme/%+1",
        "/api/v1/model/acme/%FF",
        "/api/v1/model/acme/%C0%AF"
      })
  void anEncodedSlashAndABrokenEscapeMatchNothing(String raw) {
    assertThat(RequestPath.canonical(raw, List.of())).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/models, /api/v1/models",
    "/%761/models, /api/v1/models",
    "/openai/v1/chat/completions, /api/v1/chat/completions",
    "/v1, /api/v1",
    "/v12/models, /v12/models",
    "/api/v1/models, /api/v1/models",
    "/v1/v1/models, /api/v1/v1/models"
  })
  void anAliasStandsForTheRootOfTheRoutes(String raw, String canonical) {
    assertThat(RequestPath.canonical(raw, ALIASES)).isEqualTo(canonical);
  }
}
