package dev.tollgate.gateway.meter;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds a few things in a JSON document of any size that comes in pieces split anywhere, and keeps
 * nothing but those: usage objects, errors, the model, and how much text there was. Only keys at
 * their own place in the tree count, never text that looks like them.
 *
 * <pre>
 *   VALUE -{-> KEY_OR_END -"-> STRING -> COLON -> VALUE      strings: STRING -\-> ESCAPE -u-> HEX
 *     |--[--> VALUE_OR_END                                   deeper than {@value #DEPTH}: DEEP
 *     `-----> STRING, SCALAR -> NEXT_OR_END -,-> KEY, VALUE; at the top: CLOSED
 * </pre>
 *
 * It is lenient about what cannot mislead it (line feeds in strings, odd words and numbers). At the
 * first byte that has no place it is {@code LOST} for this document and ignores the rest; what it
 * had found stays. Documents of one answer follow one another through {@link #next}. Never throws,
 * whatever the bytes. Not safe for use by several threads at once.
 */
final class JsonScanner {
  /** Hears of usage objects, each as soon as it is complete. */
  interface Listener {
    /**
     * @param json the object as it was written, valid during the call only; of one that is longer
     *     than {@link #USAGE_BYTES} the beginning, which is no JSON
     */
    void onUsage(byte[] json, int length);
  }

  /** How many characters of a model's name are kept. */
  static final int MODEL_CHARACTERS = 200;

  /** How many bytes of a usage object are kept. */
  static final int USAGE_BYTES = 64 << 10;

  private static final int FIRST_USAGE_BYTES = 1 << 10;

  /** Keys that mean something somewhere. */
  private static final Words KEYS =
      new Words(
          "error",
          "type",
          "choices",
          "output",
          "content",
          "delta",
          "response",
          "message",
          "usage",
          "model",
          "finish_reason",
          "text",
          "reasoning",
          "reasoning_content",
          "reasoning_details",
          "transcript",
          "arguments",
          "refusal",
          "thinking",
          "partial_json",
          "annotations",
          "logprobs");

  /** Values that mean something: of a {@code type}, and a {@code finish_reason}. */
  private static final Words VALUES =
      new Words(
          "response.completed",
          "response.incomplete",
          "message_stop",
          "response.failed",
          "error",
          "response.error");

  /** The longest key that is looked for has 17 characters, each of them 6 bytes if escaped. */
  private static final int KEY_BYTES = 6 * 17;

  private static final int FIRST_DEPTH = 16;
  private static final int FIRST_STRING_BYTES = 64;
  private static final int STRING_BYTES = 6 * MODEL_CHARACTERS;
  private static final int DEPTH = 512;
  private static final byte[] NULL = {'n', 'u', 'l', 'l'};

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

  /** What an object or array is, by the way that leads to it. */
  private enum Role {
    ROOT,
    RESPONSE,
    MESSAGE,
    CHOICES,
    CHOICE,
    DELIVERED,
    OTHER
  }

  /** What the value that comes next is looked at for. */
  private enum Watch {
    NOTHING,
    USAGE,
    ERROR,
    MODEL,
    TYPE,
    FINISH_REASON,
    TEXT
  }

  private final Listener listener;
  private Role[] roles = new Role[FIRST_DEPTH];
  private boolean[] arrays = new boolean[FIRST_DEPTH];
  private byte[] kept = new byte[FIRST_STRING_BYTES];
  private byte[] usage = new byte[0];

  // The place in the document.
  private State state = State.VALUE;
  private int depth;
  private long deeper;
  private Watch watch = Watch.NOTHING;
  private Role childRole = Role.ROOT;
  private boolean inKey;
  private boolean keeping;
  private int keptBytes;
  private int hexLeft;
  private int hexValue;
  private int nullMatched;
  private int usageDepth;
  private int usageBytes;
  private boolean endsAnswer;

  // What was found, in all documents.
  private boolean error;
  private long delivered;
  private @Nullable String model;
  // As it was written: each event of a stream names the same again.
  private byte @Nullable [] writtenModel;

  JsonScanner(Listener listener) {
    this.listener = listener;
  }

  /** Begins the next document of the same answer. */
  void next() {
    state = State.VALUE;
    depth = 0;
    deeper = 0;
    watch = Watch.NOTHING;
    childRole = Role.ROOT;
    inKey = false;
    usageDepth = 0;
    endsAnswer = false;
  }

  /** The document is over; a bare word or number at its top ends with it. */
  void finish() {
    if (state == State.SCALAR) {
      endScalar();
    }
  }

  /** Whether the document's value is complete. */
  boolean isClosed() {
    return state == State.CLOSED;
  }

  /** Whether the document is of a {@code type} after which an answer has nothing more to say. */
  boolean endsAnswer() {
    return endsAnswer;
  }

  /** Whether any document had an error. */
  boolean hasError() {
    return error;
  }

  /** How many characters (code points) of delivered text there were in all documents. */
  long deliveredCharacters() {
    return delivered;
  }

  /** The model named last. */
  Optional<String> model() {
    return Optional.ofNullable(model);
  }

  /** How much memory the buffers take. */
  int retainedBytes() {
    byte[] written = writtenModel;
    return usage.length + kept.length + (written == null ? 0 : written.length) + 5 * roles.length;
  }

  /** Takes the next bytes of the document. */
  void feed(byte[] bytes, int offset, int length) {
    int end = offset + length;
    int i = offset;
    int usageFrom = offset;
    while (i < end) {
      int usageBefore = usageDepth;
      i = step(bytes, i, end);
      if (usageBefore == 0 && usageDepth > 0) {
        usageFrom = i - 1;
      } else if (usageBefore > 0 && usageDepth == 0 && state != State.LOST) {
        keepUsage(bytes, usageFrom, i);
        listener.onUsage(usage, usageBytes);
      }
    }
    if (usageDepth > 0) {
      keepUsage(bytes, usageFrom, end);
    }
  }

  /** Goes on by a byte or a run of them; returns where. */
  private int step(byte[] bytes, int i, int end) {
    byte b = bytes[i];
    return switch (state) {
      case STRING -> inString(bytes, i, end);
      case ESCAPE -> inEscape(b, i);
      case HEX -> inHex(b, i);
      case SCALAR -> inScalar(bytes, i, end);
      case DEEP -> inDeep(b, i);
      case CLOSED, LOST -> end;
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
    Role role = roles[depth - 1];
    inKey = true;
    watch = Watch.NOTHING;
    childRole = Role.OTHER;
    keeping = role != Role.OTHER && role != Role.CHOICES;
    keptBytes = 0;
    state = State.STRING;
  }

  private void beginValue(byte b) {
    if (depth > 0 && arrays[depth - 1]) {
      watch = Watch.NOTHING;
      childRole = element(roles[depth - 1]);
    }
    switch (b) {
      case '{', '[' -> beginContainer(b == '[');
      case '"' -> {
        error |= watch == Watch.ERROR;
        keeping = watch == Watch.MODEL || watch == Watch.TYPE || watch == Watch.FINISH_REASON;
        keptBytes = 0;
        inKey = false;
        state = State.STRING;
      }
      default -> {
        if (isScalar(b)) {
          nullMatched = b == NULL[0] ? 1 : -1;
          state = State.SCALAR;
        } else {
          state = lost();
        }
      }
    }
  }

  private static Role element(Role array) {
    return switch (array) {
      case CHOICES -> Role.CHOICE;
      case DELIVERED -> Role.DELIVERED;
      default -> Role.OTHER;
    };
  }

  private void beginContainer(boolean array) {
    error |= watch == Watch.ERROR;
    if (depth == DEPTH) {
      deeper = 1;
      state = State.DEEP;
      return;
    }
    if (depth == roles.length) {
      roles = Arrays.copyOf(roles, DEPTH);
      arrays = Arrays.copyOf(arrays, DEPTH);
    }
    roles[depth] = childRole;
    arrays[depth] = array;
    depth++;
    if (watch == Watch.USAGE && !array) {
      usageDepth = depth;
      usageBytes = 0;
    }
    state = array ? State.VALUE_OR_END : State.KEY_OR_END;
  }

  private void endContainer() {
    if (depth == usageDepth) {
      usageDepth = 0;
    }
    depth--;
    endValue();
  }

  private void endValue() {
    state = depth == 0 ? State.CLOSED : State.NEXT_OR_END;
  }

  private State lost() {
    usageDepth = 0;
    return State.LOST;
  }

  /** Strings are most of what passes, so they are gone through in runs. */
  private int inString(byte[] bytes, int from, int end) {
    int i = from;
    if (watch == Watch.TEXT) {
      int characters = 0;
      for (; i < end && bytes[i] != '"' && bytes[i] != '\\'; i++) {
        characters += (bytes[i] & 0xC0) == 0x80 ? 0 : 1;
      }
      delivered += characters;
    } else {
      while (i < end && bytes[i] != '"' && bytes[i] != '\\') {
        i++;
      }
    }
    keep(bytes, from, i);
    if (i == end) {
      return end;
    }
    if (bytes[i] == '"') {
      endString();
    } else {
      keep(bytes, i, i + 1);
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
      endEscape(true);
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
      endEscape(!Character.isLowSurrogate((char) hexValue));
    }
    return i + 1;
  }

  private void endEscape(boolean character) {
    if (character && watch == Watch.TEXT) {
      delivered++;
    }
    state = State.STRING;
  }

  private void keep(byte b) {
    if (keeping && keptBytes < STRING_BYTES) {
      makeRoom(1);
      kept[keptBytes] = b;
      keptBytes++;
    }
  }

  private void keep(byte[] bytes, int from, int to) {
    if (keeping && to > from) {
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

  private void endString() {
    if (deeper > 0) {
      state = State.DEEP;
      return;
    }
    if (inKey) {
      inKey = false;
      if (keeping && keptBytes <= KEY_BYTES) {
        look(roles[depth - 1], word(KEYS));
      }
      state = State.COLON;
      return;
    }
    switch (watch) {
      case MODEL -> rememberModel();
      case TYPE -> type(word(VALUES));
      case FINISH_REASON -> error |= word(VALUES).equals("error");
      default -> {}
    }
    endValue();
  }

  private void type(String type) {
    switch (type) {
      case "response.completed", "response.incomplete", "message_stop" -> endsAnswer = true;
      case "response.failed" -> {
        endsAnswer = true;
        error = true;
      }
      case "error", "response.error" -> error = true;
      default -> {}
    }
  }

  /** What a key means in a place. */
  private void look(Role role, String key) {
    switch (role) {
      case ROOT -> lookInRoot(key);
      case RESPONSE -> {
        if (key.equals("error")) {
          watch = Watch.ERROR;
        } else {
          lookForUsageAndModel(key);
        }
      }
      case MESSAGE -> lookForUsageAndModel(key);
      case CHOICE -> {
        switch (key) {
          case "error" -> watch = Watch.ERROR;
          case "finish_reason" -> watch = Watch.FINISH_REASON;
          default -> lookInDelivered(key);
        }
      }
      case DELIVERED -> lookInDelivered(key);
      default -> {}
    }
  }

  private void lookInRoot(String key) {
    switch (key) {
      case "error" -> watch = Watch.ERROR;
      case "type" -> watch = Watch.TYPE;
      case "choices" -> childRole = Role.CHOICES;
      case "output", "content" -> childRole = Role.DELIVERED;
      case "delta" -> {
        watch = Watch.TEXT;
        childRole = Role.DELIVERED;
      }
      case "response" -> childRole = Role.RESPONSE;
      case "message" -> childRole = Role.MESSAGE;
      default -> lookForUsageAndModel(key);
    }
  }

  private void lookForUsageAndModel(String key) {
    if (key.equals("usage")) {
      watch = Watch.USAGE;
    } else if (key.equals("model")) {
      watch = Watch.MODEL;
    }
  }

  private void lookInDelivered(String key) {
    switch (key) {
      case "content",
          "text",
          "reasoning",
          "reasoning_content",
          "transcript",
          "arguments",
          "delta",
          "refusal",
          "thinking",
          "partial_json" -> {
        watch = Watch.TEXT;
        childRole = Role.DELIVERED;
      }
      // These say the same text again, or another's.
      case "reasoning_details", "annotations", "logprobs" -> childRole = Role.OTHER;
      default -> childRole = Role.DELIVERED;
    }
  }

  private void rememberModel() {
    byte[] written = writtenModel;
    if (written == null || !Arrays.equals(written, 0, written.length, kept, 0, keptBytes)) {
      writtenModel = Arrays.copyOf(kept, keptBytes);
      model = Text.bounded(text(), MODEL_CHARACTERS);
    }
  }

  /** Which of these words was kept; the empty string if none was. */
  private String word(Words words) {
    for (int i = 0; i < keptBytes; i++) {
      if (kept[i] == '\\') {
        byte[] plain = text().getBytes(StandardCharsets.UTF_8);
        return words.find(plain, plain.length);
      }
    }
    return words.find(kept, keptBytes);
  }

  /** What was kept, its escapes undone. */
  private String text() {
    String raw = new String(kept, 0, keptBytes, StandardCharsets.UTF_8);
    int i = raw.indexOf('\\');
    if (i < 0) {
      return raw;
    }
    StringBuilder text = new StringBuilder(raw.length()).append(raw, 0, i);
    while (i < raw.length()) {
      char c = raw.charAt(i);
      if (c != '\\') {
        text.append(c);
        i++;
      } else if (i + 1 < raw.length() && raw.charAt(i + 1) != 'u') {
        text.append(unescaped(raw.charAt(i + 1)));
        i += 2;
      } else if (i + 6 <= raw.length()) {
        text.append((char) Integer.parseInt(raw, i + 2, i + 6, 16));
        i += 6;
      } else {
        break; // cut in the middle of an escape
      }
    }
    return text.toString();
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

  private int inScalar(byte[] bytes, int from, int end) {
    int i = from;
    for (; i < end && isScalar(bytes[i]); i++) {
      boolean matches =
          nullMatched >= 0 && nullMatched < NULL.length && bytes[i] == NULL[nullMatched];
      nullMatched = matches ? nullMatched + 1 : -1;
    }
    if (i < end) {
      endScalar();
    }
    return i;
  }

  private void endScalar() {
    error |= watch == Watch.ERROR && nullMatched != NULL.length;
    endValue();
  }

  /** Below the depth that is followed, brackets are counted only. */
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
        watch = Watch.NOTHING;
        keeping = false;
        inKey = false;
        state = State.STRING;
      }
      default -> {}
    }
    return i + 1;
  }

  private void keepUsage(byte[] bytes, int from, int to) {
    int room = Math.min(to - from, USAGE_BYTES - usageBytes);
    if (usageBytes + room > usage.length) {
      int wanted = Math.max(FIRST_USAGE_BYTES, Integer.highestOneBit(usageBytes + room) * 2);
      usage = Arrays.copyOf(usage, Math.min(wanted, USAGE_BYTES));
    }
    System.arraycopy(bytes, from, usage, usageBytes, room);
    usageBytes += room;
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
