package dev.tollgate.gateway.meter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
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
          new BigDecimal("0.00000015"),
          new BigDecimal("6e-7"),
          new BigDecimal("0.01"),
          null,
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
    assertThat(book.find("acme/m1:free").orElseThrow().completion()).isZero();
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
  void theDearestOfThePriceAndItsOverridesCounts() {
    replace(
        entry(
            "a/b",
            "\"prompt\":\"2\",\"completion\":\"3\",\"overrides\":["
                + "{\"min_prompt_tokens\":200000,\"prompt\":\"5\",\"completion\":\"1\"},"
                + "{\"utc_start\":\"0000\",\"prompt\":\"4\"}]"));
    ModelPrice price = book.find("a/b").orElseThrow();
    assertThat(price.prompt()).isEqualByComparingTo("5");
    assertThat(price.completion()).isEqualByComparingTo("3");
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
    assertThat(book.find("acme/m1-20260701").orElseThrow().completion())
        .isEqualByComparingTo("6e-7");
    assertThat(book.find("acme/m1:free").orElseThrow().completion()).isZero();
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
}
