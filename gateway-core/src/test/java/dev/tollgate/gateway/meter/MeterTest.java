package dev.tollgate.gateway.meter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.ledger.Fallback;
import dev.tollgate.gateway.ledger.Flag;
import dev.tollgate.gateway.ledger.Hold;
import dev.tollgate.gateway.ledger.HoldMode;
import dev.tollgate.gateway.ledger.HoldRequest;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Tokens;
import dev.tollgate.gateway.meter.Ending.Cause;
import dev.tollgate.gateway.meter.MeterOptions.Unresolved;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a hold, by the end of its request. */
class MeterTest {
  /** A token of the input costs 1,000 nanos, one of the output 2,000. */
  private static final String PRICES =
      """
      {"data":[
        {"id":"a/cheap","pricing":{"prompt":"0.000001","completion":"0.000002"},
         "context_length":1000,"top_provider":{"max_completion_tokens":100}},
        {"id":"a/free","pricing":{"prompt":"0","completion":"0"}}]}
      """;

  private static final int BODY_BYTES = 90;
  private static final int PROMPT_TOKENS = 30;
  private static final Money HELD = new Money(800_000);

  /** Answers to chat completions. */
  private enum Answer {
    EMPTY(""),
    COST("{'usage':{'cost':0.0001}}"),
    CUT_AFTER_COST("{'usage':{'cost':0.0001},"),
    NEGATIVE("{'usage':{'cost':-1}}"),
    NOT_FINITE("{'usage':{'cost':NaN}}"),
    ABSURD("{'usage':{'cost':11}}"),
    /** 10 tokens and 5 tokens: 20,000 nanos. */
    TOKENS("{'usage':{'prompt_tokens':10,'completion_tokens':5}}"),
    TOKENS_AND_A_COST_IN_WORDS(
        "{'usage':{'prompt_tokens':10,'completion_tokens':5,'cost':'0.01'}}"),
    CUT_AFTER_TOKENS("{'usage':{'prompt_tokens':10,'completion_tokens':5},"),
    PROMPT_TOKENS_ONLY("{'usage':{'prompt_tokens':10}}"),
    /** Eight characters, so two tokens beside the 30 of the prompt: 34,000 nanos. */
    TEXT("{'choices':[{'message':{'content':'12345678'}}]}"),
    CUT_TEXT("{'choices':[{'message':{'content':'12345678'}}],"),
    /** Four tokens named so far, two delivered. */
    CUT_TEXT_AND_OUTPUT(
        "{'choices':[{'message':{'content':'12345678'}}],'usage':{'completion_tokens':4},"),
    /** Ten tokens of the prompt named so far, two delivered. */
    CUT_TEXT_AND_INPUT(
        "{'choices':[{'message':{'content':'12345678'}}],'usage':{'prompt_tokens':10},"),
    ERROR("{'error':{'code':502}}"),
    ERROR_AFTER_TEXT("{'choices':[{'message':{'content':'12345678'}}],'error':{'code':502}}"),
    ERROR_AND_TOKENS("{'error':{'code':502},'usage':{'prompt_tokens':10,'completion_tokens':5}}");

    final Reading reading;

    Answer(String body) {
      this.reading = read(body.replace('\'', '"'));
    }
  }

  private static Reading read(String body) {
    UsageTap tap = meter(Unresolved.ESTIMATE, true).tap(RequestKind.CHAT, null, null);
    tap.feed(ByteBuffer.wrap(body.getBytes(UTF_8)));
    tap.end();
    return tap.reading();
  }

  private static Meter meter(Unresolved unresolved, boolean lookUp) {
    PriceBook prices = new PriceBook();
    prices.replace(PRICES.getBytes(UTF_8));
    return new Meter(
        prices,
        new MeterOptions(
            HoldMode.BOUNDED, 50, Money.parse("0.10"), Money.parse("10"), unresolved, lookUp));
  }

  private static Quote.Estimated quote(String members) {
    String body = "{\"model\":\"a/cheap\"" + members + "}";
    byte[] padded = (body + " ".repeat(BODY_BYTES - body.length())).getBytes(UTF_8);
    return (Quote.Estimated)
        meter(Unresolved.ESTIMATE, true)
            .quote(
                RequestSketch.of(padded, RequestKind.CHAT, null),
                RequestKind.CHAT,
                Markup.NONE,
                Map.of());
  }

