package dev.tollgate.gateway.meter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.ledger.HoldMode;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.meter.MeterOptions.Unresolved;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is held for a request, in both modes. */
class HoldEstimatorTest {
  private static final String PRICES =
      """
      {"data":[
        {"id":"a/cheap","pricing":{"prompt":"0.000001","completion":"0.000002"},
         "context_length":1000,"top_provider":{"max_completion_tokens":100}},
        {"id":"a/dear","pricing":{"prompt":"0.000003","completion":"0.000030","request":"0.01"},
         "context_length":1000,"top_provider":{"max_completion_tokens":null}},
        {"id":"a/free","pricing":{"prompt":"0","completion":"0"}},
        {"id":"a/router","pricing":{"prompt":"-1","completion":"-1"}}]}
      """;

  /** No price of an endpoint is known but that of the list. */
  private static final Map<String, Optional<ModelPrice>> LISTED = Map.of();

  private static Meter meter(HoldMode mode) {
    return meter(mode, Unresolved.ESTIMATE, true);
  }

  private static Meter meter(HoldMode mode, Unresolved unresolved, boolean generations) {
    PriceBook prices = new PriceBook();
    prices.replace(PRICES.getBytes(UTF_8));
    return new Meter(
        prices,
        new MeterOptions(
            mode, 50, Money.parse("0.10"), Money.parse("10"), unresolved, generations));
  }

  private static RequestSketch sketch(String body) {
    return RequestSketch.of(body.getBytes(UTF_8), RequestKind.CHAT, null);
  }

  private static Quote quote(HoldMode mode, String body) {
    return meter(mode).quote(sketch(body), RequestKind.CHAT, Markup.NONE, LISTED);
  }

  private static long nanos(HoldMode mode, String body) {
    assertThat(quote(mode, body)).isInstanceOf(Quote.Estimated.class);
    return ((Quote.Estimated) quote(mode, body)).amount().nanos();
  }

