package dev.tollgate.gateway.meter;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Walks through the objects and lists of a request body. A reader may leave a value anywhere inside
 * it: the walk skips the rest. For one thread.
 */
final class BodyCursor {
  /** Reads a scalar. */
  interface ScalarReader {
    void read(String name, JsonToken value) throws IOException;
  }

  /** A walk through the members of an object, or the elements of a list. */
  final class Walk {
    private final @Nullable JsonStreamContext inside;
    private final boolean other;
    private String name = "";
    private JsonToken value;

    private Walk(JsonToken value, JsonToken start) {
      this.inside = value == start ? parser.getParsingContext() : null;
      this.other = value != start && value != JsonToken.VALUE_NULL;
      this.value = value;
    }

    /** Whether the value is neither of the wanted kind nor null. */
    boolean isOther() {
      return other;
    }

    /** Goes to the next member or element; false: there is none. */
    boolean next() throws IOException {
      if (inside == null) {
        return false;
      }
      while (parser.getParsingContext() != inside) {
        parser.nextToken();
      }
      JsonToken token = parser.nextToken();
      if (token == JsonToken.FIELD_NAME) {
        name = parser.currentName();
        value = parser.nextToken();
      } else {
        value = token;
      }
      return !token.isStructEnd();
    }

    /** The name of the current member. */
    String name() {
      return name;
    }

    /** The first token of the current member or element. */
    JsonToken value() {
      return value;
    }
  }

  private final JsonParser parser;

  BodyCursor(JsonParser parser) {
    this.parser = parser;
  }

  /** Enters the current value if it is an object. */
  Walk members(JsonToken value) {
    return new Walk(value, JsonToken.START_OBJECT);
  }

  /** Enters the current value if it is a list. */
  Walk elements(JsonToken value) {
    return new Walk(value, JsonToken.START_ARRAY);
  }

  /**
   * Reads the scalars of a value, at any depth. The name of an element is that of its list.
   *
   * @param member the name of the value, which is the current token
   */
  void scalars(String member, JsonToken value, ScalarReader reader) throws IOException {
    Deque<String> outer = new ArrayDeque<>();
    String name = member;
    JsonToken token = value;
    while (true) {
      if (token.isStructStart()) {
        outer.push(name);
      } else if (token.isStructEnd()) {
        name = outer.pop();
      } else if (token == JsonToken.FIELD_NAME) {
        name = parser.currentName();
      } else {
        reader.read(name, token);
      }
      if (outer.isEmpty()) {
        return;
      }
      token = parser.nextToken();
    }
  }

  /** The next token of the value. */
  JsonToken next() throws IOException {
    return parser.nextToken();
  }

  /** The text of a string or scalar; empty for an object or a list. */
  String text(JsonToken value) throws IOException {
    return value.isScalarValue() ? parser.getText() : "";
  }

  /** The text of a string; empty for anything else. */
  String string(JsonToken value) throws IOException {
    return value == JsonToken.VALUE_STRING ? parser.getText() : "";
  }

  /** The value of the current number. */
  double number() throws IOException {
    return parser.getDoubleValue();
  }
}
