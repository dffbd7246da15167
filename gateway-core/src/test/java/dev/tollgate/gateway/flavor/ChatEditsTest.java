package dev.tollgate.gateway.flavor;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.Charset;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChatEditsTest {
  private static final ChatEdits EDITS = new ChatEdits(ModelAliases.DEFAULTS, false);
  private static final ChatEdits ASKING = new ChatEdits(ModelAliases.DEFAULTS, true);

  private static String edited(ChatEdits edits, String body) {
    return new String(edits.apply(body.getBytes(UTF_8)), UTF_8);
  }

  private static void assertMalformed(byte[] body) {
    assertThatExceptionOfType(MalformedBodyException.class)
        .isThrownBy(() -> EDITS.apply(body))
        .satisfies(e -> assertThat(e.what()).isEqualTo("body"))
        .withNoCause();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"max_tokens\":1}",
        "{\"model\":\"acme/m1\",\"max_tokens\":1e1}",
        "{\"model\":\"openai/gpt-5\",\"max_completion_tokens\":1}",
        "{\"model\":\"acme/m1\",\"max_completion_tokens\":1}",
        "{\"model\":\"openai/gpt-5\",\"max_tokens\":1,\"max_completion_tokens\":2}",
        "{\"max_tokens\":\"nonsense\",\"stream\":true}",
      })
  void whatNeedsNoEditIsTheSameArray(String body) {
    byte[] bytes = body.getBytes(UTF_8);
    assertThat(EDITS.apply(bytes)).isSameAs(bytes);
  }

  @Test
  void theGivenArrayIsNotChanged() {
    String body = "{\"model\":\"anthropic/claude-opus-4-6\"}";
    byte[] bytes = body.getBytes(UTF_8);
    EDITS.apply(bytes);
    assertThat(bytes).asString(UTF_8).isEqualTo(body);
  }

  @Test
  void anAliasIsReplacedAndNothingElse() {
    assertThat(
            edited(
                EDITS,
                "\t{ \"user\" : \"\\u0041\", \"model\" : \"anthropic\\/claude-sonnet-4-6:free\" ,\r\n"
                    + "\"max_tokens\" : 1.50e1, \"user\" : \"\ud83d\ude00\" } "))
        .isEqualTo(
            "\t{ \"user\" : \"\\u0041\", \"model\" : \"anthropic/claude-sonnet-4.6:free\" ,\r\n"
                + "\"max_tokens\" : 1.50e1, \"user\" : \"\ud83d\ude00\" } ");
  }

  @Test
  void whatAnAliasStandsForIsEscaped() {
    ChatEdits edits = new ChatEdits(ModelAliases.of(Map.of("a", "\"\\\u0007\u00e9\ud83d")), false);
    assertThat(edited(edits, "{\"model\":\"a\",\"max_tokens\":1}"))
        .isEqualTo("{\"model\":\"\\\"\\\\\\u0007\\u00e9\\ud83d\",\"max_tokens\":1}");
  }

  @Test
  void theLastModelIsTheOneThatIsEdited() {
    assertThat(
            edited(
                EDITS,
                "{\"model\":\"anthropic/claude-opus-4-6\",\"mod\\u0065l\":\"anthropic/claude-opus-4-5\","
                    + "\"max_tokens\":1}"))
        .isEqualTo(
            "{\"model\":\"anthropic/claude-opus-4-6\",\"mod\\u0065l\":\"anthropic/claude-opus-4.5\","
                + "\"max_tokens\":1}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"max_tokens\":1,\"models\":[\"anthropic/claude-opus-4-6\"]}",
        "{\"max_tokens\":1,\"model\":[\"anthropic/claude-opus-4-6\"]}",
        "{\"max_tokens\":1,\"metadata\":{\"model\":\"anthropic/claude-opus-4-6\"}}",
        "{\"max_tokens\":1,\"messages\":[{\"model\":\"anthropic/claude-opus-4-6\"}]}",
        "{\"max_tokens\":1,\"user\":\"\\\"model\\\":\\\"anthropic/claude-opus-4-6\\\"\"}",
      })
  void noOtherModelIsEdited(String body) {
    assertThat(edited(EDITS, body)).isEqualTo(body);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '\'',
      value = {
        "'{}', '{\"max_tokens\":4096}'",
        "'{ }', '{\"max_tokens\":4096 }'",
        "' { \"model\":\"acme/m1\"}', ' {\"max_tokens\":4096, \"model\":\"acme/m1\"}'",
        "'{\"options\":{\"max_tokens\":5}}', '{\"max_tokens\":4096,\"options\":{\"max_tokens\":5}}'",
      })
  void withoutACapTheDefaultComesFirst(String body, String result) {
    assertThat(edited(EDITS, body)).isEqualTo(result);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '\'',
      value = {
        "'{\"max_tokens\": null }', '{\"max_tokens\": 4096 }'",
        "'{\"max_tokens\":7,\"max_tokens\":null}', '{\"max_tokens\":7,\"max_tokens\":4096}'",
        "'{\"max_tokens\":null,\"max_completion_tokens\":null}', '{\"max_tokens\":4096,\"max_completion_tokens\":null}'",
        "'{\"max_completion_tokens\":null}', '{\"max_tokens\":4096,\"max_completion_tokens\":null}'",
        "'{\"model\":\"o3\",\"max_completion_tokens\":null}', '{\"model\":\"o3\",\"max_completion_tokens\":4096}'",
        "'{\"model\":\"o3\",\"max_tokens\":null}', '{\"max_completion_tokens\":4096,\"model\":\"o3\",\"max_tokens\":null}'",
      })
  void aCapOfNullIsNone(String body, String result) {
    assertThat(edited(EDITS, body)).isEqualTo(result);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"model\":\"o3\",\"max_tokens\":5,\"max_completion_tokens\":null}",
        "{\"model\":\"o3\",\"max_completion_tokens\":null,\"max_tokens\":5}",
        "{\"model\":\"o3\",\"max_completion_tokens\":5,\"max_tokens\":null}",
        "{\"model\":\"acme/m1\",\"max_completion_tokens\":5,\"max_tokens\":null}",
        "{\"model\":\"acme/m1\",\"max_tokens\":null,\"max_tokens\":5}",
      })
  void aCapBesideANullStays(String body) {
    assertThat(edited(EDITS, body)).isEqualTo(body);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "openai/gpt-5",
        "openai/gpt-5.4-mini",
        "openai/gpt-5-chat:free",
        "gpt-5",
        "gpt-5-nano",
        "openai/o1",
        "openai/o1-pro",
        "openai/o3-mini",
        "openai/o3-mini-high:nitro",
        "openai/o4-mini",
        "openai/o10",
        "openai/o3:online",
        "o3",
        "o4-mini-2025-04-16",
      })
  void theCapOfAModelThatRefusesMaxTokensHasTheOtherName(String model) {
    assertThat(edited(EDITS, "{\"model\":\"" + model + "\"}"))
        .isEqualTo("{\"max_completion_tokens\":4096,\"model\":\"" + model + "\"}");
    assertThat(edited(EDITS, "{\"model\":\"" + model + "\", \"max\\u005ftokens\" : 7.0 }"))
        .isEqualTo("{\"model\":\"" + model + "\", \"max_completion_tokens\" : 7.0 }");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "openai/gpt-4o",
        "openai/gpt-4.1",
        "openai/gpt-oss-120b",
        "openai/omni",
        "omni-moderation",
        "o",
        "o200k",
        "openai/o",
        "openai/chatgpt-4o-latest",
        "acme/gpt-5",
        "acme/o3",
        "x-openai/o3",
        "OPENAI/o3",
        "deepseek/deepseek-o1",
        "",
      })
  void everyOtherModelHasMaxTokens(String model) {
    assertThat(edited(EDITS, "{\"model\":\"" + model + "\"}"))
        .isEqualTo("{\"max_tokens\":4096,\"model\":\"" + model + "\"}");
    String capped = "{\"model\":\"" + model + "\",\"max_tokens\":7}";
    assertThat(edited(EDITS, capped)).isEqualTo(capped);
  }

  @Test
  void theModelDecidesAfterTheAliases() {
    ChatEdits edits =
        new ChatEdits(ModelAliases.parse("fast=openai/o4-mini, gpt-5=acme/m1"), false);
    assertThat(edited(edits, "{\"max_tokens\":9,\"model\":\"fast\"}"))
        .isEqualTo("{\"max_completion_tokens\":9,\"model\":\"openai/o4-mini\"}");
    assertThat(edited(edits, "{\"model\":\"gpt-5\"}"))
        .isEqualTo("{\"max_tokens\":4096,\"model\":\"acme/m1\"}");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '\'',
      value = {
        "'\"models\":[\"o3\",\"acme/m1\"]', max_completion_tokens",
        "'\"models\":[\"acme/m1\",\"o3\"]', max_tokens",
        "'\"models\":[\"acme/m1\",[\"o3\"]],\"models\":[\"o3\"]', max_completion_tokens",
        "'\"model\":\"acme/m1\",\"models\":[\"o3\"]', max_tokens",
        "'\"model\":null,\"models\":[\"o3\"]', max_completion_tokens",
        "'\"model\":\"o3\",\"model\":null', max_tokens",
        "'\"model\":7', max_tokens",
        "'\"model\":[\"o3\"]', max_tokens",
        "'\"models\":\"o3\"', max_tokens",
        "'\"models\":[]', max_tokens",
        "'\"models\":[[\"o3\"],\"o3\"]', max_tokens",
        "'\"models\":[{\"o3\":\"o3\"}]', max_tokens",
        "'\"models\":{\"0\":\"o3\"}', max_tokens",
      })
  void theFirstOfTheModelsDecidesIfThereIsNoModel(String members, String cap) {
    assertThat(edited(EDITS, "{" + members + "}"))
        .isEqualTo("{\"" + cap + "\":4096," + members + "}");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '\'',
      value = {
        "'', '\"stream_options\":{\"include_usage\":true},', ''",
        "'', '', ',\"stream_options\":{ \"include_usage\" : true }'",
      })
  void aGenericUpstreamIsAskedForUsageOnce(String before, String inserted, String after) {
    assertThat(edited(ASKING, "{" + before + "\"max_tokens\":1,\"stream\":true" + after + "}"))
        .isEqualTo("{" + inserted + "\"max_tokens\":1,\"stream\":true" + after + "}");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '\'',
      value = {
        "'{}', '{\"include_usage\":true}'",
        "'{ }', '{\"include_usage\":true }'",
        "'{ \"x\":{\"include_usage\":1}}', '{\"include_usage\":true, \"x\":{\"include_usage\":1}}'",
      })
  void usageIsAskedForInTheOptionsThatAreThere(String options, String result) {
    assertThat(
            edited(
                ASKING, "{\"stream\":true,\"stream_options\": " + options + " ,\"max_tokens\":1}"))
        .isEqualTo("{\"stream\":true,\"stream_options\": " + result + " ,\"max_tokens\":1}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"include_usage\":false}",
        "{\"include_usage\":true}",
        "{\"include\\u005fusage\" : false }",
        "{\"include_usage\":true,\"include_usage\":\"no\"}",
        "{\"include_usage\":null}",
        "null",
        "[{\"include_usage\":true}]",
        "\"include_usage\"",
        "true"
      })
  void whatTheClientSaysOfUsageStays(String options) {
    String body = "{\"stream\":true,\"stream_options\": " + options + " ,\"max_tokens\":1}";
    assertThat(edited(ASKING, body)).isEqualTo(body);
  }

  @Test
  void ofTwoStreamOptionsTheLastIsAsked() {
    assertThat(
            edited(
                ASKING,
                "{\"stream_options\":{\"include_usage\":true},\"stream\":true,"
                    + "\"stream_options\":{},\"max_tokens\":1}"))
        .isEqualTo(
            "{\"stream_options\":{\"include_usage\":true},\"stream\":true,"
                + "\"stream_options\":{\"include_usage\":true},\"max_tokens\":1}");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '\'',
      delimiter = '|',
      value = {
        "'{ \"stream\":true}' | '{\"stream_options\":{\"include_usage\":true}, \"stream\":true}'",
        "'{\"stream\":true,\"stream_options\":{}}'"
            + " | '{\"stream\":true,\"stream_options\":{\"include_usage\":true}}'",
        "'{\"stream\":true,\"stream_options\":{\"include_usage\":false}}'"
            + " | '{\"stream\":true,\"stream_options\":{\"include_usage\":false}}'",
        "'{\"model\":\"o3\",\"max_tokens\":1}' | '{\"model\":\"o3\",\"max_tokens\":1}'"
      })
  void ofAnotherRouteUsageAloneIsAskedFor(String body, String sent) {
    assertThat(new String(ASKING.askForUsage(body.getBytes(UTF_8)), UTF_8)).isEqualTo(sent);
    assertThat(new String(EDITS.askForUsage(body.getBytes(UTF_8)), UTF_8)).isEqualTo(body);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "not json", "[{\"stream\":true}]", "{\"stream\":true", "{}{}"})
  void whatCannotBeReadIsSentOnOtherRoutesAsItCame(String body) {
    byte[] bytes = body.getBytes(UTF_8);
    assertThat(ASKING.askForUsage(bytes)).isSameAs(bytes);
  }

  @Test
  void threeEditsGoTogether() {
    assertThat(edited(ASKING, "{\"stream\":true,\"model\":\"anthropic/claude-opus-4-6\"}"))
        .isEqualTo(
            "{\"max_tokens\":4096,\"stream_options\":{\"include_usage\":true},\"stream\":true,"
                + "\"model\":\"anthropic/claude-opus-4.6\"}");
  }

  @Test
  void aMemberIsAddedBeforeOneThatIsRenamed() {
    assertThat(edited(ASKING, "{\"max_tokens\":1,\"stream\":true,\"model\":\"o3\"}"))
        .isEqualTo(
            "{\"stream_options\":{\"include_usage\":true},\"max_completion_tokens\":1,"
                + "\"stream\":true,\"model\":\"o3\"}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\"stream\":false,",
        "\"stream\":\"true\",",
        "\"stream\":true,\"stream\":null,"
      })
  void whatIsNoStreamIsNotAskedForUsage(String stream) {
    String body = "{" + stream + "\"stream_options\":{},\"max_tokens\":1}";
    assertThat(edited(ASKING, body)).isEqualTo(body);
  }

  @Test
  void anUpstreamThatTellsUsageAnywayIsNotAsked() {
    String body = "{\"stream\":true,\"stream_options\":{\"include_usage\":false},\"max_tokens\":1}";
    assertThat(edited(EDITS, body)).isEqualTo(body);
  }

  @Test
  void aByteOrderMarkIsKept() {
    assertThat(edited(EDITS, "\ufeff {\"mod\\u0065l\":\"o3\",\"max_tokens\":1}"))
        .isEqualTo("\ufeff {\"mod\\u0065l\":\"o3\",\"max_completion_tokens\":1}");
    assertThat(edited(EDITS, "\ufeff{}")).isEqualTo("\ufeff{\"max_tokens\":4096}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "\ufeff",
        "\ufeff\ufeff{}",
        "null",
        "[]",
        "\"{}\"",
        "7",
        "{",
        "}",
        "{}}",
        "{}{}",
        "{} x",
        "{}\u0000",
        "\u0000{}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,}",
        "{\"a\":1 \"b\":2}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":undefined}",
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":True}",
        "{\"a\":nullx}",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":.5}",
        "{\"a\":1.}",
        "{\"a\":1e}",
        "{\"a\":-}",
        "{\"a\":0x1}",
        "{\"a\":\"\t\"}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":\"",
        "{\"a\t\":1}",
        "{\"a\":[1,]}",
        "{\"a\":[1}",
        "{\"a\":{]}",
        "{/**/}",
        "{}//",
        "{}#",
        "\u00a0{}",
        "{\u2028}",
      })
  void whatIsNotOneObjectIsMalformed(String body) {
    assertMalformed(body.getBytes(UTF_8));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\u00e9", // a lone byte of Latin-1
        "\u0080",
        "\u00c0\u00a2", // overlong
        "\u00e0\u0080\u00a2",
        "\u00f0\u0080\u0080\u00a2",
        "\u00ed\u00a0\u0080", // half of a surrogate pair
        "\u00f4\u0090\u0080\u0080", // beyond the last code point
        "\u00ff",
        "\u00e2\u0082",
      })
  void aStringThatIsNotUtf8IsMalformed(String bytes) {
    assertMalformed(("{\"a\":\"" + bytes + "\"}").getBytes(ISO_8859_1));
    assertMalformed(("{\"" + bytes + "\":1}").getBytes(ISO_8859_1));
    assertMalformed(("{\"a\":1}" + bytes).getBytes(ISO_8859_1));
  }

  @Test
  void anotherEncodingIsMalformed() {
    for (Charset charset :
        new Charset[] {
          UTF_16BE, UTF_16LE, Charset.forName("UTF-32BE"), Charset.forName("UTF-32LE")
        }) {
      for (String body : new String[] {"{}", "{\"model\":\"o3\"}", "\ufeff{}", " {}"}) {
        assertMalformed(body.getBytes(charset));
      }
    }
  }

  @Test
  void halfOfAPairIsFineAsAnEscapeInAValueOnly() {
    String body = "{\"user\":\"\\ud83d\",\"max_tokens\":1}";
    assertThat(edited(EDITS, body)).isEqualTo(body);
    assertMalformed("{\"\\ud83d\":1}".getBytes(UTF_8));
    assertMalformed("{\"\\udc00\":1}".getBytes(UTF_8));
  }

  @ParameterizedTest
  @ValueSource(strings = {"user", "models", "max_tokens", "stream_options"})
  void whatIsNestedDeeplyIsAcceptedOrMalformed(String member) {
    for (String[] brackets : new String[][] {{"[", "]"}, {"{\"a\":", "}"}}) {
      String accepted =
          "{\"" + member + "\":" + brackets[0].repeat(999) + "1" + brackets[1].repeat(999) + "}";
      assertThat(edited(EDITS, accepted)).contains(accepted.substring(1));
      for (int depth : new int[] {1_000, 100_000}) {
        assertMalformed(
            ("{\""
                    + member
                    + "\":"
                    + brackets[0].repeat(depth)
                    + "1"
                    + brackets[1].repeat(depth)
                    + "}")
                .getBytes(UTF_8));
        assertMalformed(("{\"" + member + "\":" + brackets[0].repeat(depth)).getBytes(UTF_8));
      }
    }
  }

  @Test
  void aNameOrNumberBeyondReasonIsMalformed() {
    String fits = "{\"max_tokens\":1,\"" + "a".repeat(50_000) + "\":" + "1".repeat(1_000) + "}";
    assertThat(edited(EDITS, fits)).isEqualTo(fits);
    assertMalformed(fits.replace("\"a", "\"aa").getBytes(UTF_8));
    assertMalformed(fits.replace("11}", "111}").getBytes(UTF_8));
  }

  @Test
  void theExceptionQuotesNothing() {
    assertThatExceptionOfType(MalformedBodyException.class)
        .isThrownBy(() -> EDITS.apply("{\"a\":secret}".getBytes(UTF_8)))
        .withMessage("malformed body");
  }

  @Test
  void whatIsInsertedIsJson() throws Exception {
    byte[] result =
        ASKING.apply(
            "{\"stream\":true,\"stream_options\":{\"x\":1},\"model\":\"o3\"}".getBytes(UTF_8));
    assertThat(new ObjectMapper().readTree(result))
        .isEqualTo(
            new ObjectMapper()
                .readTree(
                    "{\"stream\":true,\"stream_options\":{\"x\":1,\"include_usage\":true},"
                        + "\"model\":\"o3\",\"max_completion_tokens\":4096}"));
  }
}
