package dev.tollgate.gateway.meter;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

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
        "{\"model\":\"acme/m1\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\",\"n\":9}],"
            + "\"stream\":true,\"max_tokens\":100,\"metadata\":{\"model\":\"not/this\"}}";
    assertThat(sketch(body))
        .isEqualTo(
            new RequestSketch(
                body.length(),
                List.of("acme/m1"),
                OptionalLong.of(100),
                1,
                true,
                true,
                false,
                false,
                List.of()));
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
                List.of(),
                OptionalLong.empty(),
                1,
                false,
                false,
                true,
                false,
                List.of()));
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

  /** Jackson keeps a table of names, and Java one of interned strings, unless told not to. */
  @Test
  void manyNamesTakeNotMuchLongerThanFew() {
    StringBuilder names = new StringBuilder("{\"a\":0");
    for (int i = 0; i < 100_000; i++) {
      names.append(",\"").append(Integer.toString(36 * 36 * 36 + i, 36)).append("\":1");
    }
    String few = "{\"a\":[0" + ",{\"name\":1}".repeat(names.length() / 11) + "]}";
    sketch(few);
    long time = millis(few);

    assertThat(millis(names.append('}').toString())).isLessThan(5 * time + 20);
  }
}
