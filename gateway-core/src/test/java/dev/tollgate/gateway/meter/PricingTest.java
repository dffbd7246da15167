package dev.tollgate.gateway.meter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.ledger.Tokens;
import java.math.BigDecimal;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What tokens cost at the prices of a list. */
class PricingTest {
  private static final long UNKNOWN = Tokens.UNKNOWN;

  /** Each price is a digit of its own, so that a sum shows what it is made of. */
  private static final String EVERY_PRICE =
      """
      'prompt':'0.000000001','input_cache_read':'0.0000001','input_cache_write':'0.00001',
      'audio':'0.001','completion':'0.1','internal_reasoning':'10','web_search':'1000',
      'image':'20000','request':'300000'
      """;

  private static ModelPrice price(String pricing) {
    String entry = "{'id':'a/b','pricing':{" + pricing + "}}";
    PriceBook book = new PriceBook();
    book.replace(("{'data':[" + entry + "]}").replace('\'', '"').getBytes(UTF_8));
    return book.find("a/b").orElseThrow();
  }

  private static BigDecimal cost(String pricing, Tokens tokens) {
    return Pricing.cost(price(pricing), new Consumption(tokens, 0, 0), 0);
  }

  @Test
  void everyPartIsChargedAtItsOwnPrice() {
    // 2 plain, 3 cached, 4 written, 5 of sound; 6 of text, 7 of reasoning.
    Consumption consumed = new Consumption(new Tokens(14, 3, 4, 13, 7), 5, 8);

    assertThat(Pricing.cost(price(EVERY_PRICE), consumed, 9))
        // request 300,000; pictures 180,000; searches 8,000; reasoning 70; text 0.6 and so on.
        .isEqualByComparingTo("488070.605040302");
  }

  @ParameterizedTest
  @CsvSource({
    "'14, 0, 0, 0, 0', 0.000014",
    "'14, 14, 0, 0, 0', 0.000014",
    "'14, 0, 14, 0, 0', 0.000014",
    "'0, 0, 0, 14, 0', 0.000028",
    "'0, 0, 0, 14, 14', 0.000028"
  })
  void aMissingPriceIsThatOfTheInputOrOfTheOutput(String parts, String dollars) {
    long[] numbers = Arrays.stream(parts.split(", ", -1)).mapToLong(Long::parseLong).toArray();
    Tokens tokens = new Tokens(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]);

    assertThat(cost("'prompt':'0.000001','completion':'0.000002'", tokens))
        .isEqualByComparingTo(dollars);
  }

  @Test
  void soundWithoutAPriceOfItsOwnCostsAsMuchAsText() {
    Consumption consumed = new Consumption(new Tokens(14, 0), 5, 0);

    assertThat(Pricing.cost(price("'prompt':'0.000001','completion':'0'"), consumed, 0))
        .isEqualByComparingTo("0.000014");
  }

  @Test
  void aCachePriceOfZeroIsAPrice() {
    assertThat(
            cost(
                "'prompt':'0.000001','completion':'0','input_cache_read':'0'",
                new Tokens(14, 4, UNKNOWN, 0, UNKNOWN)))
        .isEqualByComparingTo("0.00001");
  }

  @Test
  void aReasoningPriceOfZeroCountsAsNone() {
    assertThat(
            cost(
                "'prompt':'0','completion':'0.000002','internal_reasoning':'0'",
                new Tokens(0, UNKNOWN, UNKNOWN, 14, 10)))
        .isEqualByComparingTo("0.000028");
  }

  @Test
  void unknownPartsArePlainTokens() {
    assertThat(cost(EVERY_PRICE, new Tokens(14, 13))).isEqualByComparingTo("300001.300000014");
  }

  @Test
  void aPartIsNeverLargerThanTheWhole() {
    assertThat(cost(EVERY_PRICE, new Tokens(10, 99, 99, 5, 99)))
        .isEqualByComparingTo("300050.000001");
  }

  @Test
  void eachPictureOfTheInputCosts() {
    Consumption consumed = new Consumption(new Tokens(0, 0), 0, 0);

    assertThat(Pricing.cost(price("'prompt':'1','completion':'1','image':'0.004'"), consumed, 3))
        .isEqualByComparingTo("0.012");
  }

  @Test
  void eachWebSearchCosts() {
    Consumption consumed = new Consumption(new Tokens(0, 0), 0, 3);

    assertThat(
            Pricing.cost(price("'prompt':'1','completion':'1','web_search':'0.01'"), consumed, 0))
        .isEqualByComparingTo("0.03");
  }

  @Test
  void theRequestCostsOnce() {
    assertThat(cost("'prompt':'1','completion':'1','request':'0.5'", new Tokens(0, 0)))
        .isEqualByComparingTo("0.5");
  }

  private static final String TIERED =
      """
      'prompt':'1','completion':'10','overrides':[
        {'min_prompt_tokens':100,'prompt':'2','completion':'20'},
        {'min_prompt_tokens':200,'prompt':'3'}]
      """;

  @ParameterizedTest
  @CsvSource({"100, 110", "101, 222", "200, 420", "201, 623"})
  void aTierCountsStrictlyAboveItsThreshold(long input, String dollars) {
    assertThat(cost(TIERED, new Tokens(input, 1))).isEqualByComparingTo(dollars);
  }

  @Test
  void cachedTokensCountForTheTier() {
    assertThat(cost(TIERED, new Tokens(101, 100, UNKNOWN, 0, UNKNOWN))).isEqualByComparingTo("202");
  }

  @Test
  void ofTwoOverridesThatApplyTheLaterWins() {
    assertThat(
            cost(
                """
                'prompt':'1','completion':'1','overrides':[
                  {'min_prompt_tokens':10,'prompt':'5'},
                  {'min_prompt_tokens':5,'prompt':'3','completion':'7'}]
                """,
                new Tokens(11, 1)))
        .isEqualByComparingTo("40");
  }

  @Test
  void pricesOfAnHourAreForHoldsOnly() {
    String pricing =
        "'prompt':'1','completion':'1','overrides':[{'utc_start':'0000','utc_end':'0600',"
            + "'prompt':'4'}]";

    assertThat(cost(pricing, new Tokens(1, 0))).isEqualByComparingTo("1");
    assertThat(Pricing.expected(price(pricing), 1, BigDecimal.ZERO, 0)).isEqualByComparingTo("4");
  }

  @Test
  void aHoldTakesTheDearestTier() {
    assertThat(Pricing.expected(price(TIERED), 1, BigDecimal.ONE, 0)).isEqualByComparingTo("23");
  }

  @Test
  void aHoldExpectsPicturesAndTheRequest() {
    assertThat(
            Pricing.expected(
                price("'prompt':'1','completion':'1','image':'10','request':'100'"),
                1,
                BigDecimal.ZERO,
                2))
        .isEqualByComparingTo("121");
  }

  @ParameterizedTest
  @ValueSource(strings = {"input_cache_read", "input_cache_write"})
  void atMostEachTokenOfThePromptCostsTheDearestOfInputAndCache(String name) {
    assertThat(
            Pricing.most(
                price("'prompt':'1','completion':'1','" + name + "':'3'"), 2, BigDecimal.ZERO))
        .isEqualByComparingTo("6");
  }

  @Test
  void atMostEachTokenOfTheOutputCostsTheDearerOfOutputAndReasoning() {
    assertThat(
            Pricing.most(
                price("'prompt':'1','completion':'1','internal_reasoning':'5'"), 0, BigDecimal.TEN))
        .isEqualByComparingTo("50");
  }
}