  /** A body of 30 bytes and more, which are 10 tokens of the prompt and more. */
  private static String body(String members, int bytes) {
    String body = "{" + members + "}";
    return body + " ".repeat(bytes - body.length());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'\"model\":\"a/cheap\"'                                     | 130000",
        "'\"model\":\"a/cheap\",\"max_tokens\":7'                    | 44000",
        "'\"model\":\"a/cheap\",\"max_completion_tokens\":7,\"n\":3' | 72000",
        // Not a member of chat completions.
        "'\"model\":\"a/cheap\",\"max_output_tokens\":7'             | 130000",
        // Who takes the bound back has none.
        "'\"model\":\"a/cheap\",\"max_tokens\":7,\"max_tokens\":null'| 130000",
        "'\"model\":\"a/cheap\",\"max_tokens\":7,\"max_tokens\":9'   | 48000",
        "'\"model\":\"a/cheap\",\"models\":[\"a/dear\"]'             | 11590000",
        "'\"model\":\"a/cheap:nitro\"'                               | 130000",
        "'\"model\":\"a/free\"'                                      | 1",
        "'\"model\":\"a/unknown\"'                                   | 100000000",
        "'\"model\":\"a/router\"'                                    | 100000000",
        "'\"models\":[\"a/cheap\",\"a/unknown\"]'                    | 100000000",
        "'\"messages\":[]'                                           | 100000000",
      })
  void inBoundedAnythingCanBeHeldFor(String members, long nanos) {
    assertThat(nanos(HoldMode.BOUNDED, body(members, 90))).isEqualTo(nanos);
  }

  @Test
  void inBoundedABodyThatIsNoJsonIsHeldForByAConfiguredAmount() {
    assertThat(nanos(HoldMode.BOUNDED, "no JSON")).isEqualTo(100_000_000);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // Every byte may be a token.
        "'\"model\":\"a/cheap\"'                      | 90 | 290000",
        "'\"model\":\"a/cheap\",\"max_tokens\":7'     | 90 | 104000",
        "'\"model\":\"a/cheap\",\"max_tokens\":7000'  | 90 | 290000",
        // Without a bound on the answer that of the context holds.
        "'\"model\":\"a/dear\"'                       | 90 | 40270000",
        // More bytes than the context has tokens.
        "'\"model\":\"a/cheap\",\"max_tokens\":7'     | 5000 | 1014000"
      })
  void inStrictTheBoundIsTheModelsOwnOrTheRequests(String members, int bytes, long nanos) {
    assertThat(nanos(HoldMode.STRICT, body(members, bytes))).isEqualTo(nanos);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"model\":\"a/unknown\",\"max_tokens\":1}",
        "{\"model\":\"a/router\",\"max_tokens\":1}",
        "{\"model\":\"a/cheap\",\"models\":[\"a/unknown\"]}",
        "{\"model\":\"a/free\"}",
        "{\"messages\":[]}",
        "{\"model\":\"a/cheap\"",
        "",
        "[]"
      })
  void inStrictWhatCannotBeBoundedIsRefused(String body) {
    assertThat(quote(HoldMode.STRICT, body)).isInstanceOf(Quote.Unbounded.class);
  }

  @Test
  void inStrictABodyThatIsEncodedIsRefused() {
    RequestSketch sketch =
        RequestSketch.of("{\"model\":\"a/cheap\"}".getBytes(UTF_8), RequestKind.CHAT, "gzip");

    assertThat(meter(HoldMode.STRICT).quote(sketch, RequestKind.CHAT, Markup.NONE, LISTED))
        .isInstanceOf(Quote.Unbounded.class);
  }

  @Test
  void inStrictNothingIsQuotedBeforeThereArePrices() {
    Meter meter =
        new Meter(
            new PriceBook(),
            new MeterOptions(
                HoldMode.STRICT, 1, Money.parse("1"), Money.parse("1"), Unresolved.HOLD, true));

    assertThat(meter.quote(sketch(""), RequestKind.CHAT, Markup.NONE, LISTED))
        .isInstanceOf(Quote.NoPrices.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"plugins\":[{\"id\":\"web\"}]",
        "\"tools\":[{\"type\":\"openrouter:web_search\"}]",
        "\"messages\":[{\"content\":[{\"type\":\"image_url\"}]}]",
        "\"model\":\"a/cheap:online\""
      })
  void inStrictWhatTheBodysLengthSaysNothingOfIsRefused(String member) {
    assertThat(quote(HoldMode.STRICT, "{\"model\":\"a/cheap\",\"max_tokens\":1," + member + "}"))
        .isInstanceOf(Quote.Unbounded.class);
  }

  @Test
  void inStrictTextAndFunctionsAreBounded() {
    assertThat(
            quote(
                HoldMode.STRICT,
                "{\"model\":\"a/cheap\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
                    + "\"text\",\"text\":\"x\"}]},{\"content\":\"x\"}],\"tools\":[{\"type\":"
                    + "\"function\",\"function\":{\"parameters\":{\"type\":\"object\"}}}]}"))
        .isInstanceOf(Quote.Estimated.class);
  }

  @Test
  void theMarkupIsHeldForToo() {
    RequestSketch sketch = sketch(body("\"model\":\"a/cheap\",\"max_tokens\":1", 90));

    assertThat(meter(HoldMode.BOUNDED).quote(sketch, RequestKind.CHAT, Markup.parse("50%"), LISTED))
        .isInstanceOfSatisfying(
            Quote.Estimated.class,
            quote -> assertThat(quote.amount()).isEqualTo(new Money(48_000)));
  }

  @Test
  void anAnswerWithoutTokensOfItsOwnIsHeldForByThePromptAlone() {
    RequestSketch sketch = sketch(body("\"model\":\"a/cheap\"", 90));

    assertThat(meter(HoldMode.BOUNDED).quote(sketch, RequestKind.EMBEDDING, Markup.NONE, LISTED))
        .isInstanceOfSatisfying(
            Quote.Estimated.class,
            quote -> assertThat(quote.amount()).isEqualTo(new Money(30_000)));
  }

  private static Quote strict(RequestKind kind, String body) {
    return meter(HoldMode.STRICT)
        .quote(RequestSketch.of(body.getBytes(UTF_8), kind, null), kind, Markup.NONE, LISTED);
  }

  /** It may bring tools of the upstream's, and another bound. */
  @Test
  void inStrictAPresetHasNoBound() {
    assertThat(strict(RequestKind.CHAT, "{\"model\":\"a/cheap\",\"preset\":\"mine\"}"))
        .isInstanceOf(Quote.Unbounded.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "RESPONSE  | {\"type\":\"input_image\",\"image_url\":\"https://x/y.png\"}",
        "RESPONSE  | {\"type\":\"input_file\",\"file_url\":\"https://x/y.pdf\"}",
        "EMBEDDING | {\"type\":\"image_url\",\"image_url\":{\"url\":\"https://x/y.png\"}}"
      })
  void inStrictAnInputThatIsNoTextHasNoBound(RequestKind kind, String part) {
    assertThat(
            strict(
                kind,
                "{\"model\":\"a/cheap\",\"input\":[{\"role\":\"user\",\"content\":["
                    + part
                    + "]}]}"))
        .isInstanceOf(Quote.Unbounded.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"\"prompt\":[\"a\",\"b\",\"c\"]", "\"prompt\":\"a\",\"n\":1,\"best_of\":3"})
  void inStrictEveryAnswerToACompletionIsHeldFor(String members) {
    Quote quote =
        strict(
            RequestKind.COMPLETION, "{\"model\":\"a/cheap\",\"max_tokens\":100," + members + "}");
    if (quote instanceof Quote.Estimated estimated) {
      assertThat(estimated.amount().nanos()).isGreaterThanOrEqualTo(3 * 100 * 2000);
    }
  }

  /** A picture has a price of its own, image_output, and a tier its own multiple. */
  @ParameterizedTest
  @ValueSource(strings = {"\"modalities\":[\"text\",\"image\"]", "\"service_tier\":\"priority\""})
  void inStrictWhatIsDearerThanTheListSaysHasNoBound(String members) {
    assertThat(strict(RequestKind.CHAT, "{\"model\":\"a/cheap\"," + members + "}"))
        .isInstanceOf(Quote.Unbounded.class);
  }
}
