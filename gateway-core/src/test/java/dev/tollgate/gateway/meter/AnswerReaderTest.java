package dev.tollgate.gateway.meter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.meter.Reading.Delivered;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** When an answer is whole, and how much of it was delivered, by protocol. */
class AnswerReaderTest {
  private static final String PICTURE = "iVBORw0KGgo+AAAA/AANSU_hEU-gAAAAUA==".repeat(100);

  /** Quotes are written as apostrophes; the answer comes in one piece and in pieces of seven. */
  private static Reading read(RequestKind kind, String answer) {
    byte[] body = answer.replace('\'', '"').getBytes(UTF_8);
    UsageTap whole = UsageTap.of(kind, null, null, Cost.LARGEST);
    whole.feed(ByteBuffer.wrap(body));
    whole.end();
    UsageTap pieces = UsageTap.of(kind, null, null, Cost.LARGEST);
    for (int at = 0; at < body.length; at += 7) {
      pieces.feed(ByteBuffer.wrap(body, at, Math.min(7, body.length - at)));
    }
    pieces.end();
    assertThat(pieces.reading()).isEqualTo(whole.reading());
    return whole.reading();
  }

  private static Delivered delivered(RequestKind kind, String answer) {
    return read(kind, answer).delivered();
  }

  private static String events(String... documents) {
    return "data: " + String.join("\n\ndata: ", documents) + "\n\n";
  }

  private static Delivered of(long characters, long media) {
    return new Delivered(characters, media, 0);
  }

