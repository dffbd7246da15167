package dev.tollgate.gateway.meter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.ledger.Flag;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Tokens;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UsageTest {
  private static final BigDecimal CAP = BigDecimal.valueOf(100);

  private static Usage usage(String json) {
    byte[] bytes = json.getBytes(UTF_8);
    return Usage.of(bytes, 0, bytes.length, CAP);
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
        "'{\"usd\":\"1\"}', '{\"usd\":\"1\"}'",
        "'{\"eur\": 1}', '{\"eur\": 1}'",
        "'[1]', '[1]'",
        "'{\"total_cost\":null,\"a\":[1]}', '{\"total_cost\":null,\"a\":[1]}'"
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

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '\'',
      delimiter = '|',
      textBlock =
          """
      {"total_cost":0.5,"usd":2}                       | 0.5
      {"request_cost":9,"total_cost":0.5}              | 0.5
      {"usd":0.5,"currency":"x"}                       | 0.5
      { "usd" : 5e-1 }                                 | 0.5
      {"details":{"total_cost":3},"total_cost":0.5}    | 0.5
      """)
  void ofACostThatIsAnObjectTheTotalOrElseTheDollarsCount(String json, String dollars) {
    Cost.Known cost = known(cost(json));
    assertThat(cost.dollars()).isEqualByComparingTo(dollars);
    assertThat(cost.literal()).isEqualTo(json);
  }

  @Test
  void theTextOfAnObjectIsCut() {
    String object = "{\"usd\":1,\"x\":\"" + "é".repeat(1000) + "\"}";
    assertThat(cost(object).literal())
        .isEqualTo(object.substring(0, Cost.LITERAL_CHARACTERS))
        .hasSize(Cost.LITERAL_CHARACTERS);
  }

  @ParameterizedTest
  @CsvSource({
    "123456789, 12345679",
    "1, 1",
    "0, 0",
    "2.5e10, 2500000000",
  })
  void xaisTicksAreTenBillionToADollar(String ticks, long nanos) {
    Cost.Known cost = known(usage("{\"cost_in_usd_ticks\":" + ticks + "}").cost());
    assertThat(Money.ceiling(cost.dollars()).nanos()).isEqualTo(nanos);
    assertThat(cost.literal()).isEqualTo(ticks);
  }

  @ParameterizedTest
  @CsvSource({"-1, NEGATIVE_COST", "NaN, NOT_FINITE_COST", "1000000000001, ABSURD_COST"})
  void ticksThatMustNotBeChargedAreFlagged(String ticks, Flag flag) {
    assertThat(usage("{\"cost_in_usd_ticks\":" + ticks + "}").cost())
        .isEqualTo(new Cost.Invalid(flag, ticks));
  }

  @Test
  void aCostGoesBeforeTicks() {
    assertThat(usage("{\"cost\":0.5,\"cost_in_usd_ticks\":1}").cost().literal()).isEqualTo("0.5");
  }

  @Test
  void anUnreadableCostGivesWayToTicks() {
    assertThat(usage("{\"cost\":\"x\",\"cost_in_usd_ticks\":7}").cost().literal()).isEqualTo("7");
  }

  @Test
  void aLaterCostThatIsNoObjectUndoesAnObject() {
    assertThat(usage("{\"cost\":{\"usd\":1},\"cost\":\"x\"}").cost())
        .isEqualTo(new Cost.Missing("x"));
  }

  @Test
  void aGenerationsCostMayBeAnObject() {
    String json = "{\"data\":{\"total_cost\":{\"usd\":0.25}}}";
    Generation generation = Generation.read(json.getBytes(UTF_8), CAP).orElseThrow();
    assertThat(known(generation.cost()).dollars()).isEqualByComparingTo("0.25");
  }

  @Test
  void aGenerationsTokensAreReadInTheNormalForm() {
    String json =
        "{\"data\":{\"total_cost\":1,\"native_tokens_prompt\":\"20\",\"native_tokens_cached\":8,"
            + "\"native_tokens_completion\":9.0,\"native_tokens_reasoning\":4}}";
    assertThat(Generation.read(json.getBytes(UTF_8), CAP).orElseThrow().tokens())
        .isEqualTo(new Tokens(20, 8, Tokens.UNKNOWN, 9, 4));
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
  @ValueSource(strings = {"{\"cost\":1", "{\"cost\":01}", "{\"cost\":+-1}", "7", "{\"cost\":1e}"})
  void whatIsNoJsonObjectIsUnreadable(String json) {
    assertThat(usage(json)).isEqualTo(new Usage(new Cost.Missing(json), false, Optional.empty()));
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
                new Cost.Known(new BigDecimal("1.2e-7"), "1.2e-7"), new Tokens(2, 3), "acme/m1"));
  }

  @Test
  void aGenerationWithAKeyOfTheCustomersOwnCostsBoth() {
    String json = "{\"data\":{\"total_cost\":1,\"upstream_inference_cost\":5,\"is_byok\":true}}";
    Generation generation = Generation.read(json.getBytes(UTF_8), CAP).orElseThrow();
    assertThat(known(generation.cost()).dollars()).isEqualByComparingTo("6");
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
