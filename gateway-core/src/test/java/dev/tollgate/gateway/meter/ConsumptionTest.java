package dev.tollgate.gateway.meter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.ledger.Tokens;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The normal form of what an answer consumed, from the shapes that upstreams give. */
class ConsumptionTest {
  private static final long PROMPT_ESTIMATE = 30;
  private static final long UNKNOWN = Tokens.UNKNOWN;

  /** The last of several usages of one answer, with quotes written as apostrophes. */
  private static Consumption consumed(RequestKind kind, String... usages) {
    Usage last =
        Arrays.stream(usages)
            .map(usage -> usage.replace('\'', '"').getBytes(UTF_8))
            .map(json -> Usage.of(json, 0, json.length, Cost.LARGEST))
            .reduce((earlier, later) -> later.after(earlier))
            .orElseThrow();
    return last.consumption(kind, PROMPT_ESTIMATE);
  }

  private static Tokens tokens(RequestKind kind, String... usages) {
    return consumed(kind, usages).tokens();
  }

  private static Tokens chat(String... usages) {
    return tokens(RequestKind.CHAT, usages);
  }

  // --- Normal form

  @Test
  void openaiChatCountsCachedTokensInThePromptAndReasoningInTheCompletion() {
    assertThat(
            chat(
                """
                {'prompt_tokens':100,'completion_tokens':50,'total_tokens':150,
                 'prompt_tokens_details':{'cached_tokens':64,'audio_tokens':0},
                 'completion_tokens_details':{'reasoning_tokens':40,'audio_tokens':0}}
                """))
        .isEqualTo(new Tokens(100, 64, UNKNOWN, 50, 40));
  }

  @Test
  void openaiResponsesCountTheSameUnderTheirOwnNames() {
    assertThat(
            tokens(
                RequestKind.RESPONSE,
                """
                {'input_tokens':100,'input_tokens_details':{'cached_tokens':64},
                 'output_tokens':50,'output_tokens_details':{'reasoning_tokens':40},
                 'total_tokens':150}
                """))
        .isEqualTo(new Tokens(100, 64, UNKNOWN, 50, 40));
  }

  @Test
  void openrouterNamesCacheWritesAsAPartOfThePrompt() {
    assertThat(
            chat(
                """
                {'prompt_tokens':100,'completion_tokens':50,'total_tokens':150,
                 'prompt_tokens_details':{'cached_tokens':60,'cache_write_tokens':30}}
                """))
        .isEqualTo(new Tokens(100, 60, 30, 50, UNKNOWN));
  }

  @Test
  void anthropicLeavesCachedTokensAndCacheWritesOutOfItsInput() {
    assertThat(
            tokens(
                RequestKind.MESSAGE,
                """
                {'input_tokens':10,'cache_creation_input_tokens':20,'cache_read_input_tokens':30,
                 'cache_creation':{'ephemeral_5m_input_tokens':20,'ephemeral_1h_input_tokens':0},
                 'output_tokens':5,'service_tier':'standard'}
                """))
        .isEqualTo(new Tokens(60, 30, 20, 5, UNKNOWN));
  }

  @Test
  void anthropicsInputIsTheSumAlsoWhereItIsTheLargestPart() {
    assertThat(
            tokens(
                RequestKind.MESSAGE,
                "{'input_tokens':1000,'cache_read_input_tokens':30,'output_tokens':5}"))
        .isEqualTo(new Tokens(1030, 30, UNKNOWN, 5, UNKNOWN));
  }

  @Test
  void anthropicsIterationsAreSummed() {
    assertThat(
            tokens(
                RequestKind.MESSAGE,
                """
                {'input_tokens':10,'output_tokens':5,'iterations':[
                  {'type':'compaction','input_tokens':200,'output_tokens':40},
                  {'type':'message','input_tokens':10,'cache_read_input_tokens':7,
                   'cache_creation_input_tokens':3,'output_tokens':5}]}
                """))
        .isEqualTo(new Tokens(220, 7, 3, 45, UNKNOWN));
  }