  // --- Whole

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
      CHAT       | [DONE]                                       | true
      COMPLETION | [DONE]                                       | true
      CHAT       | {'choices':[],'usage':{'cost':0.1}}          | true
      CHAT       | {'choices':[],'usage':{'cost':0}}            | true
      CHAT       | {'choices':[],'usage':{'prompt_tokens':1}}   | false
      CHAT       | {'choices':[],'usage':{'cost':'0.1'}}        | false
      CHAT       | {'choices':[{'finish_reason':'stop'}]}       | false
      CHAT       | {'type':'message_stop'}                      | false
      CHAT       | {'type':'response.completed'}                | false
      MESSAGE    | {'type':'message_stop'}                      | true
      MESSAGE    | {'type':'message_delta','usage':{'cost':1}}  | false
      MESSAGE    | {'type':'message_stop'                       | false
      MESSAGE    | [DONE]                                       | false
      RESPONSE   | {'type':'response.completed','response':{}}  | true
      RESPONSE   | {'type':'response.incomplete','response':{}} | true
      RESPONSE   | {'type':'response.failed','response':{}}     | true
      RESPONSE   | {'type':'response.created','response':{}}    | false
      RESPONSE   | {'response':{'usage':{'cost':1}}}            | false
      RESPONSE   | {'type':'message_stop'}                      | false
      RESPONSE   | [DONE]                                       | false
      """)
  void aStreamIsWholeAfterTheLastEventOfItsProtocol(
      RequestKind kind, String lastEvent, boolean whole) {
    assertThat(read(kind, events("{'model':'a/b'}", lastEvent)).whole()).isEqualTo(whole);
  }

  @ParameterizedTest
  @ValueSource(strings = {"CHAT", "COMPLETION", "RESPONSE", "MESSAGE", "EMBEDDING"})
  void aDocumentIsWholeOnceItIsClosed(RequestKind kind) {
    assertThat(read(kind, "{'id':'x','error':null}").whole()).isTrue();
    assertThat(read(kind, "{'id':'x','error':null").whole()).isFalse();
    assertThat(read(kind, "{'usage':{'cost':1},").whole()).isFalse();
  }

  @Test
  void theLastEventCountsOnlyAtItsOwnPlace() {
    assertThat(
            read(
                    RequestKind.MESSAGE,
                    events("{'delta':{'type':'message_stop','text':'message_stop'}}"))
                .whole())
        .isFalse();
  }

  // --- Usage, at its places and nowhere else

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
      CHAT     | {'usage':{'cost':1}}
      CHAT     | {'x_groq':{'usage':{'cost':1}}}
      CHAT     | {'choices':[{},{'usage':{'cost':1}}]}
      CHAT     | {'choices':[{'message':{'usage':{'cost':1}}}]}
      CHAT     | {'choices':[{'delta':{'usage':{'cost':1}}}]}
      RESPONSE | {'usage':{'cost':1}}
      RESPONSE | {'response':{'usage':{'cost':1}}}
      MESSAGE  | {'usage':{'cost':1}}
      MESSAGE  | {'message':{'usage':{'cost':1}}}
      """)
  void usageIsFoundAtItsPlaces(RequestKind kind, String document) {
    assertThat(read(kind, document).usage().orElseThrow().cost().literal()).isEqualTo("1");
    assertThat(read(kind, events(document)).usage()).isPresent();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
      CHAT      | {'choices':[{'message':{'content':'{\\'usage\\':{\\'cost\\':1}}'}}]}
      CHAT      | {'choices':[{'message':{'content':{'usage':{'cost':1}}}}]}
      CHAT      | {'choices':[{'message':{'tool_calls':[{'usage':{'cost':1}}]}}]}
      CHAT      | {'choices':{'usage':{'cost':1}}}
      CHAT      | {'message':{'usage':{'cost':1}}}
      CHAT      | {'response':{'usage':{'cost':1}}}
      CHAT      | {'debug':{'echo_upstream_body':{'usage':{'cost':1}}}}
      CHAT      | {'usage':[{'cost':1}]}
      CHAT      | {'usage':'{\\'cost\\':1}'}
      CHAT      | [{'usage':{'cost':1}}]
      RESPONSE  | {'choices':[{'usage':{'cost':1}}]}
      RESPONSE  | {'output':[{'usage':{'cost':1}}]}
      MESSAGE   | {'content':[{'usage':{'cost':1}}]}
      MESSAGE   | {'delta':{'usage':{'cost':1}}}
      EMBEDDING | {'data':[{'usage':{'cost':1}}]}
      """)
  void whatOnlyLooksLikeUsageNeverCounts(RequestKind kind, String document) {
    assertThat(read(kind, document).usage()).isEmpty();
    assertThat(read(kind, events(document)).usage()).isEmpty();
  }

  @Test
  void anIdIsThatOfAGenerationOnlyIfItBeginsSo() {
    assertThat(read(RequestKind.CHAT, "{'id':'gen-1'}").generationId()).contains("gen-1");
    assertThat(read(RequestKind.CHAT, "{'id':'chatcmpl-1'}").generationId()).isEmpty();
    assertThat(read(RequestKind.CHAT, "{'choices':[{'id':'gen-1'}]}").generationId()).isEmpty();
    assertThat(read(RequestKind.CHAT, "{'id':'gen-" + "1".repeat(200) + "'}").generationId())
        .isEmpty();
    assertThat(read(RequestKind.MESSAGE, "{'message':{'id':'gen-1'}}").generationId())
        .contains("gen-1");
  }

  // --- Text

  @Test
  void anOutputThatLaterEventsRepeatCountsOnce() {
    String stream =
        events(
            "{'type':'response.output_text.delta','delta':'123'}",
            "{'type':'response.output_text.delta','delta':'45'}",
            "{'type':'response.output_item.done','item':{'content':[{'text':'12345'}]}}",
            "{'type':'response.completed','response':{'output':[{'content':[{'text':'12345'}]}]}}");

    assertThat(delivered(RequestKind.RESPONSE, stream)).isEqualTo(of(5, 0));
  }

  @Test
  void aPictureOfWhichOnlyTheItemIsDeliveredCounts() {
    String stream =
        events(
            "{'type':'response.output_item.done',"
                + "'item':{'type':'image_generation_call','result':'QUJD'}}");

    assertThat(delivered(RequestKind.RESPONSE, stream)).isEqualTo(of(0, 1));
  }

  @Test
  void aSoundWhoseTypeComesBehindItCountsAsSound() {
    String piece = "{'delta':'QUJDREVG','type':'response.audio.delta'}";

    assertThat(delivered(RequestKind.RESPONSE, events(piece, piece, piece))).isEqualTo(of(0, 1));
  }

  @Test
  void aSecondDocumentBehindTheFirstCountsByItsBytes() {
    assertThat(delivered(RequestKind.CHAT, "{}\n{'a':1}\n").unreadBytes()).isEqualTo(7);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
      CHAT       | {'choices':[{'delta':{'content':'12345'}}]}
      CHAT       | {'choices':[{'delta':{'reasoning':'12345'}}]}
      CHAT       | {'choices':[{'delta':{'reasoning_content':'12345'}}]}
      CHAT       | {'choices':[{'delta':{'refusal':'12345'}}]}
      CHAT       | {'choices':[{'delta':{'content':[{'type':'text','text':'12345'}]}}]}
      CHAT       | {'choices':[{'delta':{'tool_calls':[{'function':{'arguments':'12345'}}]}}]}
      CHAT       | {'choices':[{'delta':{'reasoning':'12345','reasoning_details':[{'text':'1'}]}}]}
      CHAT       | {'choices':[{'delta':{'content':'12345','annotations':[{'content':'1'}]}}]}
      COMPLETION | {'choices':[{'text':'12345','logprobs':{'text':['1','2']}}]}
      RESPONSE   | {'type':'response.output_text.delta','delta':'12345'}
      RESPONSE   | {'output':[{'content':[{'type':'output_text','text':'12345'}]}]}
      RESPONSE   | {'type':'response.completed','response':{'output':[{'text':'12345'}]}}
      RESPONSE   | {'type':'response.output_item.done','item':{'content':[{'text':'12345'}]}}
      RESPONSE   | {'output':[{'type':'custom_tool_call','input':'12345'}]}
      CHAT       | {'choices':[{'delta':{'reasoning_details':[{'text':'12345'}]}}]}
      CHAT       | {'choices':[{'message':{'tool_calls':[{'custom':{'input':'12345'}}]}}]}
      MESSAGE    | {'content':[{'type':'tool_use','input':{'a':'123','b':['45']}}]}
      MESSAGE    | {'type':'content_block_start','content_block':{'type':'text','text':'12345'}}
      MESSAGE    | {'type':'content_block_delta','delta':{'type':'text_delta','text':'12345'}}
      MESSAGE    | {'delta':{'type':'thinking_delta','thinking':'12345'}}
      MESSAGE    | {'delta':{'type':'input_json_delta','partial_json':'12345'}}
      MESSAGE    | {'content':[{'type':'text','text':'12345'}]}
      """)
  void generatedTextCountsOnce(RequestKind kind, String document) {
    assertThat(delivered(kind, document)).isEqualTo(of(5, 0));
  }

