package dev.tollgate.gateway.meter;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Push tokenizer for JSON documents (RFC 8259) of any size that arrive in arbitrary pieces. It
 * knows only the syntax; the {@link Handler} decides what a value means.
 *
 * <pre>
 *   VALUE -{-> KEY_OR_END -"-> STRING -> COLON -> VALUE      strings: STRING -\-> ESCAPE -u-> HEX
 *     |--[--> VALUE_OR_END                                   deeper than {@value #DEPTH}: DEEP
 *     `-----> STRING, SCALAR -> NEXT_OR_END -,-> KEY, VALUE; at the top: CLOSED
 * </pre>
 *
 * It tolerates deviations that cannot mislead a reader: line feeds in strings, unknown words, odd
 * numbers. At the first byte that is not allowed in JSON, it becomes {@code LOST} and ignores the
 * rest of the document. Memory is bounded, and no input makes it throw. Not safe for use by several
 * threads at once.
 */
final class JsonTokenizer {
  /** The events that the handler wants for a value. */
  enum Take {
    /** No event until the end of the value, except those for the members of an object. */
    NOTHING,
    /** For a string: its text in runs. */
    RUNS,
    /**
     * For a string or a scalar: the whole text, cut to {@link #STRING_BYTES}. For an object or
     * array: its bytes as written, cut to {@link #RAW_BYTES}.
     */
    WHOLE
  }

  /** Receives the events of the documents, in order. Arrays are valid only during the call. */
  interface Handler {
    /** Whether the handler wants the keys of the current object. */
    boolean wantsKeys();

    /**
     * A key, with its escapes decoded; empty if it is longer than any key that handlers look for.
     */
    void key(byte[] text, int length);

    /**
     * A value begins.
     *
     * @param first its first byte, which distinguishes objects, arrays and strings from scalars
     */
    Take value(byte first);

    /** The innermost open object or array has ended. */
    void end();

    /** A run of a string's text without escapes. */
    void run(byte[] bytes, int from, int to);

    /** An escaped character of a string's text: a UTF-16 code unit. */
    void escaped(char unit);

    /** A whole string, with its escapes decoded. */
    void string(byte[] text, int length);

    /** A whole number or word. */
    void scalar(byte[] text, int length);

    /**
     * The bytes of a whole object or array. If it exceeds the limit, the cut bytes are not valid
     * JSON.
     */
    void raw(byte[] json, int length);
  }

  /** The maximum number of bytes kept of a whole string or scalar, including escapes. */
  static final int STRING_BYTES = 1200;

  /** The maximum number of bytes kept of a whole object or array. */
  static final int RAW_BYTES = 64 << 10;

  /** The longest key that a handler looks for has 20 characters, each of 6 bytes if escaped. */
  private static final int KEY_BYTES = 6 * 20;

  private static final int FIRST_RAW_BYTES = 1 << 10;
  private static final int FIRST_DEPTH = 16;
  private static final int FIRST_STRING_BYTES = 64;
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
    HEX,
    SCALAR,
    DEEP,
    CLOSED,
    LOST
  }

  private final Handler handler;
  private boolean[] arrays = new boolean[FIRST_DEPTH];
  private byte[] kept = new byte[FIRST_STRING_BYTES];
  private byte[] raw = new byte[0];

  private State state = State.VALUE;
  private int depth;
  private long deeper;
  private boolean inKey;
  private Take take = Take.NOTHING;
  private int keptBytes;
  private boolean keptEscape;
  private int hexLeft;
  private int hexValue;
  private int rawDepth;
  private int rawBytes;
  private long lostBytes;

  JsonTokenizer(Handler handler) {
    this.handler = handler;
  }

  /** Begins the next document. */
  void next() {
    state = State.VALUE;
    depth = 0;
    deeper = 0;
    inKey = false;
    rawDepth = 0;
    lostBytes = 0;
  }

  /** Ends the document, and with it a bare word or number at its top level. */
  void finish() {
    if (state == State.SCALAR) {
      endScalar();
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
    return raw.length + kept.length + arrays.length;
  }

  /** Reads the next bytes of the document. */
  void feed(byte[] bytes, int offset, int length) {
    int end = offset + length;
    int i = offset;
    int rawFrom = offset;
    while (i < end) {
      int before = rawDepth;
      i = step(bytes, i, end);
      if (before == 0 && rawDepth > 0) {
        rawFrom = i - 1;
      } else if (before > 0 && rawDepth == 0 && state != State.LOST) {
        keepRaw(bytes, rawFrom, i);
        handler.raw(raw, rawBytes);
      }
    }
    if (rawDepth > 0) {
      keepRaw(bytes, rawFrom, end);
    }
  }

  /** Reads a byte or a run of bytes; returns the index of the next byte. */
  private int step(byte[] bytes, int i, int end) {
    byte b = bytes[i];
    return switch (state) {
      case STRING -> inString(bytes, i, end);
      case ESCAPE -> inEscape(b, i);
      case HEX -> inHex(b, i);
      case SCALAR -> inScalar(bytes, i, end);
      case DEEP -> inDeep(b, i);
      case CLOSED -> {
        lostBytes += isSpace(b) ? 0 : 1;
        yield i + 1;
      }
      case LOST -> {
        lostBytes += end - i;
        yield end;
      }
      default -> {
        if (!isSpace(b)) {
          structural(b);
        }
        yield i + 1;
      }
    };
  }

  private void structural(byte b) {
    switch (state) {
      case VALUE_OR_END -> {
        if (b == ']') {
          endContainer();
        } else {
          beginValue(b);
        }
      }
      case KEY_OR_END -> {
        if (b == '}') {
          endContainer();
        } else {
          beginKey(b);
        }
      }
      case KEY -> beginKey(b);
      case COLON -> state = b == ':' ? State.VALUE : lost();
      case NEXT_OR_END -> {
        boolean array = arrays[depth - 1];
        if (b == ',') {
          state = array ? State.VALUE : State.KEY;
        } else if (b == (array ? ']' : '}')) {
          endContainer();
        } else {
          state = lost();
        }
      }
      default -> beginValue(b);
    }
  }

  private void beginKey(byte b) {
    if (b != '"') {
      state = lost();
      return;
    }
    inKey = true;
    beginString(handler.wantsKeys() ? Take.WHOLE : Take.NOTHING);
  }

  private void beginString(Take wanted) {
    take = wanted;
    keptBytes = 0;
    keptEscape = false;
    state = State.STRING;
  }

  private void beginValue(byte b) {
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
    Take wanted = handler.value(b);
    if (structure) {
      beginContainer(b == '[', wanted);
    } else {
      inKey = false;
      beginString(wanted);
      state = b == '"' ? State.STRING : State.SCALAR;
      if (b != '"') {
        keep(b);
      }
    }
  }

  private void beginContainer(boolean array, Take wanted) {
    if (depth == arrays.length) {
      arrays = Arrays.copyOf(arrays, DEPTH);
    }
    arrays[depth] = array;
    depth++;
    if (wanted == Take.WHOLE && rawDepth == 0) {
      rawDepth = depth;
      rawBytes = 0;
    }
    state = array ? State.VALUE_OR_END : State.KEY_OR_END;
  }

  private void endContainer() {
    if (depth == rawDepth) {
      rawDepth = 0;
    }
    depth--;
    handler.end();
    endValue();
  }

  private void endValue() {
    state = depth == 0 ? State.CLOSED : State.NEXT_OR_END;
  }

  private State lost() {
    rawDepth = 0;
    lostBytes++;
    return State.LOST;
  }

  /** Reads strings in runs, because most of the input is strings. */
  private int inString(byte[] bytes, int from, int end) {
    int i = from;
    while (i < end && bytes[i] != '"' && bytes[i] != '\\') {
      i++;
    }
    if (i > from) {
      switch (take) {
        case RUNS -> handler.run(bytes, from, i);
        case WHOLE -> keep(bytes, from, i);
        default -> {}
      }
    }
    if (i == end) {
      return end;
    }
    if (bytes[i] == '"') {
      endString();
    } else {
      keptEscape = true;
      keep(bytes[i]);
      state = State.ESCAPE;
    }
    return i + 1;
  }

  private int inEscape(byte b, int i) {
    keep(b);
    if (b == 'u') {
      hexLeft = 4;
      hexValue = 0;
      state = State.HEX;
    } else if ("\"\\/bfnrt".indexOf(b) >= 0) {
      endEscape(unescaped((char) b));
    } else {
      state = lost();
    }
    return i + 1;
  }

  private int inHex(byte b, int i) {
    keep(b);
    int digit = b < 0 ? -1 : Character.digit(b, 16);
    if (digit < 0) {
      state = lost();
      return i + 1;
    }
    hexValue = hexValue << 4 | digit;
    hexLeft--;
    if (hexLeft == 0) {
      endEscape((char) hexValue);
    }
    return i + 1;
  }

  private void endEscape(char unit) {
    if (take == Take.RUNS) {
      handler.escaped(unit);
    }
    state = State.STRING;
  }

  private void endString() {
    if (deeper > 0) {
      state = State.DEEP;
    } else if (inKey) {
      inKey = false;
      if (take == Take.WHOLE) {
        if (keptEscape && keptBytes <= KEY_BYTES) {
          byte[] plain = plain();
          handler.key(plain, plain.length);
        } else {
          handler.key(kept, keptBytes <= KEY_BYTES ? keptBytes : 0);
        }
      }
      state = State.COLON;
    } else {
      if (take == Take.WHOLE) {
        if (keptEscape) {
          byte[] plain = plain();
          handler.string(plain, plain.length);
        } else {
          handler.string(kept, keptBytes);
        }
      }
      endValue();
    }
  }

  private int inScalar(byte[] bytes, int from, int end) {
    int i = from;
    while (i < end && isScalar(bytes[i])) {
      i++;
    }
    keep(bytes, from, i);
    if (i < end) {
      endScalar();
    }
    return i;
  }

  private void endScalar() {
    if (take == Take.WHOLE) {
      handler.scalar(kept, keptBytes);
    }
    endValue();
  }

  /** Below the maximum depth, only brackets are counted. */
  private int inDeep(byte b, int i) {
    switch (b) {
      case '{', '[' -> deeper++;
      case '}', ']' -> {
        deeper--;
        if (deeper == 0) {
          endValue();
        }
      }
      case '"' -> {
        inKey = false;
        beginString(Take.NOTHING);
      }
      default -> {}
    }
    return i + 1;
  }

  private void keep(byte b) {
    if (take == Take.WHOLE && keptBytes < STRING_BYTES) {
      makeRoom(1);
      kept[keptBytes] = b;
      keptBytes++;
    }
  }

  private void keep(byte[] bytes, int from, int to) {
    if (take == Take.WHOLE && to > from) {
      int room = Math.min(to - from, STRING_BYTES - keptBytes);
      makeRoom(room);
      System.arraycopy(bytes, from, kept, keptBytes, room);
      keptBytes += room;
    }
  }

  private void makeRoom(int bytes) {
    if (keptBytes + bytes > kept.length) {
      kept = Arrays.copyOf(kept, STRING_BYTES);
    }
  }

  private void keepRaw(byte[] bytes, int from, int to) {
    int room = Math.min(to - from, RAW_BYTES - rawBytes);
    if (rawBytes + room > raw.length) {
      int wanted = Math.max(FIRST_RAW_BYTES, Integer.highestOneBit(rawBytes + room) * 2);
      raw = Arrays.copyOf(raw, Math.min(wanted, RAW_BYTES));
    }
    System.arraycopy(bytes, from, raw, rawBytes, room);
    rawBytes += room;
  }

  /** The kept text, with its escapes decoded. */
  private byte[] plain() {
    String written = new String(kept, 0, keptBytes, StandardCharsets.UTF_8);
    StringBuilder text = new StringBuilder(written.length());
    int i = 0;
    while (i < written.length()) {
      char c = written.charAt(i);
      if (c != '\\') {
        text.append(c);
        i++;
      } else if (i + 1 < written.length() && written.charAt(i + 1) != 'u') {
        text.append(unescaped(written.charAt(i + 1)));
        i += 2;
      } else if (i + 6 <= written.length()) {
        text.append((char) Integer.parseInt(written, i + 2, i + 6, 16));
        i += 6;
      } else {
        break; // cut in the middle of an escape
      }
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static char unescaped(char c) {
    return switch (c) {
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      default -> c;
    };
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || b == '\n' || b == '\r' || b == '\t';
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
