package dev.tollgate.gateway.meter;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tollgate.gateway.meter.JsonHandler.Take;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Push tokenizer for JSON documents (RFC 8259) of any size that arrive in arbitrary pieces. It
 * knows only the syntax; the {@link JsonHandler} decides what a value means.
 *
 * <pre>
 *   VALUE -{-> KEY_OR_END -"-> STRING -> COLON -> VALUE      strings: STRING -\-> ESCAPE -u-> HEX
 *     |--[--> VALUE_OR_END                                   deeper than {@value #DEPTH}: DEEP
 *     `-----> STRING, SCALAR -> NEXT_OR_END -,-> KEY, VALUE; at the top: CLOSED
 * </pre>
 *
 * It tolerates deviations that cannot mislead a reader: line feeds in strings, unknown words, odd
 * numbers. At the first byte that is not allowed in JSON, it becomes {@code LOST} and ignores the
 * rest of the document. Memory is bounded, and no input makes it throw. Jackson's non-blocking
 * parser does not replace it: that parser shows a string only at its end and keeps all of it until
 * then, so a picture in an answer would take its own size in memory, and the text of a stream that
 * broke off would not count. Not safe for use by several threads at once.
 */
final class JsonTokenizer {
  /** The maximum number of bytes kept of a whole string or scalar, including escapes. */
  static final int STRING_BYTES = 1200;

  /** The maximum number of bytes kept of a whole object or array. */
  static final int RAW_BYTES = 64 << 10;

  private static final int FIRST_KEPT_BYTES = 64;
  private static final int FIRST_DEPTH = 16;
  private static final int DEPTH = 512;
  private static final Pattern ESCAPE = Pattern.compile("\\\\(?:u([0-9a-fA-F]{4})|([^u]))");

  private enum State {
    VALUE,
    VALUE_OR_END,
    KEY,
    KEY_OR_END,
    COLON,
    NEXT_OR_END,
    STRING,
    ESCAPE,
    HEX,
    SCALAR,
    DEEP,
    CLOSED,
    LOST
  }

  private final JsonHandler handler;
  private boolean[] arrays = new boolean[FIRST_DEPTH];

  private State state = State.VALUE;
  private int depth;
  private long deeper;
  private boolean inKey;
  private Take take = Take.NOTHING;
  private boolean escapes;
  private int hexLeft;
  private int hexValue;
  private long lostBytes;

  // The text that is captured: where it begins in this piece, and what earlier pieces had of it.
  private boolean capturing;
  private int captureDepth;
  private int captureBytes;
  private int from;
  private byte[] kept = new byte[FIRST_KEPT_BYTES];
  private int keptBytes;

  JsonTokenizer(JsonHandler handler) {
    this.handler = handler;
  }

  /** Begins the next document. */
  void next() {
    state = State.VALUE;
    depth = 0;
    deeper = 0;
    inKey = false;
    capturing = false;
    captureDepth = 0;
    lostBytes = 0;
  }

  /** Ends the document, and with it a bare word or number at its top level. */
  void finish() {
    if (state == State.SCALAR) {
      from = 0;
      endText(kept, 0);
    }
  }

  /** Whether the document's value is complete. */
  boolean isClosed() {
    return state == State.CLOSED;
  }

  /** The number of bytes that were ignored because they are not JSON, or follow the document. */
  long lostBytes() {
    return lostBytes;
  }

  /** The memory of the buffers, in bytes. */
  int retainedBytes() {
    return kept.length + arrays.length;
  }

  /** Reads the next bytes of the document. */
  void feed(byte[] bytes, int offset, int length) {
    int end = offset + length;
    int i = offset;
    from = offset;
    while (i < end) {
      byte b = bytes[i];
      switch (state) {
        case STRING -> i = inString(bytes, i, end);
        case SCALAR -> i = inScalar(bytes, i, end);
        case ESCAPE -> {
          inEscape(b);
          i++;
        }
        case HEX -> {
          inHex(b);
          i++;
        }
        case DEEP -> {
          inDeep(b);
          i++;
        }
        case LOST -> {
          lostBytes += end - i;
          i = end;
        }
        default -> {
          if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
            structural(bytes, i);
          }
          i++;
        }
      }
    }
    if (capturing) {
      keep(bytes, end);
    }
  }

  private void structural(byte[] bytes, int i) {
    byte b = bytes[i];
    switch (state) {
      case VALUE_OR_END -> {
        if (b == ']') {
          endContainer(bytes, i + 1);
        } else {
          beginValue(b, i);
        }
      }
      case KEY_OR_END -> {
        if (b == '}') {
          endContainer(bytes, i + 1);
        } else {
          beginKey(b, i);
        }
      }
      case KEY -> beginKey(b, i);
      case COLON -> state = b == ':' ? State.VALUE : lost();
      case NEXT_OR_END -> {
        boolean array = arrays[depth - 1];
        if (b == (array ? ']' : '}')) {
          endContainer(bytes, i + 1);
        } else {
          state = b != ',' ? lost() : array ? State.VALUE : State.KEY;
        }
      }
      case CLOSED -> lostBytes++;
      default -> beginValue(b, i);
    }
  }

  private void beginKey(byte b, int i) {
    inKey = b == '"';
    state = inKey ? State.STRING : lost();
    beginText(inKey && captureDepth == 0 ? Take.WHOLE : Take.NOTHING, i + 1);
  }

  private void beginValue(byte b, int i) {
    boolean structure = b == '{' || b == '[';
    if (!structure && b != '"' && !isScalar(b)) {
      state = lost();
    } else if (structure && depth == DEPTH) {
      deeper = 1;
      state = State.DEEP;
    } else if (structure) {
      beginContainer(b == '[', captureDepth == 0 ? handler.value(b) : Take.NOTHING, i);
    } else {
      state = b == '"' ? State.STRING : State.SCALAR;
      beginText(
          captureDepth == 0 ? handler.value(b) : Take.NOTHING, state == State.STRING ? i + 1 : i);
    }
  }

  private void beginText(Take wanted, int begin) {
    take = wanted;
    escapes = false;
    if (wanted == Take.WHOLE) {
      capture(begin, STRING_BYTES);
    }
  }

  private void beginContainer(boolean array, Take wanted, int begin) {
    if (depth == arrays.length) {
      arrays = Arrays.copyOf(arrays, DEPTH);
    }
    arrays[depth] = array;
    depth++;
    if (wanted == Take.WHOLE) {
      captureDepth = depth;
      capture(begin, RAW_BYTES);
    }
    state = array ? State.VALUE_OR_END : State.KEY_OR_END;
  }

  private void endContainer(byte[] bytes, int to) {
    boolean whole = depth == captureDepth;
    captureDepth = whole ? 0 : captureDepth;
    depth--;
    if (captureDepth == 0) {
      handler.end();
    }
    endValue();
    if (whole) {
      deliver(bytes, to, false);
    }
  }

  private void endValue() {
    state = depth == 0 ? State.CLOSED : State.NEXT_OR_END;
  }

  private State lost() {
    capturing = false;
    lostBytes++;
    return State.LOST;
  }

  /** Reads strings in runs, because most of the input is strings. */
  private int inString(byte[] bytes, int begin, int end) {
    int i = begin;
    while (i < end && bytes[i] != '"' && bytes[i] != '\\') {
      i++;
    }
    if (take == Take.RUNS && i > begin) {
      handler.run(bytes, begin, i);
    }
    if (i == end) {
      return end;
    }
    if (bytes[i] == '"') {
      endText(bytes, i);
    } else {
      escapes = true;
      state = State.ESCAPE;
    }
    return i + 1;
  }

  private void inEscape(byte b) {
    if (b == 'u') {
      hexLeft = 4;
      hexValue = 0;
      state = State.HEX;
    } else if ("\"\\/bfnrt".indexOf(b) >= 0) {
      endEscape(unescaped((char) b));
    } else {
      state = lost();
    }
  }

  private void inHex(byte b) {
    int digit = Character.digit(b, 16);
    if (digit < 0) {
      state = lost();
      return;
    }
    hexValue = hexValue << 4 | digit;
    hexLeft--;
    if (hexLeft == 0) {
      endEscape((char) hexValue);
    }
  }

  private void endEscape(char unit) {
    if (take == Take.RUNS) {
      handler.escaped(unit);
    }
    state = State.STRING;
  }

  private int inScalar(byte[] bytes, int begin, int end) {
    int i = begin;
    while (i < end && isScalar(bytes[i])) {
      i++;
    }
    if (i < end) {
      endText(bytes, i);
    }
    return i;
  }

  /** Ends a string or scalar. */
  private void endText(byte[] bytes, int to) {
    if (take == Take.WHOLE) {
      deliver(bytes, to, escapes);
    }
    if (deeper > 0) {
      state = State.DEEP;
    } else if (inKey) {
      inKey = false;
      state = State.COLON;
    } else {
      endValue();
    }
  }

  /** Below the maximum depth, only brackets are counted. */
  private void inDeep(byte b) {
    switch (b) {
      case '{', '[' -> deeper++;
      case '}', ']' -> {
        deeper--;
        if (deeper == 0) {
          endValue();
        }
      }
      case '"' -> {
        take = Take.NOTHING;
        state = State.STRING;
      }
      default -> {}
    }
  }

  private void capture(int begin, int most) {
    capturing = true;
    captureBytes = most;
    from = begin;
    keptBytes = 0;
  }

  /** Shows the captured text to the handler; if it came in one piece, without a copy. */
  private void deliver(byte[] bytes, int to, boolean escaped) {
    capturing = false;
    byte[] text = bytes;
    int begin = from;
    int end = Math.min(to, from + captureBytes);
    if (keptBytes > 0) {
      keep(bytes, to);
      text = kept;
      begin = 0;
      end = keptBytes;
    }
    if (escaped) {
      text = plain(new String(text, begin, end - begin, UTF_8)).getBytes(UTF_8);
      begin = 0;
      end = text.length;
    }
    if (inKey) {
      handler.key(text, begin, end);
    } else {
      handler.whole(text, begin, end);
    }
  }

  private void keep(byte[] bytes, int to) {
    int room = Math.min(to - from, captureBytes - keptBytes);
    int wanted = keptBytes + room;
    if (wanted > kept.length) {
      kept = Arrays.copyOf(kept, Math.min(captureBytes, Integer.highestOneBit(wanted) * 2));
    }
    System.arraycopy(bytes, from, kept, keptBytes, room);
    keptBytes = wanted;
  }

  /** Decodes the escapes of a text. */
  private static String plain(String written) {
    return ESCAPE
        .matcher(written)
        .replaceAll(
            escape -> {
              String hex = escape.group(1);
              char unit =
                  hex == null
                      ? unescaped(escape.group(2).charAt(0))
                      : (char) Integer.parseInt(hex, 16);
              return Matcher.quoteReplacement(String.valueOf(unit));
            });
  }

  private static char unescaped(char c) {
    int control = "bfnrt".indexOf(c);
    return control < 0 ? c : "\b\f\n\r\t".charAt(control);
  }

  private static boolean isScalar(byte b) {
    return (b >= '0' && b <= '9')
        || (b >= 'a' && b <= 'z')
        || (b >= 'A' && b <= 'Z')
        || b == '-'
        || b == '+'
        || b == '.';
  }
}
