package dev.tollgate.gateway.meter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.ledger.HoldMode;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.meter.Ending.Cause;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies and answers that try to look cheaper than they are. */
class MeterAbuseTest {
  private static final String MODELS =
      """
      {"data":[
       {"id":"a/cheap","canonical_slug":"a/cheap-2026","context_length":100000,
        "pricing":{"prompt":"0.000001","completion":"0.000002"},
        "top_provider":{"max_completion_tokens":10000}},
       {"id":"a/image","context_length":100000,
        "pricing":{"prompt":"0.0000003","completion":"0.0000025","image_output":"0.00003",
          "internal_reasoning":"0.00001","web_search":"0.01"},
        "top_provider":{"max_completion_tokens":10000}},
       {"id":"openrouter/auto","pricing":{"prompt":"-1","completion":"-1"}}]}
      """;

  private static Meter meter(HoldMode mode, boolean generations, String maxCost) {
    PriceBook prices = new PriceBook();
    prices.replace(MODELS.getBytes(StandardCharsets.UTF_8));
    return new Meter(
        prices,
        new MeterOptions(
            mode,
            4096,
            Money.parse("0.10"),
            Money.parse(maxCost),
            MeterOptions.Unresolved.ESTIMATE,
            generations));
  }

  private static RequestSketch sketch(String body) {
    return RequestSketch.of(body.getBytes(StandardCharsets.UTF_8), RequestKind.CHAT, null);
  }

  private static Quote strict(String body) {
    return quote(meter(HoldMode.STRICT, true, "1000"), body, Markup.NONE);
  }

  private static Quote quote(Meter meter, String body, Markup markup) {
    return meter.quote(sketch(body), RequestKind.CHAT, markup, Map.of());
  }

  private static Quote.Estimated estimated(Meter meter, String body) {
    return (Quote.Estimated) quote(meter, body, Markup.NONE);
  }

  private static Ending ending(Cause cause, int status, @Nullable String id, Reading reading) {
    return new Ending(cause, true, status, id, reading);
  }

  /** The whole ceiling of a/cheap: 10,000 tokens at 2e-6. */
  private static final Money CEILING = Money.parse("0.02");

  // In strict the hold must be the ceiling unless the upstream is sure to honour the bound.
  @ParameterizedTest
  @ValueSource(
      strings = {
        // the chat route does not know this one and ignores it
        "{'model':'a/cheap','messages':[],'max_output_tokens':1}",
        // the last member wins upstream, and says: no bound
        "{'model':'a/cheap','messages':[],'max_tokens':1,'max_tokens':null}",
        // below the least that is allowed
        "{'model':'a/cheap','messages':[],'max_tokens':0}",
      })
  void strictHoldsTheCeilingWhereTheBoundIsNone(String body) {
    Quote quote = strict(body.replace('\'', '"'));
    assertThat(quote).isInstanceOf(Quote.Estimated.class);
    assertThat(((Quote.Estimated) quote).amount()).isGreaterThanOrEqualTo(CEILING);
  }

  // Some upstreams read a number in a string, others do not.
  @Test
  void strictRefusesABoundInTheFormOfAString() {
    assertThat(strict("{\"model\":\"a/cheap\",\"max_tokens\":1,\"max_tokens\":\"10000\"}"))
        .isInstanceOf(Quote.Unbounded.class);
  }

  // A later null takes the model away: the account's default (openrouter/auto) answers.
  @Test
  void strictRefusesAModelThatIsTakenBack() {
    assertThat(strict("{\"model\":\"a/cheap\",\"messages\":[],\"model\":null,\"max_tokens\":1}"))
        .isInstanceOf(Quote.Unbounded.class);
  }

