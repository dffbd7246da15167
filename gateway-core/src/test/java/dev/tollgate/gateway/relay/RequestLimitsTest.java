package dev.tollgate.gateway.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.Limit;
import dev.tollgate.gateway.account.Limits;
import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.ModelList;
import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.RatePolicy;
import dev.tollgate.gateway.account.SpendingCaps;
import dev.tollgate.gateway.account.UpstreamAccess;
import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.flavor.GatewayError.Kind;
import dev.tollgate.gateway.flavor.ModelAliases;
import dev.tollgate.gateway.ledger.HoldLimits;
import dev.tollgate.gateway.meter.RequestKind;
import dev.tollgate.gateway.meter.RequestSketch;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestLimitsTest {
  private static final Limits OPERATORS =
      Limits.NONE.with(Limit.RATE, RatePolicy.OFF).with(Limit.CONCURRENCY, 0);
  private static final Limits LISTED =
      Limits.NONE.with(
          Limit.MODELS,
          new ModelList(List.of("openai/gpt-4o-mini", "anthropic/*", "openrouter/auto")));

  private final RequestLimits limits = new RequestLimits(OPERATORS, ModelAliases.DEFAULTS);

  private static Project project(Limits own) {
    return new Project(
        "prj_1", "shop", true, Markup.NONE, own, UpstreamAccess.DEFAULT, Instant.EPOCH);
  }

  private static RequestSketch sketch(String body) {
    return RequestSketch.of(body.getBytes(UTF_8), RequestKind.CHAT, null);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"model\":\"openai/gpt-4o-mini\"}",
        "{\"model\":\"anthropic/claude-sonnet-4.6\"}",
        "{\"model\":\"anthropic/claude-sonnet-4.6:thinking\"}",
        "{\"model\":\"openrouter/auto\"}",
        "{\"models\":[\"openai/gpt-4o-mini\",\"anthropic/claude-haiku-4.5\"]}",
        "{\"model\":\"openai/gpt-4o-mini\",\"plugins\":[{\"id\":\"web-fetch\"}]}",
        "{\"model\":\"openai/gpt-4o-mini\",\"plugins\":[{\"id\":\"x\",\"model\":\"anthropic/a\"}]}",
        "{\"model\":\"openai/gpt-4o-mini\",\"tools\":[{\"type\":\"openrouter:web_search\"}]}",
        "{\"model\":\"openai/gpt-4o-mini\",\"tools\":[{\"type\":\"function\",\"function\":"
            + "{\"parameters\":{\"model\":\"not/asked\"}}}]}",
        "{\"model\":\"openai/gpt-4o-mini\",\"tools\":[{\"name\":\"f\",\"input_schema\":"
            + "{\"model\":\"not/asked\"}}]}",
        "{\"model\":\"openai/gpt-4o-mini\",\"preset\":null,\"metadata\":{\"model\":\"x\"}}"
      })
  void whatIsOnTheListMayBeAskedFor(String body) {
    assertThat(limits.refusal(project(LISTED), sketch(body))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '\'',
      delimiter = '|',
      value = {
        "'{\"model\":\"openai/gpt-4o\"}' | openai/gpt-4o",
        "'{\"model\":\"OpenAI/gpt-4o-mini\"}' | OpenAI/gpt-4o-mini",
        "'{\"model\":\"openai/gpt-4o-mini:online\"}' | openai/gpt-4o-mini:online",
        "'{\"model\":\" openai/gpt-4o-mini\"}' | ' openai/gpt-4o-mini'",
        "'{\"model\":\"anthropic/\"}' | anthropic/",
        "'{\"model\":\"anthropic\"}' | anthropic",
        "'{\"model\":\"openrouter/auto-beta\"}' | openrouter/auto-beta",
        "'{\"model\":\"@preset/mine\"}' | @preset/mine",
        "'{\"model\":\"openai/gpt-4o-mini\",\"model\":\"a/b\"}' | a/b",
        "'{\"model\":\"a/b\",\"model\":\"openai/gpt-4o-mini\"}' | a/b",
        "'{\"model\":\"openai/gpt-4o-mini\",\"mod\\u0065l\":\"a/b\"}' | a/b",
        "'{\"model\":\"openai/gpt-4o-mini\",\"models\":[\"anthropic/x\",\"a/b\"]}' | a/b",
        "'{\"model\":\"openai/gpt-4o-mini\",\"models\":[],\"models\":[\"a/b\"]}' | a/b",
        "'{\"model\":\"openai/gpt-4o-mini\",\"preset\":\"mine\"}' | preset mine",
        "'{\"model\":\"openai/gpt-4o-mini\",\"plugins\":[{\"id\":\"auto-router\"}]}' | auto-router",
        "'{\"model\":\"openai/gpt-4o-mini\",\"plugins\":[{\"id\":\"fusion\"}]}' | fusion",
        "'{\"model\":\"openai/gpt-4o-mini\",\"plugins\":[{\"id\":\"x\",\"model\":\"a/b\"}]}' | a/b",
        "'{\"model\":\"openai/gpt-4o-mini\",\"plugins\":[{\"id\":\"x\",\"o\":{\"allowed_models\":"
            + "[[\"a/b\"]]}}]}' | a/b",
        "'{\"model\":\"openai/gpt-4o-mini\",\"tools\":[{\"type\":\"openrouter:advisor\","
            + "\"parameters\":{\"model\":\"a/b\"}}]}' | a/b",
        "'{\"model\":\"openai/gpt-4o-mini\",\"tools\":[{\"parameters\":{\"model\":\"a/b\"},"
            + "\"type\":\"openrouter:advisor\"}]}' | a/b",
        "'{\"model\":\"openai/gpt-4o-mini\",\"model\u017f\":[\"a/b\"]}' | a/b",
        "'{\"model\":\"openai/gpt-4o-mini\",\"fallbac\u212as\":[\"a/b\"]}' | a/b",
        "'{\"model\":\"openai/gpt-4o-mini\",\"fallbacks\":[{\"model\":\"anthropic/x\","
            + "\"Model\":\"a/b\"}]}' | a/b",
        "'{\"model\":\"openai/gpt-4o-mini\",\"Preset\":\"mine\"}' | preset mine",
        "'{\"model\":\"openai/gpt-4o-mini\",\"plugin\u017f\":[{\"id\":\"auto-router\"}]}'"
            + " | auto-router",
        "'{\"model\":\"openai/gpt-4o-mini\",\"tools\":[{\"type\":\"openrouter:advisor\","
            + "\"parameters\":{\"Model\":\"a/b\"}}]}' | a/b",
        "'{\"MODEL\":\"openai/gpt-4o-mini\"}' | (none is named)",
        "'{\"model\u017f\":[\"openai/gpt-4o-mini\"]}' | (none is named)",
        "'{\"model\":7}' | (none is named)",
        "'{\"model\":\"openai/gpt-4o-mini\",\"models\":7}' | (none is named)",
        "'{\"messages\":[]}' | (none is named)",
        "'{\"model\":\"openai/gpt-4o-mini\"' | (the body cannot be read)",
        "'not json' | (the body cannot be read)"
      })
  void whatIsNotOnTheListIsRefusedByItsName(String body, String named) {
    Optional<GatewayError> refusal = limits.refusal(project(LISTED), sketch(body));

    assertThat(refusal.map(GatewayError::text))
        .contains("Model not allowed for this project: " + named);
    assertThat(refusal.map(GatewayError::kind)).contains(Kind.MODEL_NOT_ALLOWED);
  }

  @Test
  void anEncodedBodyNamesNothing() {
    RequestSketch encoded =
        RequestSketch.of(
            "{\"model\":\"openai/gpt-4o-mini\"}".getBytes(UTF_8), RequestKind.CHAT, "gzip");

    assertThat(limits.refusal(project(LISTED), encoded)).isNotEmpty();
  }

  @Test
  void withoutAListAnythingMayBeAskedFor() {
    assertThat(limits.refusal(project(Limits.NONE), sketch("not json"))).isEmpty();
  }

  @Test
  void byCreditFreeModelsMayBeAskedForTwentyTimesAMinute() {
    Project byCredit = project(Limits.NONE.with(Limit.RATE, RatePolicy.BY_CREDIT));
    RequestSketch free = sketch("{\"models\":[\"a/b\",\"a/c:free\"]}");
    for (int i = 0; i < 20; i++) {
      assertThat(limits.refusal(byCredit, free)).isEmpty();
    }

    assertThat(limits.refusal(byCredit, free).map(GatewayError::kind)).contains(Kind.RATE_LIMITED);
    assertThat(limits.refusal(byCredit, sketch("{\"model\":\"a/b\"}"))).isEmpty();
    assertThat(limits.refusal(project(Limits.NONE), free)).isEmpty();
  }

  @Test
  void theLedgerIsToldWhatToCount() {
    SpendingCaps projectCaps = new SpendingCaps(1L, null);
    SpendingCaps keyCaps = new SpendingCaps(null, 2L);
    Project project =
        project(
            Limits.of(projectCaps)
                .with(Limit.RATE, RatePolicy.BY_CREDIT)
                .with(Limit.CONCURRENCY, 3));
    ApiKey key =
        new ApiKey(
            "tg_1", "prj_1", Instant.EPOCH, null, null, ApiKey.Kind.INFERENCE, false, keyCaps);

    assertThat(limits.ofHold(new Principal(project, key), sketch("{\"model\":\"a/c:free\"}")))
        .isEqualTo(new HoldLimits(3, 200, projectCaps, keyCaps));
    assertThat(limits.ofHold(new Principal(project, key), sketch("{\"model\":\"a/c\"}")))
        .isEqualTo(new HoldLimits(3, 0, projectCaps, keyCaps));
  }

  @Test
  void aProjectsOwnLimitGoesBeforeTheOperators() {
    RequestLimits operators =
        new RequestLimits(
            Limits.NONE.with(Limit.RATE, RatePolicy.BY_CREDIT).with(Limit.CONCURRENCY, 9),
            ModelAliases.DEFAULTS);
    ApiKey key = ApiKey.none("prj_1");
    RequestSketch free = sketch("{\"model\":\"a/c:free\"}");

    assertThat(operators.ofHold(new Principal(project(Limits.NONE), key), free))
        .isEqualTo(new HoldLimits(9, 200, SpendingCaps.NONE, SpendingCaps.NONE));
    assertThat(
            operators.ofHold(
                new Principal(
                    project(
                        Limits.NONE.with(Limit.RATE, RatePolicy.OFF).with(Limit.CONCURRENCY, 0)),
                    key),
                free))
        .isEqualTo(HoldLimits.NONE);
  }

  /** OpenRouter's guide to presets: a model and a preset may be one name. */
  @Test
  void aPresetBehindAModelIsNoModelOfItsAuthor() {
    assertThat(
            limits.refusal(
                project(LISTED), sketch("{\"model\":\"anthropic/claude-haiku-4.5@preset/mine\"}")))
        .isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"model\":null,\"model\":\"a/c:free\"}",
        "{\"model\":\"a/c:free\",\"models\":[\"a/d:free\",null]}"
      })
  void freeModelsAreCountedHoweverTheyAreNamed(String body) {
    Project byCredit = project(Limits.NONE.with(Limit.RATE, RatePolicy.BY_CREDIT));
    for (int i = 0; i < 20; i++) {
      assertThat(limits.refusal(byCredit, sketch(body))).isEmpty();
    }

    assertThat(limits.refusal(byCredit, sketch(body))).isNotEmpty();
  }

  /**
   * OpenRouter's guides: images are made by openai/gpt-5-image, advisors are whom the model asks.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {"openrouter:image_generation", "openrouter:advisor", "openrouter:subagent"})
  void aToolThatAsksAModelOfTheUpstreamsChoiceIsNotOnTheList(String tool) {
    String body = "{\"model\":\"openai/gpt-4o-mini\",\"tools\":[{\"type\":\"" + tool + "\"}]}";
    assertThat(limits.refusal(project(LISTED), sketch(body))).isNotEmpty();
  }
}
