package dev.tollgate.gateway.meter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.ledger.Flag;
import dev.tollgate.gateway.ledger.HoldMode;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Tokens;
import dev.tollgate.gateway.meter.MeterOptions.Unresolved;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class MeterTest {
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
    return meter(mode).quote(sketch(body), RequestKind.CHAT, Markup.NONE);
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

  // --- before

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'\"model\":\"a/cheap\"'                                     | 30000 + 50 * 2000",
        "'\"model\":\"a/cheap\",\"max_tokens\":7'                    | 30000 + 7 * 2000",
        "'\"model\":\"a/cheap\",\"max_completion_tokens\":7,\"n\":3' | 30000 + 21 * 2000",
        // Not a member of chat completions.
        "'\"model\":\"a/cheap\",\"max_output_tokens\":7'             | 30000 + 50 * 2000",
        // Who takes the bound back has none.
        "'\"model\":\"a/cheap\",\"max_tokens\":7,\"max_tokens\":null'| 30000 + 50 * 2000",
        "'\"model\":\"a/cheap\",\"max_tokens\":7,\"max_tokens\":9'   | 30000 + 9 * 2000",
        "'\"model\":\"a/cheap\",\"models\":[\"a/dear\"]'             | 10090000 + 50 * 30000",
        "'\"model\":\"a/cheap:nitro\"'                               | 30000 + 50 * 2000",
        "'\"model\":\"a/free\"'                                      | 1 + 0 * 0",
        "'\"model\":\"a/unknown\"'                                   | 100000000 + 0 * 0",
        "'\"model\":\"a/router\"'                                    | 100000000 + 0 * 0",
        "'\"models\":[\"a/cheap\",\"a/unknown\"]'                    | 100000000 + 0 * 0",
        "'\"messages\":[]'                                           | 100000000 + 0 * 0",
      })
  void inBoundedAnythingCanBeHeldFor(String members, String sum) {
    String[] parts = sum.split("[ +*]+", -1);
    long expected = Long.parseLong(parts[0]) + Long.parseLong(parts[1]) * Long.parseLong(parts[2]);

    assertThat(nanos(HoldMode.BOUNDED, body(members, 90))).isEqualTo(expected);
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
        "'\"model\":\"a/cheap\"'                      | 90 | 90000 + 100 * 2000",
        "'\"model\":\"a/cheap\",\"max_tokens\":7'     | 90 | 90000 + 7 * 2000",
        "'\"model\":\"a/cheap\",\"max_tokens\":7000'  | 90 | 90000 + 100 * 2000",
        // Without a bound on the answer that of the context holds.
        "'\"model\":\"a/dear\"'                       | 90 | 10270000 + 1000 * 30000",
        // More bytes than the context has tokens.
        "'\"model\":\"a/cheap\",\"max_tokens\":7'     | 5000 | 1000000 + 7 * 2000"
      })
  void inStrictTheBoundIsTheModelsOwnOrTheRequests(String members, int bytes, String sum) {
    String[] parts = sum.split("[ +*]+", -1);
    long expected = Long.parseLong(parts[0]) + Long.parseLong(parts[1]) * Long.parseLong(parts[2]);

    assertThat(nanos(HoldMode.STRICT, body(members, bytes))).isEqualTo(expected);
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

    assertThat(meter(HoldMode.STRICT).quote(sketch, RequestKind.CHAT, Markup.NONE))
        .isInstanceOf(Quote.Unbounded.class);
  }

  @Test
  void inStrictNothingIsQuotedBeforeThereArePrices() {
    Meter meter =
        new Meter(
            new PriceBook(),
            new MeterOptions(
                HoldMode.STRICT, 1, Money.parse("1"), Money.parse("1"), Unresolved.HOLD, true));

    assertThat(meter.quote(sketch(""), RequestKind.CHAT, Markup.NONE))
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

    assertThat(meter(HoldMode.BOUNDED).quote(sketch, RequestKind.CHAT, Markup.parse("50%")))
        .isInstanceOfSatisfying(
            Quote.Estimated.class,
            quote -> assertThat(quote.amount()).isEqualTo(new Money(48_000)));
  }

  @Test
  void anAnswerWithoutTokensOfItsOwnIsHeldForByThePromptAlone() {
    RequestSketch sketch = sketch(body("\"model\":\"a/cheap\"", 90));

    assertThat(meter(HoldMode.BOUNDED).quote(sketch, RequestKind.EMBEDDING, Markup.NONE))
        .isInstanceOfSatisfying(
            Quote.Estimated.class,
            quote -> assertThat(quote.amount()).isEqualTo(new Money(30_000)));
  }

  // --- after

  private static final Quote.Estimated QUOTE =
      new Quote.Estimated(
          new Money(1_000_000),
          RequestKind.CHAT,
          30,
          new ModelPrice(
              new BigDecimal("0.000001"),
              new BigDecimal("0.000002"),
              BigDecimal.ZERO,
              null,
              100,
              1000));
  private static final Money HELD = new Money(800_000);

  private static @Nullable Reading reading(@Nullable String body) {
    if (body == null) {
      return null;
    }
    UsageTap tap = UsageTap.of("application/json", null, Cost.LARGEST);
    tap.feed(ByteBuffer.wrap(body.getBytes(UTF_8)));
    tap.end();
    return tap.reading();
  }

  private static Verdict verdict(
      Meter meter,
      boolean sent,
      int status,
      boolean finished,
      @Nullable String id,
      @Nullable String body) {
    return meter.verdict(
        QUOTE, HELD, Markup.NONE, new Ending(sent, status, finished, id, reading(body)));
  }

  private static Verdict verdict(int status, boolean finished, @Nullable String id, String body) {
    return verdict(meter(HoldMode.BOUNDED), true, status, finished, id, body);
  }

  private static Verdict.Charge charge(long nanos, String literal, Flag... flags) {
    return new Verdict.Charge(
        new Money(nanos), new Money(nanos), literal, Set.of(flags), Tokens.NONE, null);
  }

  private static final String COST = "{\"usage\":{\"cost\":0.0001}}";

  @Test
  void whatWasNotSentIsReleased() {
    assertThat(verdict(meter(HoldMode.BOUNDED), false, 0, false, null, null))
        .isEqualTo(new Verdict.Release());
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 400, 402, 429, 500, 503})
  void whatTheUpstreamRefusedIsReleased(int status) {
    assertThat(verdict(status, true, "gen-1", "{\"error\":{}}")).isEqualTo(new Verdict.Release());
    assertThat(verdict(status, false, "gen-1", "{\"err")).isEqualTo(new Verdict.Release());
  }

  @Test
  void aRefusalWithACostIsCharged() {
    assertThat(verdict(500, true, "gen-1", COST)).isEqualTo(charge(100_000, "0.0001"));
  }

  @Test
  void aCostIsCharged() {
    assertThat(verdict(200, true, "gen-1", COST)).isEqualTo(charge(100_000, "0.0001"));
  }

  @Test
  void aWholeAnswerIsChargedAlsoWhenItsConnectionBroke() {
    assertThat(verdict(200, false, "gen-1", COST)).isEqualTo(charge(100_000, "0.0001"));
  }

  @Test
  void ofABrokenAnswerTheCostSeenIsOnlyWhatIsHeldMeanwhile() {
    assertThat(verdict(200, false, "gen-1", "{\"usage\":{\"cost\":0.0001},"))
        .isEqualTo(new Verdict.Await(new Money(100_000), new Money(100_000)));
  }

  @Test
  void ofABrokenAnswerThatCannotBeAskedForTheCostSeenIsCharged() {
    assertThat(verdict(200, false, null, "{\"usage\":{\"cost\":0.0001},"))
        .isEqualTo(charge(100_000, "0.0001"));
  }

  @Test
  void anErrorWithoutUsageInA200IsAskedFor() {
    assertThat(verdict(200, true, "gen-1", "{\"error\":{\"code\":502}}"))
        .isEqualTo(new Verdict.Await(new Money(30_000), Money.ZERO));
  }

  @Test
  void anErrorWithTokensAndNoCostIsAskedForAndNotEstimated() {
    assertThat(
            verdict(
                200,
                true,
                "gen-1",
                "{\"model\":\"a/cheap\",\"error\":{},\"usage\":{\"prompt_tokens\":5}}"))
        .isInstanceOf(Verdict.Await.class);
  }

  @Test
  void aRequestThatWasSentAndNeverAnsweredIsUnresolved() {
    assertThat(verdict(meter(HoldMode.BOUNDED), true, 0, false, null, null))
        .isEqualTo(charge(0, "", Flag.UNRESOLVED));
  }

  @ParameterizedTest
  @EnumSource(Unresolved.class)
  void whatIsUnresolvedIsClosedAsConfigured(Unresolved unresolved) {
    Verdict verdict =
        verdict(
            meter(HoldMode.BOUNDED, unresolved, true),
            true,
            200,
            true,
            null,
            "{\"model\":\"a/cheap\",\"choices\":[{\"message\":{\"content\":\"12345678\"}}]}");

    long expected =
        switch (unresolved) {
          // The prompt and two tokens.
          case ESTIMATE -> 30_000 + 2 * 2_000;
          case HOLD -> HELD.nanos();
          case RELEASE -> 0;
        };
    assertThat(verdict)
        .isInstanceOfSatisfying(
            Verdict.Charge.class,
            charge -> {
              assertThat(charge.charge().nanos()).isEqualTo(expected);
              assertThat(charge.flags()).containsExactly(Flag.UNRESOLVED);
            });
  }

  @Test
  void aGenericUpstreamIsNotAskedForAGeneration() {
    assertThat(
            verdict(
                meter(HoldMode.BOUNDED, Unresolved.ESTIMATE, false), true, 200, true, "x", "{}"))
        .isInstanceOf(Verdict.Charge.class);
  }

  @Test
  void aHoldIsNeverMadeLargerByWhatItMayHaveCost() {
    assertThat(verdict(200, false, "gen-1", "{\"usage\":{\"cost\":0.01},"))
        .isEqualTo(new Verdict.Await(HELD, new Money(10_000_000)));
  }

  private static Quote strict(RequestKind kind, String body) {
    return meter(HoldMode.STRICT)
        .quote(RequestSketch.of(body.getBytes(UTF_8), kind, null), kind, Markup.NONE);
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