  // What is not in the body cannot be bounded by its size.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'model':'a/cheap','max_tokens':1,'messages':[{'role':'user','content':"
            + "[{'type':'image_url','image_url':{'url':'https://x/y.png'}}]}]}",
        "{'model':'a/cheap','max_tokens':1,'messages':[],'plugins':[{'id':'web'}]}",
        "{'model':'a/cheap','max_tokens':1,'messages':[],"
            + "'tools':[{'type':'openrouter:web_search'}]}",
        "{'model':'a/cheap:online','max_tokens':1,'messages':[]}",
        "{'model':'a/cheap','max_tokens':1,'messages':[],'plugins':[{'id':'auto-router'}]}",
      })
  void strictDoesNotLetTheUnboundedThrough(String body) {
    Quote quote = strict(body.replace('\'', '"'));
    // Either refused, or at least a cent (one web search; a context full of image).
    assertThat(
            quote instanceof Quote.Unbounded
                || ((Quote.Estimated) quote).amount().compareTo(Money.parse("0.01")) >= 0)
        .as(quote.toString())
        .isTrue();
  }

  // More than can be counted is held as less than what is a lot.
  @Test
  void aGreaterRequestIsNeverHeldForWithLess() {
    Meter meter = meter(HoldMode.BOUNDED, true, "1000");
    String body = "{\"model\":\"a/cheap\",\"messages\":[],\"max_tokens\":1000000000,\"n\":%d}";
    Quote.Estimated less =
        (Quote.Estimated) quote(meter, body.formatted(100_000), Markup.parse("100%"));
    Quote.Estimated more =
        (Quote.Estimated) quote(meter, body.formatted(1_000_000), Markup.parse("1000%"));
    assertThat(more.amount()).isGreaterThanOrEqualTo(less.amount());
  }

  private static Reading read(String type, String body) {
    UsageTap tap = UsageTap.of(RequestKind.CHAT, type, null, Cost.LARGEST);
    tap.feed(ByteBuffer.wrap(body.getBytes(StandardCharsets.UTF_8)));
    tap.end();
    return tap.reading();
  }

  // An answer whose model is spelt in a way that the list does not know.
  @Test
  void anAnswerOfAnUnlistedSpellingIsPricedByTheModelThatWasAskedFor() {
    Meter meter = meter(HoldMode.BOUNDED, false, "1000");
    Quote.Estimated quote =
        estimated(meter, "{\"model\":\"a/cheap\",\"messages\":[],\"max_tokens\":100000}");
    Reading reading =
        read(
            "text/event-stream",
            "data: {\"model\":\"a/cheap-2026-07-01\",\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n");
    Verdict verdict =
        meter.verdict(
            quote, quote.amount(), Markup.NONE, ending(Cause.UPSTREAM_FAILED, 200, null, reading));
    // Two characters were delivered: a few micro-dollars, not the whole 0.20.
    assertThat(((Verdict.Charge) verdict).charge()).isLessThan(Money.parse("0.001"));
  }

  // The same without a model in the answer.
  @Test
  void anAnswerThatNamesNoModelIsEstimatedByWhatWasDelivered() {
    Meter meter = meter(HoldMode.BOUNDED, true, "1000");
    Quote.Estimated quote =
        estimated(meter, "{\"model\":\"a/cheap\",\"messages\":[],\"max_tokens\":100000}");
    Reading reading =
        read("text/event-stream", "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n");
    Verdict verdict =
        meter.verdict(
            quote,
            quote.amount(),
            Markup.NONE,
            ending(Cause.UPSTREAM_FAILED, 200, "gen-1", reading));
    Verdict.Await await = (Verdict.Await) verdict;
    assertThat(await.fallback().charge()).isLessThan(Money.parse("0.001"));
    // A bound until the look-up: what was held stays held.
    assertThat(await.amount()).isEqualTo(quote.amount());
  }

  // Tokens and a known price (the requested model's), and yet no estimate from them.
  @Test
  void tokensOfAnAnswerOfUnlistedSpellingArePriced() {
    Meter meter = meter(HoldMode.BOUNDED, false, "1000");
    Quote.Estimated quote =
        estimated(meter, "{\"model\":\"a/cheap\",\"messages\":[],\"max_tokens\":100000}");
    Reading reading =
        read(
            "application/json",
            "{\"model\":\"a/cheap-2026-07-01\",\"choices\":[{\"message\":{\"content\":\"Hi\"}}],"
                + "\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":1}}");
    Verdict verdict =
        meter.verdict(
            quote, quote.amount(), Markup.NONE, ending(Cause.COMPLETE, 200, null, reading));
    assertThat(((Verdict.Charge) verdict).charge()).isEqualTo(Money.parse("0.000012"));
  }

  // The router's answer names a model of known price; what was delivered can be estimated.
  @Test
  void aRoutersAnswerIsEstimatedByTheModelThatAnswered() {
    Meter meter = meter(HoldMode.BOUNDED, false, "1000");
    Quote.Estimated quote = estimated(meter, "{\"model\":\"openrouter/auto\",\"messages\":[]}");
    Reading reading =
        read(
            "text/event-stream",
            "data: {\"model\":\"a/cheap\",\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n");
    Verdict verdict =
        meter.verdict(
            quote, quote.amount(), Markup.NONE, ending(Cause.UPSTREAM_FAILED, 200, null, reading));
    assertThat(((Verdict.Charge) verdict).charge()).isLessThan(Money.parse("0.001"));
  }

  // An output count that cannot be read is taken for nothing.
  @ParameterizedTest
  @ValueSource(strings = {"5000.0", "5e3", "\"5000\"", "null"})
  void unreadableCompletionTokensAreNotFree(String tokens) {
    Meter meter = meter(HoldMode.BOUNDED, false, "1000");
    Quote.Estimated quote = estimated(meter, "{\"model\":\"a/cheap\",\"messages\":[]}");
    Reading reading =
        read(
            "application/json",
            "{\"model\":\"a/cheap\",\"choices\":[{\"message\":{\"content\":\""
                + "word ".repeat(5000)
                + "\"}}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":"
                + tokens
                + "}}");
    Verdict verdict =
        meter.verdict(
            quote, quote.amount(), Markup.NONE, ending(Cause.COMPLETE, 200, null, reading));
    assertThat(((Verdict.Charge) verdict).charge()).isGreaterThan(Money.parse("0.005"));
  }

  // An exception out of verdict() leaves the hold open for good.
  @Test
  void verdictDoesNotThrow() {
    Meter meter = meter(HoldMode.BOUNDED, true, "9000000000");
    Quote.Estimated quote = estimated(meter, "{\"model\":\"a/cheap\",\"messages\":[]}");
    Reading reading =
        read(
            "application/json",
            "{\"model\":\"a/cheap\",\"usage\":{\"prompt_tokens\":8000000000000000}}");
    assertThatCode(
            () ->
                meter.verdict(
                    quote,
                    quote.amount(),
                    Markup.parse("1000%"),
                    ending(Cause.COMPLETE, 200, "gen-1", reading)))
        .doesNotThrowAnyException();
  }

  // An outage whose error body carries an empty usage locks the hold for a day.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"error\":{\"code\":503},\"usage\":{}}",
        "{\"error\":{\"code\":503},\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":0}}"
      })
  void anErrorWithAnEmptyUsageIsReleased(String body) {
    Meter meter = meter(HoldMode.BOUNDED, true, "1000");
    Quote.Estimated quote = estimated(meter, "{\"model\":\"a/cheap\",\"messages\":[]}");
    Verdict verdict =
        meter.verdict(
            quote,
            quote.amount(),
            Markup.NONE,
            ending(Cause.COMPLETE, 503, "gen-1", read("application/json", body)));
    assertThat(verdict).isInstanceOf(Verdict.Release.class);
  }

  // The reasoning of other servers, and what was spoken.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'reasoning_content':'long thoughts'}",
        "{'audio':{'data':'AAAA','transcript':'Hello'}}",
      })
  void whatWasDeliveredIsNotNothing(String delta) {
    assertThat(
            read(
                    "text/event-stream",
                    "data: {\"choices\":[{\"delta\":" + delta.replace('\'', '"') + "}]}\n\n")
                .delivered()
                .tokens())
        .isPositive();
  }

  // Usage is read from its own place only, however the bytes are cut.
  @Test
  void theReadingDoesNotDependOnHowTheBytesAreCut() {
    String body =
        ": OPENROUTER PROCESSING\r\n\r\ndata: {\"debug\":{\"echo_upstream_body\":{\"usage\":"
            + "{\"cost\":9}}},\"choices\":[]}\r\n\r\n"
            + "data: {\"model\":\"m\\u0000\\ud83d\\ude00\",\"choices\":[{\"delta\":{\"content\":"
            + "\"\\\"usage\\\":{\\\"cost\\\":7} €\",\"tool_calls\":[{\"function\":{\"arguments\":"
            + "\"{\\\"usage\\\":{\\\"cost\\\":8}}\",\"usage\":{\"cost\":6}}}]}}]}\r\r"
            + "data: {\"usage\":null}\n\ndata: {\"us\\u0061ge\":{\"cost\":1.5e-3,\"x\":[{\"usage\":"
            + "{\"cost\":5}}],\"prompt_tokens\":3}\ndata: }\n\ndata:[DONE]\n\n";
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    UsageTap whole = UsageTap.of(RequestKind.CHAT, "text/event-stream", null, Cost.LARGEST);
    whole.feed(ByteBuffer.wrap(bytes));
    whole.end();
    assertThat(whole.reading().whole()).isTrue();
    assertThat(whole.reading().usage().orElseThrow().cost().literal()).isEqualTo("1.5e-3");
    Random random = new Random(1);
    for (int round = 0; round < 2000; round++) {
      UsageTap tap = UsageTap.of(RequestKind.CHAT, "text/event-stream", null, Cost.LARGEST);
      int i = 0;
      while (i < bytes.length) {
        int n = Math.min(bytes.length - i, 1 + random.nextInt(round % 50 + 1));
        tap.feed(ByteBuffer.wrap(bytes, i, n));
        i += n;
      }
      tap.end();
      assertThat(tap.reading()).isEqualTo(whole.reading());
    }
  }

  // Nothing comes out of the reader or the sketch but a result.
  @Test
  void mutatedInputThrowsNothing() {
    String[] seeds = {
      "{\"model\":\"a\",\"models\":[\"b\",{}],\"max_tokens\":1e3,\"n\":2,\"stream\":true}",
      "{\"choices\":[{\"message\":{\"content\":\"\\u12ab\\n\"}}],\"usage\":{\"cost\":1e-7,"
          + "\"cost_details\":{\"upstream_inference_cost\":1},\"is_byok\":true}}",
      "{\"data\":{\"total_cost\":1.5,\"is_byok\":true,\"upstream_inference_cost\":\"x\"}}",
    };
    Random random = new Random(2);
    for (int round = 0; round < 200_000; round++) {
      byte[] bytes = seeds[round % seeds.length].getBytes(StandardCharsets.UTF_8);
      for (int k = random.nextInt(6); k >= 0; k--) {
        int at = random.nextInt(bytes.length);
        bytes[at] =
            random.nextBoolean()
                ? (byte) random.nextInt(256)
                : (byte) "{}[]\",:\\u0eE+-.".charAt(random.nextInt(15));
      }
      RequestSketch.of(bytes, RequestKind.CHAT, null).model();
      Generation.read(bytes, Cost.LARGEST);
      AnswerReader reader =
          new AnswerReader(
              AnswerTable.of(RequestKind.CHAT),
              (json, offset, length) ->
                  Usage.of(json, offset, length, Cost.LARGEST).consumption(RequestKind.CHAT, 1));
      reader.feed(bytes, 0, bytes.length);
      reader.finish();
      reader.model();
    }
  }

  // Deep, wide and long answers take linear time.
  @Test
  @org.junit.jupiter.api.Timeout(30)
  void noBlowUp() {
    read("application/json", "[".repeat(5_000_000));
    read("application/json", "{\"usage\":{\"cost\":" + "1".repeat(5_000_000) + "}}");
    read("application/json", "{\"usage\":{\"cost\":" + "1".repeat(60_000) + "}}");
    read("text/event-stream", "data: {\"usage\":{\"cost\":1}}\n\n".repeat(200_000));
    read("text/event-stream", "data\n".repeat(1_000_000));
    sketch("{\"a\":" + "[".repeat(900_000));
    sketch("{\"models\":[" + "\"m\",".repeat(200_000) + "\"m\"]}");
    sketch("{\"max_tokens\":" + "9".repeat(900_000) + "}");
    sketch("{\"max_tokens\":1e" + "9".repeat(900) + "}");
  }

  // Gzip, cut anywhere, torn anywhere.
  @Test
  void gzipCutAndTornThrowsNothing() throws Exception {
    byte[] plain =
        ("data: {\"choices\":[{\"delta\":{\"content\":\"abc\"}}]}\n\n".repeat(50)
                + "data: {\"usage\":{\"cost\":1.5e-3}}\n\ndata: [DONE]\n\n")
            .getBytes(StandardCharsets.UTF_8);
    java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
    for (int member = 0; member < 2; member++) {
      try (java.util.zip.GZIPOutputStream gzip = new java.util.zip.GZIPOutputStream(out)) {
        gzip.write(plain, member * plain.length / 2, plain.length / 2 + member * plain.length % 2);
      }
    }
    byte[] bytes = out.toByteArray();
    Random random = new Random(3);
    for (int round = 0; round < 3000; round++) {
      byte[] input = bytes.clone();
      boolean torn = round % 2 == 1;
      if (torn) {
        input[random.nextInt(input.length)] ^= (byte) (1 + random.nextInt(255));
      }
      UsageTap tap = UsageTap.of(RequestKind.CHAT, "text/event-stream", "gzip", Cost.LARGEST);
      for (int i = 0; i < input.length; ) {
        int n = Math.min(input.length - i, 1 + random.nextInt(round % 30 + 1));
        tap.feed(ByteBuffer.wrap(input, i, n));
        i += n;
      }
      tap.end();
      if (!torn) {
        assertThat(tap.reading().whole()).isTrue();
        assertThat(tap.reading().delivered().characters()).isEqualTo(150);
      }
    }
  }

  // Odd answers of /generation are no charge.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "<html>",
        "[]",
        "null",
        "{}",
        "{\"error\":{\"code\":500}}",
        "{\"data\":null}",
        "{\"data\":[]}",
        "{\"data\":{}}",
        "{\"data\":{\"total_cost\":null}}",
        "{\"data\":{\"total_cost\":\"0.01\"}}",
        "{\"data\":{\"total_cost\":{}}}",
        "{\"data\":{\"usage\":0.5,\"is_byok\":true,\"upstream_inference_cost\":3}}",
        "{\"data\":{\"total_cost\":0.5}",
        "{\"data\":{\"total_cost\":.5}}",
      })
  void oddGenerationsAreNoCharge(String body) {
    assertThat(
            Generation.read(body.getBytes(StandardCharsets.UTF_8), Cost.LARGEST)
                .filter(found -> !(found.cost() instanceof Cost.Missing)))
        .isEmpty();
  }
}