  private static Verdict verdict(
      Unresolved unresolved, boolean lookUp, Cause cause, int status, @Nullable Answer answer) {
    String id = status == 0 ? null : "gen-1";
    Reading reading = answer == null ? null : answer.reading;
    return meter(unresolved, lookUp)
        .verdict(quote(""), HELD, Markup.NONE, new Ending(cause, true, status, id, reading));
  }

  /** A verdict in a few words: what is held or charged, in nanos, and its flags. */
  private static String inWords(Verdict verdict) {
    if (verdict instanceof Verdict.Release) {
      return "RELEASED";
    }
    if (verdict instanceof Verdict.Await await) {
      Fallback fallback = await.fallback();
      return "PENDING %d, %s %s"
          .formatted(
              await.amount().nanos(),
              fallback.source(),
              inWords(fallback.charge(), Flag.format(fallback.flags())));
    }
    Verdict.Charge charge = (Verdict.Charge) verdict;
    return inWords(charge.charge(), Flag.format(charge.flags()));
  }

  private static String inWords(Money charge, String flags) {
    return flags.isEmpty() ? "" + charge.nanos() : charge.nanos() + " " + flags;
  }

  @ParameterizedTest
  @EnumSource(Unresolved.class)
  void whatWasNotSentIsReleased(Unresolved unresolved) {
    Ending ending = new Ending(Cause.FAILED, false, 0, null, null);

    assertThat(meter(unresolved, true).verdict(quote(""), HELD, Markup.NONE, ending))
        .isEqualTo(new Verdict.Release());
    assertThat(meter(unresolved, false).verdict(quote(""), HELD, Markup.NONE, ending))
        .isEqualTo(new Verdict.Release());
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 400, 402, 429, 500, 503})
  void whatTheUpstreamRefusedWithoutUsageIsReleased(int status) {
    for (boolean lookUp : new boolean[] {true, false}) {
      for (Answer answer : new Answer[] {Answer.EMPTY, Answer.ERROR, Answer.CUT_TEXT}) {
        for (Cause cause : Cause.values()) {
          assertThat(verdict(Unresolved.HOLD, lookUp, cause, status, answer))
              .isEqualTo(new Verdict.Release());
        }
      }
    }
  }

  /** The contract's table "Charge and flag by the end of a request", with a look-up. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      useHeadersInDisplayName = true,
      textBlock =
          """
      CAUSE           | STATUS | ANSWER                     | VERDICT
      COMPLETE        | 200    | COST                       | 100000
      COMPLETE        | 500    | COST                       | 100000
      UPSTREAM_FAILED | 200    | COST                       | 100000
      CLIENT_GONE     | 200    | COST                       | 100000
      COMPLETE        | 200    | NEGATIVE                   | 800000 negative_cost
      COMPLETE        | 200    | NOT_FINITE                 | 800000 not_finite_cost
      COMPLETE        | 200    | ABSURD                     | 800000 absurd_cost
      COMPLETE        | 200    | TOKENS                     | PENDING 800000, TOKENS 20000 estimated
      COMPLETE        | 500    | TOKENS                     | PENDING 800000, TOKENS 20000 estimated
      COMPLETE        | 500    | PROMPT_TOKENS_ONLY         | PENDING 800000, ESTIMATE 10000
      COMPLETE        | 200    | TOKENS_AND_A_COST_IN_WORDS | PENDING 800000, TOKENS 20000 estimated,unreadable_cost
      COMPLETE        | 200    | ERROR_AND_TOKENS           | PENDING 800000, TOKENS 20000 estimated
      COMPLETE        | 200    | TEXT                       | PENDING 800000, ESTIMATE 34000
      COMPLETE        | 200    | CUT_AFTER_COST             | PENDING 800000, COST 100000
      UPSTREAM_FAILED | 200    | CUT_AFTER_COST             | PENDING 800000, COST 100000 unresolved
      UPSTREAM_FAILED | 200    | CUT_AFTER_TOKENS           | PENDING 800000, ESTIMATE 20000
      COMPLETE        | 200    | CUT_TEXT                   | PENDING 800000, ESTIMATE 34000
      UPSTREAM_FAILED | 200    | CUT_TEXT                   | PENDING 800000, ESTIMATE 34000
      UPSTREAM_FAILED | 200    | CUT_TEXT_AND_OUTPUT        | PENDING 800000, ESTIMATE 38000
      UPSTREAM_FAILED | 200    | CUT_TEXT_AND_INPUT         | PENDING 800000, ESTIMATE 14000
      CLIENT_GONE     | 200    | CUT_TEXT                   | PENDING 800000, ESTIMATE 34000
      SHUTDOWN        | 200    | CUT_TEXT                   | PENDING 800000, ESTIMATE 34000
      UPSTREAM_FAILED | 200    | EMPTY                      | PENDING 800000, ESTIMATE 30000
      COMPLETE        | 200    | ERROR                      | PENDING 30000, ESTIMATE 30000
      UPSTREAM_FAILED | 200    | ERROR                      | PENDING 30000, ESTIMATE 30000
      CLIENT_GONE     | 200    | ERROR                      | PENDING 800000, ESTIMATE 30000
      COMPLETE        | 200    | ERROR_AFTER_TEXT           | PENDING 800000, ESTIMATE 34000
      """)
  void whereALookUpIsPossible(Cause cause, int status, Answer answer, String verdict) {
    for (Unresolved unresolved : Unresolved.values()) {
      assertThat(inWords(verdict(unresolved, true, cause, status, answer))).isEqualTo(verdict);
    }
  }

  /** The same table without a look-up, where the answer itself tells the charge. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      useHeadersInDisplayName = true,
      textBlock =
          """
      CAUSE           | STATUS | ANSWER                     | VERDICT
      COMPLETE        | 200    | COST                       | 100000
      COMPLETE        | 500    | COST                       | 100000
      COMPLETE        | 200    | NEGATIVE                   | 800000 negative_cost
      COMPLETE        | 200    | NOT_FINITE                 | 800000 not_finite_cost
      COMPLETE        | 200    | ABSURD                     | 800000 absurd_cost
      COMPLETE        | 200    | TOKENS                     | 20000 estimated
      COMPLETE        | 429    | TOKENS                     | 20000 estimated
      COMPLETE        | 200    | TOKENS_AND_A_COST_IN_WORDS | 20000 estimated,unreadable_cost
      COMPLETE        | 200    | ERROR_AND_TOKENS           | 20000 estimated
      COMPLETE        | 200    | CUT_AFTER_COST             | 100000
      UPSTREAM_FAILED | 200    | CUT_AFTER_COST             | 100000 unresolved
      CLIENT_GONE     | 200    | CUT_AFTER_COST             | 100000 unresolved
      """)
  void whereNoLookUpIsPossible(Cause cause, int status, Answer answer, String verdict) {
    for (Unresolved unresolved : Unresolved.values()) {
      assertThat(inWords(verdict(unresolved, false, cause, status, answer))).isEqualTo(verdict);
    }
  }

  /** The same table without a look-up, where {@code tollgate.settle.unresolved} decides. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      useHeadersInDisplayName = true,
      textBlock =
          """
      CAUSE           | STATUS | ANSWER              | ESTIMATE
      COMPLETE        | 200    | TEXT                | 34000
      COMPLETE        | 200    | CUT_TEXT            | 34000
      UPSTREAM_FAILED | 200    | CUT_TEXT            | 34000
      UPSTREAM_FAILED | 200    | CUT_AFTER_TOKENS    | 20000
      UPSTREAM_FAILED | 200    | CUT_TEXT_AND_OUTPUT | 38000
      UPSTREAM_FAILED | 200    | CUT_TEXT_AND_INPUT  | 14000
      CLIENT_GONE     | 200    | CUT_TEXT            | 34000
      SHUTDOWN        | 200    | CUT_TEXT            | 34000
      COMPLETE        | 200    | ERROR               | 30000
      COMPLETE        | 200    | ERROR_AFTER_TEXT    | 34000
      UPSTREAM_FAILED | 200    | EMPTY               | 30000
      COMPLETE        | 500    | PROMPT_TOKENS_ONLY  | 10000
      UPSTREAM_FAILED | 200    |                     | 30000
      UPSTREAM_FAILED | 0      |                     | 0
      CLIENT_GONE     | 0      |                     | 30000
      SHUTDOWN        | 0      |                     | 30000
      """)
  void whereTheSettingDecides(
      Cause cause, int status, @Nullable Answer answer, long estimateNanos) {
    assertThat(inWords(verdict(Unresolved.ESTIMATE, false, cause, status, answer)))
        .isEqualTo(estimateNanos + " unresolved");
    assertThat(inWords(verdict(Unresolved.HOLD, false, cause, status, answer)))
        .isEqualTo("800000 unresolved");
    assertThat(inWords(verdict(Unresolved.RELEASE, false, cause, status, answer)))
        .isEqualTo("0 unresolved");
  }

  @Test
  void withoutAnIdAnOpenrouterAnswerIsSettledAtOnce() {
    Ending ending = new Ending(Cause.COMPLETE, true, 200, null, Answer.TOKENS.reading);

    assertThat(inWords(meter(Unresolved.HOLD, true).verdict(quote(""), HELD, Markup.NONE, ending)))
        .isEqualTo("20000 estimated");
  }

  @Test
  void aChargeKeepsTheCostItsTextAndTheTokens() {
    Ending ending =
        new Ending(
            Cause.COMPLETE,
            true,
            200,
            "gen-1",
            read(
                "{\"model\":\"b/c\",\"usage\":{\"cost\":1.00e-4,\"prompt_tokens\":10,"
                    + "\"completion_tokens\":5,\"prompt_tokens_details\":{\"cached_tokens\":4}}}"));

    assertThat(
            meter(Unresolved.ESTIMATE, true).verdict(quote(""), HELD, Markup.parse("50%"), ending))
        .isEqualTo(
            new Verdict.Charge(
                new Money(100_000),
                new Money(150_000),
                "1.00e-4",
                Set.of(),
                new Tokens(10, 4, -1, 5, -1),
                "b/c"));
  }

  // --- The look-up of a pending hold, and its end.

  private static Hold pending(Fallback fallback) {
    HoldRequest request =
        new HoldRequest(
            "req_1",
            "prj_1",
            "tg_1",
            HELD,
            HoldMode.BOUNDED,
            Markup.parse("50%"),
            "a/cheap",
            "",
            null,
            Instant.EPOCH);
    return new Hold(
        request,
        Hold.State.PENDING,
        HELD,
        HELD,
        fallback,
        "client_gone",
        "gen-1",
        Instant.EPOCH,
        1,
        Instant.EPOCH);
  }

  private static Fallback fallback(Cause cause, Answer answer) {
    Verdict verdict = verdict(Unresolved.ESTIMATE, true, cause, 200, answer);
    return ((Verdict.Await) verdict).fallback();
  }

  @ParameterizedTest
  @CsvSource({"ESTIMATE, 34000 unresolved", "HOLD, 800000 unresolved", "RELEASE, 0 unresolved"})
  void whereALookUpFindsNothingTheSettingDecides(Unresolved unresolved, String verdict) {
    Hold hold = pending(fallback(Cause.CLIENT_GONE, Answer.CUT_TEXT));

    assertThat(inWords(meter(unresolved, true).giveUp(hold))).isEqualTo(verdict);
  }

  @ParameterizedTest
  @EnumSource(Unresolved.class)
  void whereALookUpFindsNothingNamedTokensAreCharged(Unresolved unresolved) {
    Verdict.Charge charge =
        meter(unresolved, true).giveUp(pending(fallback(Cause.COMPLETE, Answer.TOKENS)));

    assertThat(inWords(charge)).isEqualTo("20000 estimated,unresolved");
    assertThat(charge.tokens()).isEqualTo(new Tokens(10, 5));
  }

  @ParameterizedTest
  @EnumSource(Unresolved.class)
  void whereALookUpFindsNothingANamedCostIsCharged(Unresolved unresolved) {
    Verdict.Charge charge =
        meter(unresolved, true).giveUp(pending(fallback(Cause.COMPLETE, Answer.CUT_AFTER_COST)));

    assertThat(inWords(charge)).isEqualTo("100000 unresolved");
    assertThat(charge.cost()).isEqualTo(new Money(100_000));
    assertThat(charge.literal()).isEqualTo("0.0001");
  }

  @Test
  void aLookUpThatNamesTheCostDecidesWithoutAFlag() {
    Hold hold = pending(fallback(Cause.CLIENT_GONE, Answer.CUT_AFTER_COST));
    byte[] generation = "{\"data\":{\"total_cost\":0.0002,\"model\":\"a/b\"}}".getBytes(UTF_8);

    assertThat(meter(Unresolved.ESTIMATE, true).settle(hold, generation))
        .hasValueSatisfying(
            charge -> {
              assertThat(charge.cost()).isEqualTo(new Money(200_000));
              assertThat(charge.charge()).isEqualTo(new Money(300_000));
              assertThat(charge.flags()).isEmpty();
              assertThat(charge.model()).isEqualTo("a/b");
            });
  }

  @Test
  void aLookUpWithoutTokensLeavesThoseOfTheAnswer() {
    Hold hold = pending(fallback(Cause.COMPLETE, Answer.TOKENS));
    byte[] generation = "{\"data\":{\"total_cost\":0.0002}}".getBytes(UTF_8);

    assertThat(meter(Unresolved.ESTIMATE, true).settle(hold, generation).orElseThrow().tokens())
        .isEqualTo(new Tokens(10, 5));
  }

  @Test
  void aLookUpOfAnImplausibleCostChargesTheWholeHold() {
    Hold hold = pending(fallback(Cause.COMPLETE, Answer.TOKENS));
    byte[] generation = "{\"data\":{\"total_cost\":-1}}".getBytes(UTF_8);

    assertThat(meter(Unresolved.ESTIMATE, true).settle(hold, generation).map(MeterTest::inWords))
        .contains("800000 negative_cost");
  }

  // --- The limits of the estimate.

  /** 400,000 characters look like 100,000 tokens. */
  private static Verdict longAnswer(String members) {
    Reading reading =
        read("{\"choices\":[{\"message\":{\"content\":\"" + "word".repeat(100_000) + "\"}}],");
    return meter(Unresolved.ESTIMATE, false)
        .verdict(
            quote(members),
            HELD,
            Markup.NONE,
            new Ending(Cause.UPSTREAM_FAILED, true, 200, null, reading));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
      ,"max_tokens":7           | 7
      ,"max_tokens":7,"n":3     | 21
      ,"max_tokens":5000        | 5000
      ,"n":3                    | 300
      ,"stream":true            | 100
      """)
  void anEstimateIsBoundedByTheRequestsCapElseTheModelsCeiling(String members, long tokens) {
    assertThat(inWords(longAnswer(members)))
        .isEqualTo(PROMPT_TOKENS * 1_000 + tokens * 2_000 + " unresolved");
  }

  @Test
  void aPictureInTheTextIsEstimatedAsAPicture() {
    Reading reading =
        read(
            "{\"choices\":[{\"message\":{\"content\":\"data:image/png;base64,"
                + "A".repeat(1_000_000)
                + "\"}}],");

    Verdict verdict =
        meter(Unresolved.ESTIMATE, false)
            .verdict(
                quote(",\"max_tokens\":100000"),
                HELD,
                Markup.NONE,
                new Ending(Cause.UPSTREAM_FAILED, true, 200, null, reading));

    // 22 characters are six tokens, and a picture counts as a thousand.
    assertThat(inWords(verdict)).isEqualTo(30_000 + 1_006 * 2_000 + " unresolved");
  }

  @Test
  void whatWasDeliveredOfAFreeModelIsFree() {
    Reading reading =
        read("{\"model\":\"a/free\",\"choices\":[{\"message\":{\"content\":\"12345678\"}}],");

    assertThat(
            inWords(
                meter(Unresolved.ESTIMATE, false)
                    .verdict(
                        quote(""),
                        HELD,
                        Markup.NONE,
                        new Ending(Cause.CLIENT_GONE, true, 200, null, reading))))
        .isEqualTo("0 unresolved");
  }

  /** A number of tokens that nobody can have produced must not empty an account. */
  @ParameterizedTest
  @ValueSource(strings = {"}", ""})
  void tokensThatCostMoreThanTheCapChargeNoMoreThanTheHold(String end) {
    Reading reading =
        read("{\"usage\":{\"prompt_tokens\":900000000000,\"completion_tokens\":5}" + end);

    Verdict verdict =
        meter(Unresolved.ESTIMATE, false)
            .verdict(
                quote(""), HELD, Markup.NONE, new Ending(Cause.COMPLETE, true, 200, null, reading));

    assertThat(inWords(verdict)).isEqualTo("800000 unresolved");
  }
}
