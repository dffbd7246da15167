package dev.tollgate.gateway.meter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PriceBookTest {
  private static final String LISTED =
      "{\"id\":\"acme/m1\",\"canonical_slug\":\"acme/m1-20260701\",\"context_length\":131072,"
          + "\"pricing\":{\"prompt\":\"0.00000015\",\"completion\":\"6e-7\",\"request\":\"0.01\"},"
          + "\"top_provider\":{\"context_length\":131072,\"max_completion_tokens\":16384}}";
  private static final ModelPrice PRICE =
      new ModelPrice(
          new Prices(
              new BigDecimal("0.00000015"),
              null,
              null,
              new BigDecimal("6e-7"),
              null,
              null,
              null,
              null,
              new BigDecimal("0.01")),
          List.of(),
          16384,
          131072);

  private final PriceBook book = new PriceBook();

  private int replace(String... entries) {
    String list = "{\"data\":[" + String.join(",", entries) + "],\"total_count\":1}";
    return book.replace(list.getBytes(UTF_8));
  }

  private static String entry(String id, String pricing) {
    return "{\"id\":\"" + id + "\",\"pricing\":{" + pricing + "}}";
  }

  @Test
  void aModelIsFoundByItsIdAndItsSlug() {
    assertThat(replace(LISTED)).isEqualTo(1);
    assertThat(book.find("acme/m1")).contains(PRICE);
    assertThat(book.find("acme/m1-20260701")).contains(PRICE);
    assertThat(book.find("acme/m2")).isEmpty();
    assertThat(book.find("")).isEmpty();
  }

  @Test
  void aRoutingSuffixIsLookedThrough() {
    replace(LISTED);
    assertThat(book.find("acme/m1:nitro")).contains(PRICE);
    assertThat(book.find("acme/m1-20260701:floor")).contains(PRICE);
  }

  @Test
  void aModelThatIsOnlinePaysForItsSearchesToo() {
    replace(LISTED);
    assertThat(book.find("acme/m1:online")).isEmpty();
  }

  @Test
  void aFreeModelThatIsNotListedIsUnknown() {
    replace(LISTED);
    assertThat(book.find("acme/m1:free")).isEmpty();
  }

  @Test
  void aModelListedWithItsSuffixHasItsOwnPrice() {
    replace(LISTED, entry("acme/m1:free", "\"prompt\":\"0\",\"completion\":\"0\""));
    assertThat(book.find("acme/m1:free").orElseThrow().base().output()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"prompt\":\"-1\",\"completion\":\"-1\"",
        "\"prompt\":\"1\"",
        "\"prompt\":\"1\",\"completion\":null",
        "\"prompt\":\"1\",\"completion\":\"much\"",
        "\"prompt\":\"1\",\"completion\":\"1e999999999\"",
        "\"prompt\":\"1\",\"completion\":\"1\",\"request\":\"-1\"",
        "\"prompt\":\"1\",\"completion\":\"1\",\"overrides\":[{\"prompt\":\"?\"}]",
        "\"prompt\":{},\"completion\":[]"
      })
  void aPriceThatCannotBeReadIsUnknownEvenUnderASuffix(String pricing) {
    assertThat(replace(LISTED, entry("router/auto", pricing))).isEqualTo(1);
    assertThat(book.find("router/auto")).isEmpty();
    assertThat(book.find("router/auto:nitro")).isEmpty();
  }

  @Test
  void badEntriesAreLeftOut() {
    assertThat(replace("null", "7", "{}", "[]", "{\"id\":5}", LISTED)).isEqualTo(1);
    assertThat(book.find("acme/m1")).contains(PRICE);
  }

  @Test
  void aHoldTakesTheDearestOfThePriceAndItsOverrides() {
    replace(
        entry(
            "a/b",
            "\"prompt\":\"2\",\"completion\":\"3\",\"overrides\":["
                + "{\"min_prompt_tokens\":200000,\"prompt\":\"5\",\"completion\":\"1\"},"
                + "{\"utc_start\":\"0000\",\"prompt\":\"4\"}]"));
    Prices price = book.find("a/b").orElseThrow().dearest();
    assertThat(price.input()).isEqualByComparingTo("5");
    assertThat(price.output()).isEqualByComparingTo("3");
    assertThat(price.request()).isZero();
  }

  @Test
  void limitsThatAreNullOrZeroAreUnknown() {
    replace(
        "{\"id\":\"a/b\",\"context_length\":null,\"pricing\":{\"prompt\":\"1\",\"completion\":\"1\"},"
            + "\"top_provider\":{\"max_completion_tokens\":0}}");
    ModelPrice price = book.find("a/b").orElseThrow();
    assertThat(price.maxCompletionTokens()).isEqualTo(ModelPrice.UNKNOWN);
    assertThat(price.contextLength()).isEqualTo(ModelPrice.UNKNOWN);
  }

  @Test
  void ofTwoModelsWithOneSlugTheDearerCounts() {
    replace(LISTED, LISTED.replace("acme/m1\"", "acme/m1:free\"").replace("6e-7", "0"));
    assertThat(book.find("acme/m1-20260701").orElseThrow().dearest().output())
        .isEqualByComparingTo("6e-7");
    assertThat(book.find("acme/m1:free").orElseThrow().base().output()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "null",
        "[]",
        "{}",
        "{\"data\":[]}",
        "{\"data\":5}",
        "{\"error\":{\"code\":500}}",
        "{\"data\":[],\"extra\":1e99999999999}",
        "{\"data\":[{\"id\":\"a/b\",\"pricing\":{\"prompt\":\"-1\",\"completion\":\"-1\"}}]}"
      })
  void aBadListLeavesTheOldOneInPlace(String list) {
    replace(LISTED);
    assertThatThrownBy(() -> book.replace(list.getBytes(UTF_8)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("a list of models ");
    assertThat(book.find("acme/m1")).contains(PRICE);
  }

  @Test
  void aNewListTakesThePlaceOfTheOld() {
    replace(LISTED);
    replace(entry("a/b", "\"prompt\":\"1\",\"completion\":\"1\""));
    assertThat(book.find("acme/m1")).isEmpty();
    assertThat(book.find("a/b")).isPresent();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[%s}]}",
        "[%s}] and more",
        "[%s,\"max_output_tokens\":\"100\"}]",
        "[%s,\"max_output_tokens\":-1}]",
        "[%s,\"context_length\":1.5e30}]"
      })
  void aTableIsRightThroughout(String table) {
    String entry =
        "{\"model_id\":\"m\",\"input_usd_per_1m_tokens\":1,\"output_usd_per_1m_tokens\":1";
    assertThatThrownBy(() -> new PriceBook().replaceByTable(table.formatted(entry).getBytes(UTF_8)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static Prices base(@Nullable String... prices) {
    BigDecimal[] numbers =
        Arrays.stream(prices)
            .map(price -> price == null ? null : new BigDecimal(price))
            .toArray(BigDecimal[]::new);
    return new Prices(
        numbers[0],
        numbers[1],
        numbers[2],
        numbers[3],
        numbers[4],
        numbers[5],
        numbers[6],
        numbers[7],
        numbers[8]);
  }

  @Test
  void aListNamesEveryPrice() {
    replace(
        entry(
            "a/b",
            "\"prompt\":\"1\",\"input_cache_read\":\"2\",\"input_cache_write\":\"3\","
                + "\"completion\":\"4\",\"internal_reasoning\":\"5\",\"audio\":\"6\","
                + "\"image\":\"7\",\"web_search\":\"8\",\"request\":\"9\""));
    assertThat(book.find("a/b").orElseThrow().base())
        .isEqualTo(base("1", "2", "3", "4", "5", "6", "7", "8", "9"));
  }

  @Test
  void overridesStayInTheOrderOfTheList() {
    replace(
        entry(
            "a/b",
            "\"prompt\":\"1\",\"completion\":\"1\",\"overrides\":["
                + "{\"min_prompt_tokens\":20,\"prompt\":\"5\"},"
                + "{\"min_prompt_tokens\":10,\"prompt\":\"3\"}]"));
    ModelPrice price = book.find("a/b").orElseThrow();
    assertThat(price.at(10).input()).isEqualByComparingTo("1");
    assertThat(price.at(11).input()).isEqualByComparingTo("3");
    assertThat(price.at(21).input()).isEqualByComparingTo("3");
    assertThat(price.dearest().input()).isEqualByComparingTo("5");
  }

  private ModelPrice table(String members) {
    String entry =
        "{\"model_id\":\"m\",\"input_usd_per_1m_tokens\":1.5,\"output_usd_per_1m_tokens\":6"
            + members
            + "}";
    book.replaceByTable(("[" + entry + "]").getBytes(UTF_8));
    return book.find("m").orElseThrow();
  }

  @Test
  void aTableNeedsInputAndOutputOnly() {
    assertThat(table(""))
        .isEqualTo(
            new ModelPrice(
                base("0.0000015", null, null, "0.000006", null, null, null, null, null),
                List.of(),
                ModelPrice.UNKNOWN,
                ModelPrice.UNKNOWN));
  }

  @Test
  void aTableNamesEveryPrice() {
    assertThat(
            table(
                    ",\"cache_read_usd_per_1m_tokens\":0.15,\"cache_write_usd_per_1m_tokens\":2,"
                        + "\"reasoning_usd_per_1m_tokens\":7,\"audio_usd_per_1m_tokens\":40,"
                        + "\"image_usd\":0.004,\"web_search_usd\":0.01,\"usd_per_request\":0.002")
                .base())
        .isEqualTo(
            base(
                "0.0000015",
                "0.00000015",
                "0.000002",
                "0.000006",
                "0.000007",
                "0.000040",
                "0.004",
                "0.01",
                "0.002"));
  }

  @Test
  void aTableNamesLimits() {
    ModelPrice price = table(",\"max_output_tokens\":100,\"context_length\":1000");
    assertThat(price.maxCompletionTokens()).isEqualTo(100);
    assertThat(price.contextLength()).isEqualTo(1000);
  }

  @Test
  void aTierOfATableNamesThePricesThatDiffer() {
    ModelPrice price =
        table(
            ",\"cache_read_usd_per_1m_tokens\":0.15,\"tiers\":[{\"above_input_tokens\":200000,"
                + "\"input_usd_per_1m_tokens\":3,\"reasoning_usd_per_1m_tokens\":9}]");
    assertThat(price.at(200_000))
        .isEqualTo(base("0.0000015", "0.00000015", null, "0.000006", null, null, null, null, null));
    assertThat(price.at(200_001))
        .isEqualTo(
            base("0.000003", "0.00000015", null, "0.000006", "0.000009", null, null, null, null));
  }

  @Test
  void ofSeveralTiersOfATableTheHighestThatAppliesCountsInAnyOrder() {
    ModelPrice price =
        table(
            ",\"tiers\":[{\"above_input_tokens\":20,\"input_usd_per_1m_tokens\":3},"
                + "{\"above_input_tokens\":10,\"input_usd_per_1m_tokens\":2}]");
    assertThat(price.at(11).input()).isEqualByComparingTo("0.000002");
    assertThat(price.at(21).input()).isEqualByComparingTo("0.000003");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"cache_read_usd_per_1m_tokens\":-1",
        "\"cache_write_usd_per_1m_tokens\":\"much\"",
        "\"reasoning_usd_per_1m_tokens\":null",
        "\"audio_usd_per_1m_tokens\":{}",
        "\"image_usd\":-0.1",
        "\"web_search_usd\":true",
        "\"usd_per_request\":1e30",
        "\"tiers\":{}",
        "\"tiers\":null",
        "\"tiers\":[7]",
        "\"tiers\":[{\"input_usd_per_1m_tokens\":3}]",
        "\"tiers\":[{\"above_input_tokens\":-1}]",
        "\"tiers\":[{\"above_input_tokens\":1.5}]",
        "\"tiers\":[{\"above_input_tokens\":\"10\"}]",
        "\"tiers\":[{\"above_input_tokens\":10,\"input_usd_per_1m_tokens\":-1}]"
      })
  void everyPriceOfATableIsRight(String member) {
    assertThatThrownBy(() -> table("," + member)).isInstanceOf(IllegalArgumentException.class);
    assertThat(book.isEmpty()).isTrue();
  }

  @Test
  void aTableNeedsBothPrices() {
    assertThatThrownBy(
            () ->
                book.replaceByTable(
                    "[{\"model_id\":\"m\",\"input_usd_per_1m_tokens\":1}]".getBytes(UTF_8)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the output_usd_per_1m_tokens of m is no price");
  }

  @Test
  void byNameAListedModelIsFreeIfItsNameSaysSo() {
    replace(
        entry("a/b:free", "\"prompt\":\"1\",\"completion\":\"1\""),
        entry("a/zero", "\"prompt\":\"0\",\"completion\":\"0\""));
    assertThat(book.isFree("a/b:free", true)).isTrue();
    assertThat(book.isFree("a/c:free", true)).isFalse();
    assertThat(book.isFree("a/zero", true)).isFalse();
    assertThat(book.hasFree(true)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cache_read_usd_per_1m_tokens",
        "cache_write_usd_per_1m_tokens",
        "reasoning_usd_per_1m_tokens",
        "audio_usd_per_1m_tokens",
        "image_usd",
        "web_search_usd",
        "usd_per_request"
      })
  void byPriceAModelIsFreeIfEveryPriceIsZero(String name) {
    String zero =
        "[{\"model_id\":\"m\",\"input_usd_per_1m_tokens\":0,\"output_usd_per_1m_tokens\":0,\"%s\":%s}]";
    book.replaceByTable(zero.formatted(name, "0").getBytes(UTF_8));
    assertThat(book.isFree("m", false)).isTrue();
    assertThat(book.hasFree(false)).isTrue();

    book.replaceByTable(zero.formatted(name, "0.1").getBytes(UTF_8));
    assertThat(book.isFree("m", false)).isFalse();
    assertThat(book.hasFree(false)).isFalse();
  }
}
