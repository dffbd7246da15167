package dev.tollgate.gateway.meter;

import dev.tollgate.gateway.meter.JsonHandler.Take;
import java.util.Arrays;

/**
 * Push tokenizer for JSON documents (RFC 8259) of any size that arrive in arbitrary pieces. It
 * knows only the syntax; the {@link JsonHandler} decides what a value means.
 *
 * <pre>
 *   VALUE -{-> KEY_OR_END -"-> STRING -> COLON -> VALUE      strings: STRING -\-> ESCAPE
 *     |--[--> VALUE_OR_END                                   deeper than {@value #DEPTH}: DEEP
 *     `-----> STRING, SCALAR -> NEXT_OR_END -,-> KEY, VALUE; at the top: CLOSED
 * </pre>
 *
 * It tolerates deviations that cannot mislead a reader: line feeds in strings, unknown words, odd
 * numbers. At the first byte that is not allowed in JSON, it becomes {@code LOST} and ignores the
 * rest of the document. Memory is bounded, and no input makes it throw. For one thread.
 */
final class JsonTokenizer {
  /** The maximum number of bytes kept of a whole string or scalar, including escapes. */
  static final int STRING_BYTES = 1200;

  /** The maximum number of bytes kept of a whole object or array. */
  static final int RAW_BYTES = 64 << 10;

  private static final int DEPTH = 512;

  private enum State {
    VALUE,
    VALUE_OR_END,
    KEY,
    KEY_OR_END,
    COLON,
    NEXT_OR_END,
    STRING,
    ESCAPE,
    SCALAR,
    DEEP,
    CLOSED,
    LOST
  }

  private final JsonHandler handler;
  private final Capture capture = new Capture();
  private boolean[] arrays = new boolean[16];
  private State state = State.VALUE;
  private int depth;
  private long deeper;
  private boolean inKey;
  private Take take = Take.NOTHING;
  private boolean escapes;
  private int hexLeft;
  private int hexValue;
  private int captureDepth;
  private long lostBytes;

  JsonTokenizer(JsonHandler handler) {
    this.handler = handler;
  }

  /** Begins the next document. */
  void next() {
    state = State.VALUE;
    depth = 0;
    deeper = 0;
    hexLeft = 0;
    inKey = false;
    capture.abandon();
    captureDepth = 0;
    lostBytes = 0;
  }

  /** Ends the document, and with it a bare word or number at its top level. */
  void finish() {
    if (state == State.SCALAR) {
      capture.resume(0);
      endText(new byte[0], 0);
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
    return capture.retainedBytes() + arrays.length;
  }

  /** Reads the next bytes of the document. */
  void feed(byte[] bytes, int offset, int length) {
    int end = offset + length;
    capture.resume(offset);
    for (int i = offset; i < end; ) {
      switch (state) {
        case STRING -> i = inString(bytes, i, end);
        case SCALAR -> i = inScalar(bytes, i, end);
        case ESCAPE -> inEscape(bytes[i++]);
        case LOST -> {
          lostBytes += end - i;
          i = end;
        }
        default -> structural(bytes, i++);
      }
    }
    capture.pause(bytes, end);
  }

  private void structural(byte[] bytes, int i) {
    byte b = bytes[i];
    if (b == ' ' || b == '\n' || b == '\r' || b == '\t') {
      return;
    }
    boolean mayEnd =
        state == State.NEXT_OR_END || state == State.KEY_OR_END || state == State.VALUE_OR_END;
    if (mayEnd && b == (arrays[depth - 1] ? ']' : '}')) {
      endContainer(bytes, i + 1);
      return;
    }
    switch (state) {
      case KEY, KEY_OR_END -> beginKey(b, i);
      case COLON -> state = b == ':' ? State.VALUE : lost();
      case NEXT_OR_END -> state = b != ',' ? lost() : arrays[depth - 1] ? State.VALUE : State.KEY;
      case DEEP -> inDeep(b);
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
      return;
    }
    if (structure && depth == DEPTH) {
      deeper = 1;
      state = State.DEEP;
      return;
    }
    Take wanted = captureDepth == 0 ? handler.value(b) : Take.NOTHING;
    if (structure) {
      beginContainer(b == '[', wanted, i);
    } else {
      state = b == '"' ? State.STRING : State.SCALAR;
      beginText(wanted, b == '"' ? i + 1 : i);
    }
  }

  private void beginText(Take wanted, int begin) {
    take = wanted;
    escapes = false;
    if (wanted == Take.WHOLE) {
      capture.begin(begin, STRING_BYTES);
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
      capture.begin(begin, RAW_BYTES);
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
      capture.end(bytes, to, false);
      handler.whole(capture.bytes(), capture.from(), capture.to());
    }
  }

  private void endValue() {
    state = depth == 0 ? State.CLOSED : State.NEXT_OR_END;
  }

  private State lost() {
    capture.abandon();
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
    if (i < end && bytes[i] == '"') {
      endText(bytes, i);
    } else if (i < end) {
      escapes = true;
      state = State.ESCAPE;
    }
    return Math.min(i + 1, end);
  }

  private void inEscape(byte b) {
    if (hexLeft > 0) {
      int digit = Character.digit(b, 16);
      hexValue = hexValue << 4 | digit;
      hexLeft--;
      if (digit < 0) {
        state = lost();
      } else if (hexLeft == 0) {
        endEscape((char) hexValue);
      }
    } else if (b == 'u') {
      hexLeft = 4;
      hexValue = 0;
    } else if ("\"\\/bfnrt".indexOf(b) >= 0) {
      endEscape(Capture.unescaped((char) b));
    } else {
      state = lost();
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
      capture.end(bytes, to, escapes);
      if (inKey) {
        handler.key(capture.bytes(), capture.from(), capture.to());
      } else {
        handler.whole(capture.bytes(), capture.from(), capture.to());
      }
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
    if (b == '"') {
      take = Take.NOTHING;
      state = State.STRING;
      return;
    }
    deeper += b == '{' || b == '[' ? 1 : b == '}' || b == ']' ? -1 : 0;
    if (deeper == 0) {
      endValue();
    }
  }

  private static boolean isScalar(byte b) {
    return b > 0 && (Character.isLetterOrDigit(b) || b == '-' || b == '+' || b == '.');
  }
}
