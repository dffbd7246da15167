package dev.tollgate.gateway.sse;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Any bytes, whole and in pieces, against a parser that has all of the text and all the time. */
public class EventStreamParserFuzzTest {
  private static final String MARK = "\u00EF\u00BB\u00BF";
  private static final byte[] AROUND = "data\n\r: ".repeat(9).getBytes(ISO_8859_1);

  @FuzzTest
  public void everySplitGivesTheEventsOfTheNaiveParser(byte[] stream) {
    List<String> expected = naive(new String(stream, ISO_8859_1));
    check("whole", events(stream, stream.length), expected);
    check("byte by byte", events(stream, 1), expected);
    for (int seed = 0; seed < 3; seed++) {
      check("seed " + seed, eventsInPieces(stream, new Random(seed)), expected);
    }
  }

  /** AssertJ is slow beside a comparison, and this is done a million times. */
  private static void check(String how, List<String> events, List<String> expected) {
    if (!events.equals(expected)) {
      assertThat(events).as(how).isEqualTo(expected);
    }
  }

  private static List<String> events(byte[] stream, int pieceBytes) {
    Collector collector = new Collector();
    EventStreamParser parser = new EventStreamParser(collector);
    for (int at = 0; at < stream.length; at += pieceBytes) {
      parser.feed(stream, at, Math.min(pieceBytes, stream.length - at));
    }
    parser.finish();
    return collector.events;
  }

  /** Each piece among bytes of no stream, for what is read beside a piece is a mistake. */
  private static List<String> eventsInPieces(byte[] stream, Random random) {
    Collector collector = new Collector();
    EventStreamParser parser = new EventStreamParser(collector);
    int at = 0;
    while (at < stream.length) {
      int length = Math.min(stream.length - at, random.nextInt(random.nextBoolean() ? 4 : 60));
      byte[] piece = AROUND.clone();
      int offset = random.nextInt(piece.length - length);
      System.arraycopy(stream, at, piece, offset, length);
      parser.feed(piece, offset, length);
      at += length;
    }
    parser.finish();
    return collector.events;
  }

  /**
   * HTML event stream 9.2.6 on characters that are bytes, with the liberty that the parser takes:
   * the last event needs no blank line, and its last line no end once the colon is there.
   */
  public static List<String> naive(String stream) {
    String text = stream.startsWith(MARK) ? stream.substring(MARK.length()) : stream;
    String[] lines = text.split("\r\n|\n|\r", -1);
    List<String> events = new ArrayList<>();
    List<String> data = new ArrayList<>();
    for (int i = 0; i < lines.length; i++) {
      if (lines[i].isEmpty()) {
        dispatch(data, events);
      } else if (lines[i].equals("data") && i < lines.length - 1) {
        data.add("");
      } else if (lines[i].startsWith("data:")) {
        String value = lines[i].substring("data:".length());
        data.add(value.startsWith(" ") ? value.substring(1) : value);
      }
    }
    dispatch(data, events);
    return events;
  }

  private static void dispatch(List<String> data, List<String> events) {
    if (!data.isEmpty()) {
      events.add(String.join("\n", data));
      data.clear();
    }
  }

  private static final class Collector implements EventStreamParser.Listener {
    private final List<String> events = new ArrayList<>();
    private final StringBuilder data = new StringBuilder();

    @Override
    public void onData(byte[] bytes, int offset, int length) {
      data.append(new String(bytes, offset, length, ISO_8859_1));
    }

    @Override
    public void onEvent() {
      events.add(data.toString());
      data.setLength(0);
    }
  }
}