  @Test
  void anthropicsStreamNamesItsInputFirstAndItsOutputLast() {
    assertThat(
            tokens(
                RequestKind.MESSAGE,
                "{'input_tokens':10,'cache_read_input_tokens':30,'output_tokens':1}",
                "{'output_tokens':15}"))
        .isEqualTo(new Tokens(40, 30, UNKNOWN, 15, UNKNOWN));
  }

  @Test
  void geminiLeavesItsThoughtsToTheTotal() {
    assertThat(chat("{'prompt_tokens':10,'completion_tokens':5,'total_tokens':40}"))
        .isEqualTo(new Tokens(10, 30));
  }

  @Test
  void geminiWithoutACompletionHasOnlyThoughts() {
    assertThat(chat("{'prompt_tokens':10,'total_tokens':40}")).isEqualTo(new Tokens(10, 30));
  }

  @Test
  void xaiCountsReasoningBesideTheCompletion() {
    assertThat(
            chat(
                """
                {'prompt_tokens':32,'completion_tokens':9,'total_tokens':135,
                 'prompt_tokens_details':{'text_tokens':32,'cached_tokens':6},
                 'completion_tokens_details':{'reasoning_tokens':94},'num_sources_used':0}
                """))
        .isEqualTo(new Tokens(32, 6, UNKNOWN, 103, 94));
  }

  @Test
  void xaisReasoningCountsBesideALongerCompletionToo() {
    assertThat(
            chat(
                """
                {'prompt_tokens':32,'completion_tokens':100,'total_tokens':226,
                 'completion_tokens_details':{'reasoning_tokens':94}}
                """))
        .isEqualTo(new Tokens(32, UNKNOWN, UNKNOWN, 194, 94));
  }

  @Test
  void reasoningLargerThanTheCompletionStandsBesideItAlsoWithoutATotal() {
    assertThat(
            chat(
                """
                {'prompt_tokens':32,'completion_tokens':9,
                 'completion_tokens_details':{'reasoning_tokens':94}}
                """))
        .isEqualTo(new Tokens(32, UNKNOWN, UNKNOWN, 103, 94));
  }

  @Test
  void mistralIsPlain() {
    assertThat(
            chat(
                """
                {'prompt_tokens':16,'completion_tokens':34,'total_tokens':50,
                 'prompt_audio_seconds':null}
                """))
        .isEqualTo(new Tokens(16, 34));
  }

  @Test
  void groqsTimesAreNoTokens() {
    assertThat(
            chat(
                """
                {'queue_time':0.037,'prompt_tokens':18,'prompt_time':0.0006,
                 'completion_tokens':556,'completion_time':0.46,'total_tokens':574,
                 'total_time':0.47}
                """))
        .isEqualTo(new Tokens(18, 556));
  }

  @Test
  void moonshotNamesCachedTokensAtTheTop() {
    assertThat(
            chat(
                """
                {'prompt_tokens':19,'completion_tokens':13,'total_tokens':32,'cached_tokens':12}
                """))
        .isEqualTo(new Tokens(19, 12, UNKNOWN, 13, UNKNOWN));
  }

  @Test
  void deepseekNamesCacheHits() {
    assertThat(
            chat(
                """
                {'prompt_tokens':100,'completion_tokens':50,'total_tokens':150,
                 'prompt_cache_hit_tokens':64,'prompt_cache_miss_tokens':36,
                 'completion_tokens_details':{'reasoning_tokens':20}}
                """))
        .isEqualTo(new Tokens(100, 64, UNKNOWN, 50, 20));
  }

  @ParameterizedTest
  @ValueSource(strings = {"{'total_tokens':8}", "{'prompt_tokens':8,'total_tokens':8}"})
  void embeddingsHaveOnlyAnInput(String usage) {
    assertThat(tokens(RequestKind.EMBEDDING, usage)).isEqualTo(new Tokens(8, 0));
  }

  @Test
  void aTotalAloneIsDividedByTheEstimateOfThePrompt() {
    assertThat(chat("{'total_tokens':100}")).isEqualTo(new Tokens(PROMPT_ESTIMATE, 70));
    assertThat(chat("{'total_tokens':10}")).isEqualTo(new Tokens(10, 0));
  }

  @Test
  void aTotalAndACompletionTellThePrompt() {
    assertThat(chat("{'completion_tokens':60,'total_tokens':100}")).isEqualTo(new Tokens(40, 60));
  }

