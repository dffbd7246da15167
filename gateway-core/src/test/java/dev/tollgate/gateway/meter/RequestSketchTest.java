package dev.tollgate.gateway.meter;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestSketchTest {
  private static RequestSketch sketch(String body) {
    return RequestSketch.of(body.getBytes(UTF_8), RequestKind.CHAT, null);
  }

  @Test
  void anOrdinaryBodyIsRead() {
    String body =
        "{\"model\":\"acme/m1\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],"
            + "\"stream\":true,\"max_tokens\":100,\"metadata\":{\"model\":\"not/this\"}}";
    assertThat(sketch(body))
        .isEqualTo(
            new RequestSketch(
                body.length(),
                (body.length() + 2) / 3,
                0,
                1,
                false,
                List.of("acme/m1"),
                OptionalLong.of(100),
                0,
                1,
                true,
                true,
                false,
                false,
                List.of(),
                null,
                ProviderChoice.ANY,
                ""));
  }

  @Test
  void everyModelThatMayAnswerIsACandidate() {
    assertThat(
            sketch(
                    "{\"model\":\"a\",\"models\":[\"b\",\"c\"],"
                        + "\"mod\\u0065l\":\"d\",\"models\":[\"e\",\"a\"],\"models\":null}")
                .models())
        .containsExactly("a", "b", "c", "d", "e");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"model\":\"a\",\"model\":null}",
        "{\"model\":\"a\",\"models\":[\"b\",null]}",
        "{\"model\":\"a\",\"models\":[[\"b\"]]}",
        "{\"model\":\"a\",\"models\":{\"b\":1}}",
        "{\"model\":7}"
      })
  void aModelThatIsNoneLeavesNobodyKnowingWhichAnswers(String body) {
    assertThat(sketch(body).models()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '\'',
      value = {
        "'{\"max_tokens\":5,\"max_completion_tokens\":7,\"max_output_tokens\":9}', 7",
        "'{\"max_tokens\":5,\"max_tokens\":4}', 5",
        "'{\"max_tokens\":1e3}', 1000",
        "'{\"max_tokens\":99999999999999999999}', 1000000000",
        "'{\"max_tokens\":1e999999999}', 1000000000"
      })
  void theLargestBoundCounts(String body, long tokens) {
    assertThat(sketch(body).maxTokens()).hasValue(tokens);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"max_tokens\":null}",
        "{\"max_tokens\":-5}",
        "{\"max_tokens\":0}",
        "{\"max_tokens\":5,\"max_tokens\":null}",
        "{\"max_tokens\":5,\"max_completion_tokens\":\"7\"}",
        "{\"max_output_tokens\":5}",
        "{\"max_tokens\":\"5\"}",
        "{\"options\":{\"max_tokens\":5}}"
      })
  void noUsableBoundIsNone(String body) {
    assertThat(sketch(body).readable()).isTrue();
    assertThat(sketch(body).maxTokens()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '\'',
      value = {
        "'{}', 1",
        "'{\"n\":3}', 3",
        "'{\"n\":3,\"n\":2}', 3",
        "'{\"n\":0}', 1",
        "'{\"n\":null}', 1",
        "'{\"n\":1e99}', 1000000"
      })
  void theLargestNumberOfAnswersCounts(String body, int n) {
    assertThat(sketch(body).n()).isEqualTo(n);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "null",
        "[]",
        "{\"model\":\"a\"",
        "{\"model\":\"a\"}{}",
        "{\"model\":\"a\"}x",
        "{'model':'a'}",
        "{\"model\":\"a\",}",
        "{\"models\":[\"a\""
      })
  void whatIsNotOneJsonObjectIsUnreadable(String body) {
    assertThat(sketch(body))
        .isEqualTo(
            new RequestSketch(
                body.length(),
                (body.length() + 2) / 3,
                0,
                1,
                false,
                List.of(),
                OptionalLong.empty(),
                0,
                1,
                false,
                false,
                true,
                false,
                List.of(),
                "body that is not one plain JSON object",
                ProviderChoice.ANY,
                ""));
  }

  @Test
  void anEncodedBodyIsUnreadable() {
    byte[] body = "{\"model\":\"a\"}".getBytes(UTF_8);
    assertThat(RequestSketch.of(body, RequestKind.CHAT, "gzip").readable()).isFalse();
    assertThat(RequestSketch.of(body, RequestKind.CHAT, "identity, identity").readable()).isFalse();
    assertThat(RequestSketch.of(body, RequestKind.CHAT, " Identity ").readable()).isTrue();
  }

  @Test
  void deepNestingIsUnreadableAndNoFault() {
    assertThat(sketch("{\"a\":" + "[".repeat(500_000)).readable()).isFalse();
  }

  @Test
  void noBytesMakeItThrow() {
    byte[] model =
        "{\"model\":\"a\",\"models\":[\"b\",\"c\"],\"max_tokens\":1e3,\"n\":2,\"stream\":true}"
            .getBytes(UTF_8);
    for (int seed = 0; seed < 20_000; seed++) {
      Random random = new Random(seed);
      byte[] body = model.clone();
      for (int i = random.nextInt(4); i >= 0; i--) {
        body[random.nextInt(body.length)] = (byte) random.nextInt(256);
      }
      try {
        RequestSketch sketch = RequestSketch.of(body, RequestKind.CHAT, null);
        assertThat(sketch.bodyBytes()).isEqualTo(body.length);
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  /** Letters in two bytes, which no decoder of UTF-8 takes for letters but Jackson's. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"mod\u00c1\u00a5l\":\"a\"}",
        "{\"model\":\"\u00c1\u00a1\"}",
        "{\"model\":\"a\",\"max_toke\u00c1\u00aes\":1}"
      })
  void whatIsNoUtf8IsUnreadable(String body) {
    assertThat(RequestSketch.of(body.getBytes(ISO_8859_1), RequestKind.CHAT, null).readable())
        .isFalse();
  }

  /** OpenRouter's guide to fallbacks: on /messages they are what {@code models} is elsewhere. */
  @Test
  void theFallbacksOfAMessageAreCandidates() {
    String body = "{\"model\":\"a\",\"max_tokens\":5,\"fallbacks\":[{\"model\":\"b\"}]}";
    assertThat(RequestSketch.of(body.getBytes(UTF_8), RequestKind.MESSAGE, null).models())
        .containsExactly("a", "b");
  }

  /** U+2028 begins a new line, U+202E turns the rest of it round. */
  @ParameterizedTest
  @ValueSource(strings = {"a\\u2028id=req_1", "a\\u2029b", "a\\u202Eb"})
  void aModelIsOneLineOfALog(String model) {
    assertThat(sketch("{\"model\":\"" + model + "\"}").model())
        .doesNotContain("\u2028", "\u2029", "\u202e");
  }

  private static long millis(String body) {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      long start = System.nanoTime();
      assertThat(sketch(body).readable()).isTrue();
      least = Math.min(least, System.nanoTime() - start);
    }
    return least / 1_000_000;
  }

  @ParameterizedTest
  @ValueSource(strings = {"tools", "plugins"})
  void howDeepAToolIsDoesNotMultiplyTheTime(String member) {
    String body = "{\"" + member + "\":[{\"type\":\"x\",\"a\":%s}]}";
    String numbers = "1" + ",1".repeat(500_000);
    long flat = millis(body.formatted("[" + numbers + "]"));
    long deep = millis(body.formatted("[".repeat(990) + numbers + "]".repeat(990)));

    assertThat(deep).isLessThan(10 * flat + 100);
  }

  /** Servers in Go, a generic upstream may be one, do not tell upper from lower case in names. */
  @Test
  void aNameInCapitalsCountsToo() {
    RequestSketch sketch =
        sketch("{\"model\":\"a\",\"MODEL\":\"b\",\"max_tokens\":1,\"Max_Tokens\":9,\"N\":3}");
    assertThat(sketch.models()).containsExactly("a", "b");
    assertThat(sketch.maxTokens()).hasValue(9);
    assertThat(sketch.n()).isEqualTo(3);
  }

  private static RequestSketch sketch(RequestKind kind, String body) {
    return RequestSketch.of(body.replace('\'', '"').getBytes(UTF_8), kind, null);
  }

  private static RequestSketch withPart(String part) {
    return sketch(
        RequestKind.CHAT, "{'model':'a','messages':[{'role':'user','content':[" + part + "]}]}");
  }

  /** Otherwise the account's default model would answer, which no list of models has seen. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"MODEL\":\"a\"}",
        "{\"model\u017f\":[\"a\"]}",
        "{\"Models\":[\"a\"]}",
        "{\"Fallbacks\":[{\"model\":\"a\"}]}",
        "{\"fallbacks\":[{\"Model\":\"a\"}]}",
        "{\"models\":null,\"MODEL\":\"a\"}"
      })
  void aModelNamedInAnotherCaseAloneIsUnknown(String body) {
    assertThat(sketch(body).models()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"model\":\"a\",\"model\u017f\":[\"b\"]}",
        "{\"model\":\"a\",\"MODEL\":\"b\"}",
        "{\"model\":\"a\",\"fallbac\u212as\":[{\"model\":\"b\"}]}",
        "{\"model\":\"a\",\"fallbacks\":[{\"model\":\"a\",\"Model\":\"b\"}]}"
      })
  void aModelNamedInAnotherCaseIsACandidateToo(String body) {
    assertThat(sketch(body).models()).containsExactly("a", "b");
  }

  /** An upstream that ignores the name has no bound. */
  @Test
  void aBoundNamedInAnotherCaseAloneIsNone() {
    assertThat(sketch("{\"Max_Tokens\":9}").maxTokens()).isEmpty();
  }

  @Test
  void aBoundOnTheThinkingIsApartFromThatOnTheAnswer() {
    RequestSketch both = sketch("{\"max_tokens\":5,\"reasoning\":{\"max_tokens\":2000}}");

    assertThat(both.maxTokens()).hasValue(5);
    assertThat(both.thinkingTokens()).isEqualTo(2000);
    assertThat(sketch("{\"reasoning\":{\"max_tokens\":2000}}").maxTokens()).isEmpty();
  }

  @Test
  void aBoundOfNullBesideAnotherBoundIsNoneGiven() {
    assertThat(sketch("{\"max_tokens\":null,\"max_completion_tokens\":150}").maxTokens())
        .hasValue(150);
  }

  @Test
  void aBoundThatIsTakenBackIsNone() {
    assertThat(sketch("{\"max_tokens\":7,\"max_tokens\":null}").maxTokens()).isEmpty();
  }

  @Test
  void moreModelsThanAnyRequestNamesAreNone() {
    String names = "\"a\"" + ",\"b%d\"".repeat(300);
    Object[] numbers = java.util.stream.IntStream.range(0, 300).boxed().toArray();

    assertThat(sketch("{\"models\":[" + names.formatted(numbers) + "]}").models()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '~',
      delimiter = '|',
      value = {
        "EMBEDDING  | {'input':'a'} | 1 | 1",
        "EMBEDDING  | {'input':['a','b','c']} | 3 | 1",
        "EMBEDDING  | {'input':[]} | 1 | 1",
        "EMBEDDING  | {'input':[1,2,3]} | 1 | 1",
        "EMBEDDING  | {'input':[[1,2],[3]]} | 2 | 1",
        "EMBEDDING  | {'input':['a'],'input':['a','b']} | 2 | 1",
        "COMPLETION | {'prompt':['a','b'],'n':3} | 2 | 6",
        "COMPLETION | {'prompt':[1,2,3],'n':3} | 1 | 3",
        "COMPLETION | {'prompt':[[1],[2]],'best_of':3} | 2 | 6",
        "RESPONSE   | {'input':[{'role':'user','content':'a'},{'role':'user','content':'b'}]} | 1 | 1"
      })
  void eachInputOfAListCounts(RequestKind kind, String body, int inputs, int n) {
    RequestSketch sketch = sketch(kind, body);
    assertThat(sketch.inputs()).isEqualTo(inputs);
    assertThat(sketch.n()).isEqualTo(n);
    assertThat(sketch.unbounded()).isNull();
  }

  private static final String BASE64 = "iVBORw0KGgo/+8".repeat(500) + "==";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type':'image_url','image_url':{'url':'data:image/png;base64,%s'}}",
        "{'type':'image_url','image_url':'data:image/png;base64,%s'}",
        "{'image_url':{'url':'data:image/png;base64,%s'},'type':'image_url'}",
        "{'type':'input_image','image_url':'data:image/png;base64,%s'}",
        "{'type':'image','source':{'type':'base64','media_type':'image/png','data':'%s'}}",
        "{'type':'tool_result','tool_use_id':'t','content':[{'type':'image','source':"
            + "{'type':'base64','media_type':'image/png','data':'%s'}}]}"
      })
  void aPictureInTheBodyCountsAsAPictureAndNotByItsBytes(String part) {
    RequestSketch with = withPart(part.formatted(BASE64));
    RequestSketch without = withPart(part.formatted(""));

    assertThat(with.pictures()).isEqualTo(1);
    assertThat(with.promptTokens()).isBetween(1000L, 1000L + (without.bodyBytes() + 2) / 3);
    assertThat(with.extras()).isFalse();
    assertThat(with.unbounded()).isNotNull();
  }

  @Test
  void aPayloadIsFoundBehindLettersOfAnyLength() {
    String picture = "{'type':'image_url','image_url':{'url':'data:image/png;base64,%s'}}";
    String text = "{'type':'text','text':'a\u00e9\u20ac\ud83d\ude00 \u00e9'},";
    RequestSketch with =
        withPart((text + picture + "," + text + picture).formatted(BASE64, BASE64));
    RequestSketch without = withPart((text + picture + "," + text + picture).formatted("", ""));

    assertThat(with.pictures()).isEqualTo(2);
    assertThat(with.promptTokens()).isBetween(2000L, 2000L + (without.bodyBytes() + 2) / 3);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type':'input_audio','input_audio':{'data':'%s','format':'wav'}}",
        "{'type':'file','file':{'filename':'a.pdf','file_data':'data:application/pdf;base64,%s'}}",
        "{'type':'document','source':{'type':'base64','media_type':'application/pdf','data':'%s'}}"
      })
  void aFileInTheBodyIsNoPictureAndCountsNotByItsBytes(String part) {
    RequestSketch with = withPart(part.formatted(BASE64));

    assertThat(with.pictures()).isZero();
    assertThat(with.promptTokens()).isBetween(1000L, 1200L);
  }

  @Test
  void aDataUriCountsAsAPictureWhereverItStands() {
    assertThat(withPart("{'type':'text','text':'![](data:image/png;base64,%s)'}".formatted(BASE64)))
        .extracting(RequestSketch::promptTokens)
        .satisfies(tokens -> assertThat(tokens).isBetween(1000L, 1200L));
  }

  /** Else a text without spaces would be held for as if it were a picture. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type':'text','text':'%s'}",
        "{'type':'tool_use','id':'t','name':'f','input':{'data':'%s'}}",
        "{'type':'tool_result','tool_use_id':'t','content':'%s'}",
        "{'type':'text','text':'a','data':'%s'}",
        "{'type':'document','source':{'type':'text','media_type':'text/plain','data':'%s'}}"
      })
  void textThatLooksLikeAPayloadIsText(String part) {
    RequestSketch sketch = withPart(part.formatted(BASE64));
    assertThat(sketch.promptTokens()).isEqualTo((sketch.bodyBytes() + 2) / 3);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type':'image_url','image_url':{'url':'https://x/y.png'}}",
        "{'type':'input_image','file_id':'file-1'}",
        "{'image_url':{'url':'https://x/y.png'}}",
        "{'type':'image','source':{'type':'url','url':'https://x/y.png'}}",
        "{'type':'file','file':{'file_id':'file-1'}}",
        "{'type':'input_file','file_url':'https://x/y.pdf'}",
        "{'type':'document','source':{'type':'base64','data':'AAAA'}}",
        "{'type':'video_url','video_url':{'url':'https://x/y.mp4'}}",
        "{'type':'hologram','hologram':{}}"
      })
  void mediaByUrlFilesAndUnknownPartsAreExtras(String part) {
    assertThat(withPart(part).extras()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'model':'a:online'",
        "'preset':'mine'",
        "'plugins':[{'id':'web'}]",
        "'modalities':['text','image']",
        "'service_tier':'priority'",
        "'tools':[{'type':'openrouter:web_search'}]",
        "'web_search_options':{}",
        "'mcp_servers':[{'type':'url','url':'https://x'}]",
        "'previous_response_id':'resp_1'",
        "'speed':'fast'"
      })
  void whatHasNoKnownPriceOrBoundIsAnExtra(String members) {
    assertThat(sketch(RequestKind.RESPONSE, "{'model':'a'," + members + "}").extras()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '~',
      delimiter = '|',
      value = {
        "'tools':[{'type':'function','function':{'name':'f'}}] | true",
        "'functions':[{'name':'f'}] | true",
        "'tools':[] | false",
        "'tools':null | false",
        "'temperature':1 | false"
      })
  void itIsSeenWhetherToolsAreDeclared(String members, boolean tools) {
    assertThat(sketch(RequestKind.CHAT, "{'model':'a'," + members + "}").tools()).isEqualTo(tools);
  }

  private static ProviderChoice choice(String provider) {
    return sketch(RequestKind.CHAT, "{'model':'a','provider':" + provider + "}").provider();
  }

  @Test
  void theProvidersThatMayAnswerAreRead() {
    assertThat(
            choice(
                "{'only':['a','b/fp8'],'ignore':['c'],'order':['a'],'allow_fallbacks':false,"
                    + "'max_price':{'prompt':'1.5','completion':2,'request':0.1}}"))
        .isEqualTo(
            new ProviderChoice(
                List.of("a", "b/fp8"),
                List.of("c"),
                List.of("a"),
                new BigDecimal("0.0000015"),
                new BigDecimal("0.000002"),
                new BigDecimal("0.1")));
  }

  @Test
  void anOrderWithFallbacksExcludesNoProvider() {
    assertThat(choice("{'order':['a']}")).isEqualTo(ProviderChoice.ANY);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'only':['a'],'only':['b']}",
        "{'only':['a']},'provider':{'sort':'price'}",
        "{'only':['a',1]}",
        "{'only':'a'}",
        "{'only':['a'],'Only':['b']}",
        "{'max_price':{'prompt':'cheap'}}",
        "{'max_price':{'prompt':-1}}"
      })
  void aChoiceThatNobodyCanBeSureOfAllowsEveryProvider(String provider) {
    assertThat(choice(provider)).isEqualTo(ProviderChoice.ANY);
  }

  /** Jackson interns each name, unless told not to. */
  @Test
  void manyNamesTakeNotMuchLongerThanFew() {
    StringBuilder names = new StringBuilder("{\"a\":0");
    for (int i = 0; i < 100_000; i++) {
      names.append(",\"").append(Integer.toString(36 * 36 * 36 + i, 36)).append("\":1");
    }
    String few = "{\"a\":[0" + ",{\"name\":1}".repeat(names.length() / 11) + "]}";
    sketch(few);
    long time = millis(few);

    assertThat(millis(names.append('}').toString())).isLessThan(8 * time + 40);
  }
}
