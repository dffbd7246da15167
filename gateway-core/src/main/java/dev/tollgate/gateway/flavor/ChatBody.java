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
 * Where the members of a chat request's body are that {@link ChatEdits} looks for. All offsets are
 * bytes from the beginning of the body, the first one included, the second one not.
 *
 * <p>Names count as they read, not as they are spelled: {@code "mod\u005cu0065l"} is {@code model}.
 * Of members with one name the last counts, as with most parsers (RFC 8259 4 leaves it open). JSON
 * is what Jackson takes for it, with its bounds on the depth (1000) and on the length of names and
 * numbers, and no name with the escape of half a surrogate pair; and it is valid UTF-8, which
 * Jackson does not check. A byte order mark is ignored, as RFC 8259 8.1 allows.
 */
final class ChatBody {
  /**
   * An object.
   *
   * @param inside the offset after its opening brace
   * @param members the last member of each name that is looked for
   */
  record JsonObject(int inside, boolean isEmpty, Map<String, Member> members) {
    Optional<Member> member(String name) {
      return Optional.ofNullable(members.get(name));
    }
  }

  /**
   * A member. The name's offsets include its quotes, the value's its brackets or quotes.
   *
   * @param token what the value begins with
   * @param text the value, or its first item, if that is a string
   * @param object the value if that is an object which is looked into
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

    /** The first item, if the value is an array and that is a string. */
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
   * @throws MalformedBodyException if it is not one JSON object in UTF-8
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
        // No JSON, or beyond a bound of Jackson's. Its message may quote the body.
      }
    }
    throw new MalformedBodyException("body");
  }

  /** Reads the object whose brace was the last token. */
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
      // Also reads it to its end, which Jackson puts off otherwise.
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

  /** Reads the array whose bracket was the last token; null: it does not begin with a string. */
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
   * Where a name ends. Jackson does not say: with the name it has read on into the value. None of
   * the names looked for has a quote that could be escaped.
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
   * Whether Jackson, which guesses the encoding from the first bytes, takes these for UTF-8. It
   * would skip a second byte order mark, and read UTF-16 and UTF-32; both show in that a NUL or no
   * ASCII is there, where JSON begins with neither.
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
