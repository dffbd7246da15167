package dev.tollgate.gateway.sse;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventStreamParserTest {
  private static final class Collected implements EventStreamParser.Listener {
    final List<String> events = new ArrayList<>();
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();
    int pieces;

    @Override
    public void onData(byte[] bytes, int offset, int length) {
      data.write(bytes, offset, length);
      pieces++;
    }

    @Override
    public void onEvent() {
      events.add(data.toString(UTF_8));
      data.reset();
    }
  }

  private static List<String> events(byte[] stream, int... cuts) {
    Collected collected = new Collected();
    EventStreamParser parser = new EventStreamParser(collected);
    int from = 0;
    for (int cut : cuts) {
      parser.feed(stream, from, cut - from);
      from = cut;
    }
    parser.feed(stream, from, stream.length - from);
    parser.finish();
    return collected.events;
  }

  private static List<String> events(String stream) {
    return events(stream.getBytes(UTF_8));
  }

  @Test
  void theDataOfEachEventIsHandedOn() {
    assertThat(events("data: a\n\ndata: b\n\n")).containsExactly("a", "b");
  }

  @Test
  void severalDataLinesOfAnEventAreJoinedByALineFeed() {
    assertThat(events("data: a\nid: 1\ndata: b\ndata\ndata:\n\n")).containsExactly("a\nb\n\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r", "\r\n"})
  void everyKindOfLineEndingEndsALine(String eol) {
    String stream = "data: a\n\n: note\ndata: b\ndata: c\n\n".replace("\n", eol);
    assertThat(events(stream)).containsExactly("a", "b\nc");
  }

  @Test
  void aReturnAtTheEndOfAPieceAndALineFeedInTheNextAreOneEnd() {
    byte[] stream = "data: a\r\ndata: b\r\n\r\n".getBytes(UTF_8);
    assertThat(events(stream, 8, 17, 19)).containsExactly("a\nb");
  }

  @Test
  void exactlyOneLeadingSpaceIsStripped() {
    assertThat(events("data:a\n\ndata: a\n\ndata:  a\n\ndata:\ta\n\n"))
        .containsExactly("a", "a", " a", "\ta");
  }

  @Test
  void commentsAndOtherFieldsAreNoEvents() {
    assertThat(
            events(
                ": \n\n:\n\n: data: x\n\nevent: data\nid: 1\nretry: 5\n\ndat: x\n\n"
                    + "dataX: x\n\n data: x\n\nDATA: x\n\n"))
        .isEmpty();
  }

  @Test
  void anEmptyDataLineMakesAnEmptyEvent() {
    assertThat(events("data:\n\n\n\ndata\n\n")).containsExactly("", "");
  }

  @Test
  void aByteOrderMarkIsStrippedOnce() {
    assertThat(events("\uFEFFdata: a\n\n\uFEFFdata: b\n\n")).containsExactly("a");
    assertThat(events("\uFEFF\uFEFFdata: a\n\n")).isEmpty();
  }

  @Test
  void aFinalLineWithoutItsEndIsHandedOn() {
    assertThat(events("data: a\n\ndata: b")).containsExactly("a", "b");
    assertThat(events("data: a\n\ndata: b\n")).containsExactly("a", "b");
    assertThat(events("data: a\n\n")).containsExactly("a");
    assertThat(events("data: a\n\ndat")).containsExactly("a");
  }

  @Test
  void itDoesNotMatterWhereTheStreamIsSplit() {
    byte[] stream =
        "\uFEFF: hi\r\n\r\ndata: {\"é\":1}\r\nevent: x\rdata:b\n\ndata\n\ndata:  [DONE]\r\r"
            .getBytes(UTF_8);
    List<String> whole = events(stream);
    assertThat(whole).containsExactly("{\"é\":1}\nb", "", " [DONE]");
    for (int one = 0; one <= stream.length; one++) {
      for (int two = one; two <= stream.length; two++) {
        assertThat(events(stream, one, two)).as("split at %d and %d", one, two).isEqualTo(whole);
      }
    }
  }

  @Test
  void aLongLineIsHandedOnInOnePieceWhereItCameInOne() {
    Collected collected = new Collected();
    byte[] stream = ("data: " + "x".repeat(1 << 20) + "\n\n").getBytes(UTF_8);
    new EventStreamParser(collected).feed(stream, 0, stream.length);
    assertThat(collected.pieces).isEqualTo(1);
    assertThat(collected.events.get(0)).hasSize(1 << 20);
  }
}