  @Test
  void aTotalSmallerThanTheSumTakesNothingAway() {
    assertThat(chat("{'prompt_tokens':10,'completion_tokens':5,'total_tokens':3}"))
        .isEqualTo(new Tokens(10, 5));
  }

  @Test
  void soundIsAPartOfTheInput() {
    Consumption consumed =
        consumed(
            RequestKind.CHAT,
            """
            {'prompt_tokens':100,'completion_tokens':50,
             'prompt_tokens_details':{'audio_tokens':40}}
            """);

    assertThat(consumed).isEqualTo(new Consumption(new Tokens(100, 50), 40, 0));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'server_tool_use':{'web_search_requests':3}",
        "'server_tool_use_details':{'web_search_requests':3}",
        "'num_search_queries':3"
      })
  void webSearchesAreCounted(String member) {
    assertThat(
            consumed(RequestKind.CHAT, "{'prompt_tokens':1,'completion_tokens':2," + member + "}"))
        .isEqualTo(new Consumption(new Tokens(1, 2), 0, 3));
  }

  // --- Counts

  @ParameterizedTest
  @ValueSource(strings = {"12", "12.0", "1.2e1", "'12'", "'12.0'", "' 12 '", "120e-1"})
  void aCountIsAWholeNumberAFloatOrADecimalString(String count) {
    assertThat(chat("{'prompt_tokens':" + count + ",'completion_tokens':1}"))
        .isEqualTo(new Tokens(12, 1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.5",
        "-1",
        "many",
        "",
        "NaN",
        "1e30",
        "0x12",
        "99999999999999999999",
        "00000000000000000000000000000000000000012"
      })
  void aStringThatIsNoCountIsUnknown(String count) {
    assertThat(chat("{'prompt_tokens':'" + count + "','completion_tokens':1}"))
        .isEqualTo(new Tokens(UNKNOWN, 1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.5", "-1", "null", "true", "[12]", "{}", "NaN", "1e30"})
  void aValueThatIsNoCountIsUnknown(String count) {
    assertThat(chat("{'prompt_tokens':" + count + ",'completion_tokens':1}"))
        .isEqualTo(new Tokens(UNKNOWN, 1));
  }

  @Test
  void anUnreadableCountGivesWayToTheOtherName() {
    assertThat(chat("{'prompt_tokens':null,'input_tokens':3,'output_tokens':4}"))
        .isEqualTo(new Tokens(3, 4));
  }

  @Test
  void ofBothNamesTheOneOfChatCounts() {
    assertThat(chat("{'input_tokens':3,'prompt_tokens':1,'completion_tokens':2}"))
        .isEqualTo(new Tokens(1, 2));
  }

  @Test
  void aLastUsageOfZerosDoesNotUndoAnEarlierOne() {
    assertThat(
            chat(
                "{'prompt_tokens':10,'completion_tokens':5,'total_tokens':15}",
                "{'prompt_tokens':0,'completion_tokens':0,'total_tokens':0}"))
        .isEqualTo(new Tokens(10, 5));
  }

  @Test
  void aZeroDoesNotUndoANumber() {
    assertThat(
            chat(
                "{'prompt_tokens':10,'completion_tokens':1}",
                "{'prompt_tokens':0,'completion_tokens':5}"))
        .isEqualTo(new Tokens(10, 5));
  }

  @ParameterizedTest
  @ValueSource(strings = {"null", "'many'", "-1", "{}", "true"})
  void whatIsNoCountDoesNotUndoANumber(String count) {
    assertThat(
            chat(
                "{'prompt_tokens':10,'completion_tokens':1}",
                "{'prompt_tokens':" + count + ",'completion_tokens':5}"))
        .isEqualTo(new Tokens(10, 5));
  }

  @Test
  void aNameThatLooksLikeAPathIsNone() {
    assertThat(
            chat(
                """
                {'prompt_tokens':10,'completion_tokens':1,
                 'prompt_tokens_details.cached_tokens':5,'iterations':[{}],
                 'iterations[0].input_tokens':7}
                """))
        .isEqualTo(new Tokens(10, 1));
  }

  @Test
  void aLaterNumberReplacesAnEarlierOne() {
    assertThat(
            chat(
                "{'prompt_tokens':10,'completion_tokens':1}",
                "{'prompt_tokens':10,'completion_tokens':5}",
                "{'prompt_tokens':10,'completion_tokens':3}"))
        .isEqualTo(new Tokens(10, 3));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
      {"prompt_tokens":10,"completion_tokens":5} | true
      {"prompt_tokens":10,"completion_tokens":0} | true
      {"prompt_tokens":10,"total_tokens":10}     | true
      {"total_tokens":10}                        | true
      {"prompt_tokens":10}                       | false
      {"completion_tokens":5}                    | false
      {"prompt_tokens":0,"completion_tokens":0}  | false
      {}                                         | false
      """)
  void withoutPromptOrCompletionTheTokensAreNotNamed(String usage, boolean named) {
    assertThat(consumed(RequestKind.CHAT, usage).isNamed()).isEqualTo(named);
  }

  @Test
  void reasoningIsNotAddedWhereTheTotalLeavesNothingOut() {
    Tokens tokens =
        tokens(
            RequestKind.CHAT,
            "{'prompt_tokens':100,'completion_tokens':300,'total_tokens':400,"
                + "'completion_tokens_details':{'reasoning_tokens':350}}");

    assertThat(tokens.output()).isEqualTo(300);
  }

  @Test
  void cachedTokensThatTheDetailsNameAreNotAddedToTheInput() {
    Tokens tokens =
        tokens(
            RequestKind.RESPONSE,
            "{'input_tokens':1000,'output_tokens':50,'cache_read_input_tokens':900,"
                + "'input_tokens_details':{'cached_tokens':900}}");

    assertThat(tokens.input()).isEqualTo(1000);
    assertThat(tokens.cached()).isEqualTo(900);
  }

  @Test
  void aZeroBesideATotalOfEmbeddingsIsNoInput() {
    assertThat(tokens(RequestKind.EMBEDDING, "{'prompt_tokens':0,'total_tokens':70}").input())
        .isEqualTo(70);
  }

  @Test
  void manyIterationsAreAllSummed() {
    String iteration = "{'input_tokens':1,'output_tokens':2}";
    Tokens tokens =
        tokens(
            RequestKind.MESSAGE,
            "{'input_tokens':1,'output_tokens':2,'iterations':["
                + (iteration + ",").repeat(399)
                + iteration
                + "]}");

    assertThat(tokens.input()).isEqualTo(400);
    assertThat(tokens.output()).isEqualTo(800);
  }

  // --- Bounds

  @Test
  void sumsOfTheLargestCountsDoNotOverflow() {
    String iteration = "{'input_tokens':1e12,'cache_read_input_tokens':1e12,'output_tokens':1e12}";
    Tokens summed =
        tokens(
            RequestKind.MESSAGE,
            "{'iterations':[" + (iteration + ",").repeat(200) + iteration + "]}");

    assertThat(summed.input()).isPositive();
    assertThat(summed.output()).isPositive();
  }

  @Test
  void usagesOfEverNewMembersKeepABoundedNumberOfFields() {
    Usage usage = null;
    for (int i = 0; i < 9_000; i++) {
      byte[] json = ("{\"a" + i + "\":1,\"prompt_tokens\":7}").getBytes(UTF_8);
      usage = Usage.of(json, 0, json.length, Cost.LARGEST).after(usage);
    }

    assertThat(usage.fields().orElseThrow().fields()).hasSizeLessThanOrEqualTo(4500);
    assertThat(usage.consumption(RequestKind.CHAT, 0).tokens().input()).isEqualTo(7);
  }

  @Test
  void deepNestsAndLongNamesAreLeftOut() {
    String nest = "{'deep':".repeat(300) + "1" + "}".repeat(300);
    String usage = "{'x':%s,'%s':1,'prompt_tokens':7}".formatted(nest, "n".repeat(5000));
    byte[] json = usage.replace('\'', '"').getBytes(UTF_8);
    UsageFields fields = UsageFields.read(json, 0, json.length).orElseThrow();

    assertThat(fields.fields()).hasSizeLessThan(10);
    assertThat(fields.count("prompt_tokens")).isEqualTo(7);
  }
}
