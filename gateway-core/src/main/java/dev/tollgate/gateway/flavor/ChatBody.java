package dev.tollgate.gateway.flavor;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.tollgate.gateway.json.Json;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Positions of the members in a chat request's body that {@link ChatEdits} reads. Offsets are in
 * bytes from the start of the body. The first offset of a pair is inclusive, the second exclusive.
 *
 * <p>Names are compared after their escapes are decoded: {@code "mod\u005cu0065l"} is {@code
 * model}. If several members have one name, the last one counts, as in most parsers (RFC 8259 4
 * leaves this open). The body must be JSON as Jackson accepts it, within its limits on depth (1000)
 * and on the length of names and numbers. A name must not contain the escape of half a surrogate
 * pair. The body must also be valid UTF-8, which Jackson does not check. A byte order mark is
 * ignored, as RFC 8259 8.1 allows.
 */
final class ChatBody {
  /**
   * An object.
   *
   * @param inside the offset after the opening brace
   * @param members the last member of each name that is read
   */
  record JsonObject(int inside, boolean isEmpty, Map<String, Member> members) {
    Optional<Member> member(String name) {
      return Optional.ofNullable(members.get(name));
    }
  }

  /**
   * A member. The name's offsets include its quotes; the value's offsets include its brackets or
   * quotes.
   *
   * @param token the value's first token
   * @param text the value if it is a string, or the first item if that is a string; otherwise null
   * @param object the value if it is an object whose members are read; otherwise null
   */
  record Member(
      int nameFrom,
      int nameTo,
      int valueFrom,
      int valueTo,
      JsonToken token,
      @Nullable String text,
      @Nullable JsonObject object) {
    boolean isNull() {
      return token == JsonToken.VALUE_NULL;
    }

    /** The value, if it is a string. */
    Optional<String> string() {
      return token == JsonToken.VALUE_STRING ? Optional.ofNullable(text) : Optional.empty();
    }

    /** The first item, if the value is an array that begins with a string. */
    Optional<String> firstString() {
      return token == JsonToken.START_ARRAY ? Optional.ofNullable(text) : Optional.empty();
    }
  }

  private static final JsonFactory JSON = Json.factory().build();
  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
  private static final int GUESSED_FROM_BYTES = 4;
  private static final Set<String> OF_CHAT =
      Set.of(
          ChatEdits.MODEL,
          ChatEdits.MODELS,
          ChatEdits.MAX_TOKENS,
          ChatEdits.MAX_COMPLETION_TOKENS,
          ChatEdits.STREAM,
          ChatEdits.STREAM_OPTIONS);
  private static final Set<String> OF_STREAM_OPTIONS = Set.of(ChatEdits.INCLUDE_USAGE);

  private final byte[] body;
  private final int start;
  private final JsonParser parser;

  private ChatBody(byte[] body, int start, JsonParser parser) {
    this.body = body;
    this.start = start;
    this.parser = parser;
  }

  /**
   * Reads a body once, in time and memory linear in its length.
   *
   * @throws MalformedBodyException if the body is not one JSON object in UTF-8
   */
  static JsonObject read(byte[] body) {
    int start = startsWith(body, BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
    if (Json.isUtf8(body) && readsAsUtf8(body, start)) {
      try (JsonParser parser = JSON.createParser(body, start, body.length - start)) {
        if (parser.nextToken() == JsonToken.START_OBJECT) {
          JsonObject chat = new ChatBody(body, start, parser).object(OF_CHAT);
          if (parser.nextToken() == null) {
            return chat;
          }
        }
      } catch (IOException e) {
        // The body is not JSON, or exceeds a limit of Jackson's. Drop the cause: its message may
        // quote the body.
      }
    }
    throw new MalformedBodyException("body");
  }

  /** Reads the object whose opening brace was the last token. */
  private JsonObject object(Set<String> names) throws IOException {
    int inside = here();
    boolean empty = true;
    Map<String, Member> members = new HashMap<>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      empty = false;
      String name = parser.currentName();
      if (names.contains(name)) {
        members.put(name, member(name));
      } else {
        parser.nextToken();
        parser.skipChildren();
      }
    }
    return new JsonObject(inside, empty, members);
  }

  private Member member(String name) throws IOException {
    int nameFrom = tokenStart();
    JsonToken token = parser.nextToken();
    int valueFrom = tokenStart();
    String text = null;
    JsonObject object = null;
    if (token == JsonToken.VALUE_STRING) {
      // Reading the text moves Jackson to the end of the string, which it otherwise postpones.
      text = parser.getText();
    } else if (token == JsonToken.START_OBJECT && name.equals(ChatEdits.STREAM_OPTIONS)) {
      object = object(OF_STREAM_OPTIONS);
    } else if (token == JsonToken.START_ARRAY && name.equals(ChatEdits.MODELS)) {
      text = firstItem();
    } else {
      parser.skipChildren();
    }
    return new Member(nameFrom, nameEnd(nameFrom), valueFrom, here(), token, text, object);
  }

  /** Reads the array whose bracket was the last token; null if it does not begin with a string. */
  private @Nullable String firstItem() throws IOException {
    JsonToken first = parser.nextToken();
    String text = first == JsonToken.VALUE_STRING ? parser.getText() : null;
    for (JsonToken item = first; item != JsonToken.END_ARRAY; item = parser.nextToken()) {
      parser.skipChildren();
    }
    return text;
  }

  private int tokenStart() {
    return start + (int) parser.currentTokenLocation().getByteOffset();
  }

  private int here() {
    return start + (int) parser.currentLocation().getByteOffset();
  }

  /**
   * The end of a name. Jackson does not report it, because it reads on into the value. None of the
   * names contains a quote, so a search for the closing quote is enough.
   */
  private int nameEnd(int nameFrom) {
    int i = nameFrom + 1;
    while (body[i] != '"') {
      i++;
    }
    return i + 1;
  }

  private static boolean startsWith(byte[] body, byte[] prefix) {
    return body.length >= prefix.length
        && Arrays.equals(body, 0, prefix.length, prefix, 0, prefix.length);
  }

  /**
   * Whether Jackson, which guesses the encoding from the first bytes, reads the body as UTF-8. It
   * would skip a second byte order mark, and would read UTF-16 and UTF-32. Those have a NUL among
   * their first four bytes or begin with a non-ASCII byte; JSON in UTF-8 has neither.
   */
  private static boolean readsAsUtf8(byte[] body, int start) {
    for (int i = start; i < Math.min(body.length, start + GUESSED_FROM_BYTES); i++) {
      if (body[i] == 0) {
        return false;
      }
    }
    return start < body.length && body[start] > 0;
  }
}