  @Test
  void vectorsAreNotCounted() {
    assertThat(delivered(RequestKind.EMBEDDING, "{'data':[{'embedding':'AAAA','text':'abc'}]}"))
        .isEqualTo(of(0, 0));
  }

  // --- Pictures and sound

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
      CHAT     | {'choices':[{'message':{'images':[{'type':'image_url','image_url':{'url':'%s'}}]}}]}
      CHAT     | {'choices':[{'message':{'content':[{'type':'image_url','image_url':{'url':'%s'}}]}}]}
      CHAT     | {'choices':[{'delta':{'audio':{'id':'a','data':'%s'}}}]}
      RESPONSE | {'output':[{'type':'image_generation_call','result':'%s'}]}
      RESPONSE | {'type':'response.image_generation_call.partial_image','partial_image_b64':'%s'}
      RESPONSE | {'type':'response.audio.delta','delta':'%s'}
      MESSAGE  | {'content':[{'type':'image','source':{'type':'base64','data':'%s'}}]}
      """)
  void aPictureOrSoundCountsAsOneWhateverItsSize(RequestKind kind, String document) {
    assertThat(delivered(kind, document.formatted(PICTURE))).isEqualTo(of(0, 1));
  }

  @Test
  void aTranscriptIsTextBesideItsSound() {
    assertThat(
            delivered(
                RequestKind.CHAT,
                "{'choices':[{'message':{'audio':{'data':'%s','transcript':'Hello'}}}]}"
                    .formatted(PICTURE)))
        .isEqualTo(of(5, 1));
  }

  @Test
  void aDataUriInTheTextCountsAsOnePicture() {
    String text = "![x](data:image/png;base64,";

    assertThat(
            delivered(
                RequestKind.CHAT,
                "{'choices':[{'message':{'content':'%s%s) ok'}}]}".formatted(text, PICTURE)))
        .isEqualTo(of(text.length() + ") ok".length(), 1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\\/", "\\u002b", "\\u002B", "\\u003d"})
  void aDataUriMayHaveEscapes(String escape) {
    assertThat(
            delivered(
                RequestKind.CHAT,
                "{'choices':[{'message':{'content':';base64,%s%s%s'}}]}"
                    .formatted(PICTURE, escape, PICTURE)))
        .isEqualTo(of(";base64,".length(), 1));
  }

  @Test
  void aDataUriSplitOverEventsCountsAsOnePicture() {
    String event = "{'choices':[{'delta':{'content':'%s'}}]}";

    assertThat(
            delivered(
                RequestKind.CHAT,
                events(
                    event.formatted("data:image/png;bas"),
                    event.formatted("e64," + PICTURE),
                    event.formatted(PICTURE),
                    event.formatted(PICTURE + " ok"))))
        .isEqualTo(of("data:image/png;base64, ok".length(), 1));
  }

  @Test
  void twoDataUrisAreTwoPictures() {
    assertThat(
            delivered(
                RequestKind.CHAT,
                "{'choices':[{'message':{'content':';base64,%s ;base64,%s'}}]}"
                    .formatted(PICTURE, PICTURE)))
        .isEqualTo(of(";base64, ;base64,".length(), 2));
  }

  @Test
  void soundInPiecesOneAnEventCountsOnce() {
    String event = "{'choices':[{'delta':{'audio':{'data':'%s'}}}]}".formatted(PICTURE);

    assertThat(delivered(RequestKind.CHAT, events(event, event, event))).isEqualTo(of(0, 1));
  }

  // --- What cannot be read

  @Test
  void whatFollowsAFaultInADocumentCountsByItsBytes() {
    assertThat(delivered(RequestKind.CHAT, "{'choices':[{'text':'12'}],oh no"))
        .isEqualTo(new Delivered(2, 0, "oh no".length()));
  }

  @Test
  void anEventThatIsNoJsonCountsByItsBytes() {
    assertThat(delivered(RequestKind.CHAT, events("{oh no", "{'choices':[{'text':'12'}]}")))
        .isEqualTo(new Delivered(2, 0, "oh no".length()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"<html><body>Hello</body></html>", "Once upon a time\nthere was\n"})
  void aBodyThatIsNeitherJsonNorAnEventStreamCountsByItsBytes(String body) {
    assertThat(delivered(RequestKind.CHAT, body)).isEqualTo(new Delivered(0, 0, body.length()));
  }

  @Test
  void paddingIsNothing() {
    assertThat(delivered(RequestKind.CHAT, ": PROCESSING\n\n  \n").isNothing()).isTrue();
  }

  @Test
  void charactersPicturesAndBytesBecomeTokens() {
    assertThat(new Delivered(9, 0, 0).tokens()).isEqualTo(3);
    assertThat(new Delivered(0, 2, 0).tokens()).isEqualTo(2000);
    assertThat(new Delivered(0, 0, 9).tokens()).isEqualTo(3);
    assertThat(new Delivered(0, 0, 0).tokens()).isZero();
  }
}
