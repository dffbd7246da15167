package dev.tollgate.gateway.meter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.ledger.Flag;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Tokens;
import java.math.BigDecimal;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UsageTest {
  private static final BigDecimal CAP = BigDecimal.valueOf(100);

  private static Usage usage(String json) {
    return Usage.of(json.getBytes(UTF_8), CAP);
  }

  private static Cost cost(String literal) {
    return usage("{\"prompt_tokens\":1,\"cost\":" + literal + "}").cost();
  }

  private static Cost.Known known(Cost cost) {
    assertThat(cost).isInstanceOf(Cost.Known.class);
    return (Cost.Known) cost;
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "-0, 0",
    "-0.0, 0",
    "0e999999999, 0",
    "0.00, 0",
    "1.2e-7, 120",
    "9.9E-7, 990",
    "0.0000061380, 6138",
    "0.12345678901234567, 123456790",
    "1E+2, 100000000000",
    "100.000, 100000000000",
    "1e0, 1000000000",
    "1e-9, 1",
    "1.0000000001e-9, 2",
    "1e-30, 1",
    "1e-31, 1",
    "1e-999999999, 1",
    "1e-99999999999999999999, 1",
    "0.5e-00000000000000000000000000001, 50000000"
  })
  void aCostIsReadExactlyAndItsLiteralKept(String literal, long nanos) {
    Cost.Known known = known(cost(literal));
    assertThat(Money.ceiling(known.dollars()).nanos()).isEqualTo(nanos);
    assertThat(known.literal()).isEqualTo(literal);
  }

  @ParameterizedTest
  @CsvSource({
    "-1, NEGATIVE_COST",
    "-1e-7, NEGATIVE_COST",
    "-1e-999999999, NEGATIVE_COST",
    "-1e999999999, NEGATIVE_COST",
    "NaN, NOT_FINITE_COST",
    "Infinity, NOT_FINITE_COST",
    "-Infinity, NOT_FINITE_COST",
    "100.000000001, ABSURD_COST",
    "1e3, ABSURD_COST",
    "1e999999999, ABSURD_COST",
    "1e99999999999999999999, ABSURD_COST"
  })
  void aCostThatMustNotBeChargedIsFlaggedAndItsLiteralKept(String literal, Flag flag) {
    assertThat(cost(literal)).isEqualTo(new Cost.Invalid(flag, literal));
  }

  @Test
  @Timeout(10)
  void aNumberOfVeryManyDigitsIsAbsurdAndItsLiteralCut() {
    Cost cost = cost("1" + "0".repeat(60_000));
    assertThat(cost).isInstanceOf(Cost.Invalid.class);
    assertThat(((Cost.Invalid) cost).flag()).isEqualTo(Flag.ABSURD_COST);
    assertThat(cost.literal()).hasSize(Cost.LITERAL_CHARACTERS);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '\'',
      value = {
        "'\"0.01\"', 0.01",
        "'\"\"', '\"\"'",
        "true, true",
        "'{\"usd\":1}', '{'",
        "'[1]', '['"
      })
  void aCostThatIsNoNumberIsMissingAndUnreadable(String json, String literal) {
    Cost cost = cost(json);
    assertThat(cost).isEqualTo(new Cost.Missing(literal));
    assertThat(((Cost.Missing) cost).isUnreadable()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{\"cost\":null}", "{\"cost_details\":{\"cost\":1}}"})
  void aCostThatIsAbsentOrNullIsMissing(String json) {
    Cost cost = usage(json).cost();
    assertThat(cost).isEqualTo(Cost.none());
    assertThat(((Cost.Missing) cost).isUnreadable()).isFalse();
  }

  @Test
  void aLiteralIsFitToBeStored() {
    assertThat(cost("\"a\\u0000\\n\\ud800b\"").literal()).isEqualTo("a\uFFFD\uFFFD\uFFFDb");
    assertThat(cost("\"" + "x".repeat(500) + "\"").literal()).hasSize(Cost.LITERAL_CHARACTERS);
  }

  @Test
  void ofTwoCostsTheLastCounts() {
    assertThat(usage("{\"cost\":1,\"cost\":2}").cost().literal()).isEqualTo("2");
  }

  @Test
  void withAKeyOfTheCustomersOwnTheUpstreamCostIsAdded() {
    Cost.Known cost =
        known(
            usage(
                    "{\"cost\":0.001,\"is_byok\":true,"
                        + "\"cost_details\":{\"upstream_inference_cost\":2e-2}}")
                .cost());
    assertThat(cost.dollars()).isEqualByComparingTo("0.021");
    assertThat(cost.literal()).isEqualTo("0.001+2e-2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"false", "null", "\"true\"", "1"})
  void withoutOneTheUpstreamCostIsNeverAdded(String byok) {
    String json =
        "{\"cost\":0.001,\"is_byok\":%s,\"cost_details\":{\"upstream_inference_cost\":0.002}}";
    Usage usage = usage(json.formatted(byok));
    assertThat(usage.cost()).isEqualTo(new Cost.Known(new BigDecimal("0.001"), "0.001"));
    assertThat(usage.byok()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"null", "\"0.1\"", "{}"})
  void anUpstreamCostThatIsNoNumberAddsNothing(String upstream) {
    String json =
        "{\"cost\":0.001,\"is_byok\":true,\"cost_details\":{\"upstream_inference_cost\":%s}}";
    assertThat(usage(json.formatted(upstream)).cost().literal()).isEqualTo("0.001");
  }

  @ParameterizedTest
  @CsvSource({"-1, NEGATIVE_COST", "NaN, NOT_FINITE_COST", "100, ABSURD_COST"})
  void anUpstreamCostThatMustNotBeChargedFlagsTheWhole(String upstream, Flag flag) {
    String json =
        "{\"cost\":0.001,\"is_byok\":true,\"cost_details\":{\"upstream_inference_cost\":%s}}";
    assertThat(usage(json.formatted(upstream)).cost())
        .isEqualTo(new Cost.Invalid(flag, "0.001+" + upstream));
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '\'',
      value = {
        "'{\"prompt_tokens\":1,\"completion_tokens\":2}', 1, 2",
        "'{\"input_tokens\":3,\"output_tokens\":4}', 3, 4",
        "'{\"input_tokens\":3,\"prompt_tokens\":1}', 1, -1",
        "'{\"prompt_tokens\":-5,\"completion_tokens\":1.5}', -1, -1",
        "'{\"prompt_tokens\":\"1\",\"completion_tokens\":99999999999999999999}', -1, -1",
        "'{}', -1, -1"
      })
  void tokensAreReadByEitherName(String json, long prompt, long completion) {
    assertThat(usage(json).tokens()).isEqualTo(new Tokens(prompt, completion));
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"cost\":1", "{\"cost\":01}", "{\"cost\":+-1}", "7", "{\"cost\":1e}"})
  void whatIsNoJsonObjectIsUnreadable(String json) {
    assertThat(usage(json)).isEqualTo(new Usage(new Cost.Missing(json), Tokens.NONE, false));
  }

  @Test
  void aGenerationIsReadWithItsModel() {
    String json =
        "{\"data\":{\"id\":\"gen-1\",\"model\":\"acme/m1\",\"total_cost\":1.2e-7,\"usage\":9,"
            + "\"upstream_inference_cost\":5,\"is_byok\":false,\"provider_responses\":[{\"a\":1}],"
            + "\"tokens_prompt\":1,\"native_tokens_prompt\":2,\"tokens_completion\":3}}";
    assertThat(Generation.read(json.getBytes(UTF_8), CAP))
        .contains(
            new Generation(
                new Usage(
                    new Cost.Known(new BigDecimal("1.2e-7"), "1.2e-7"), new Tokens(2, 3), false),
                "acme/m1"));
  }

  @Test
  void aGenerationWithAKeyOfTheCustomersOwnCostsBoth() {
    String json = "{\"data\":{\"total_cost\":1,\"upstream_inference_cost\":5,\"is_byok\":true}}";
    Usage usage = Generation.read(json.getBytes(UTF_8), CAP).orElseThrow().usage();
    assertThat(known(usage.cost()).dollars()).isEqualByComparingTo("6");
    assertThat(usage.byok()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "{}", "{\"data\":null}", "{\"data\":{\"total_cost\":1}", "x"})
  void whatIsNoGenerationIsNone(String json) {
    assertThat(Generation.read(json.getBytes(UTF_8), CAP)).isEmpty();
  }

  @Test
  void readingAHugeExponentTakesNoTime() {
    org.junit.jupiter.api.Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(5), () -> Money.ceiling(known(cost("1e-2147483647")).dollars()));
  }
}
