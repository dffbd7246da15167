package dev.tollgate.gateway.meter;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import dev.tollgate.gateway.json.Json;
import dev.tollgate.gateway.ledger.Tokens;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The members of a usage object by path, such as {@code prompt_tokens_details.cached_tokens} or
 * {@code iterations[0].input_tokens}, with their values as written. To bound memory, members are
 * left out if they are nested too deeply, have too long a name, or exceed the maximum number.
 * Immutable.
 */
record UsageFields(Map<String, UsageFields.Field> fields) {
  /**
   * A value as written; for an object or array, the beginning of its text.
   *
   * @param size the number of elements of an array
   */
  record Field(JsonToken kind, String text, int size) {
    boolean isNumber() {
      return kind.isNumeric();
    }

    boolean isTrue() {
      return kind == JsonToken.VALUE_TRUE;
    }

    boolean isObject() {
      return kind == JsonToken.START_OBJECT;
    }
  }

  /**
   * Number length is not limited: an absurd cost must be distinguished from an unreadable one. NaN
   * and Infinity are not JSON, but some serialisers write them.
   */
  static final JsonFactory JSON =
      Json.factory()
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .streamReadConstraints(
              StreamReadConstraints.builder().maxNumberLength(Integer.MAX_VALUE).build())
          .build();

  /** A longer text is not a token count. */
  private static final int COUNT_CHARACTERS = 40;

  /** No answer has a trillion tokens. Sums of counts up to this cannot overflow. */
  private static final BigDecimal MOST = BigDecimal.valueOf(1_000_000_000_000L);

  /** A whole number with at most this many characters is below {@link #MOST}. */
  private static final int DIGITS_OF_MOST = 12;

  private static final int MOST_FIELDS = 4000;

  /** Room for members outside arrays, which a long array cannot use up. */
  private static final int MOST_MEMBERS = 500;

  private static final int MOST_DEPTH = 4;
  private static final int NAME_CHARACTERS = 40;

  /** Enough for the literal of a cost, whatever its characters are. */
  private static final int TEXT_BYTES = 4 * Cost.LITERAL_CHARACTERS;

  /** Takes over the map: the caller must not change it afterwards. */
  UsageFields {
    fields = Collections.unmodifiableMap(fields);
  }

  /** Reads an object. Empty: the bytes are not a JSON object. */
  static Optional<UsageFields> read(byte[] json, int offset, int length) {
    try (JsonParser parser = JSON.createParser(json, offset, length)) {
      if (parser.nextToken() == JsonToken.START_OBJECT) {
        Reader reader = new Reader(parser, json, offset);
        reader.object("", 0);
        return Optional.of(new UsageFields(reader.fields));
      }
    } catch (IOException e) {
      // The ledger entry shows the text as written.
    }
    return Optional.empty();
  }

  /** Fills the map. For one thread and one object. */
  private static final class Reader {
    private final JsonParser parser;
    private final byte[] json;
    private final int offset;
    private final Map<String, Field> fields = new LinkedHashMap<>();

    Reader(JsonParser parser, byte[] json, int offset) {
      this.parser = parser;
      this.json = json;
      this.offset = offset;
    }

    void object(String path, int depth) throws IOException {
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken kind = parser.nextToken();
        if (isKept(name)) {
          value(kind, path.isEmpty() ? name : path + "." + name, depth);
        } else {
          parser.skipChildren();
        }
      }
    }

    private void value(JsonToken kind, String path, int depth) throws IOException {
      if (kind.isStructStart()) {
        structure(kind, path, depth + 1);
      } else if (kind == JsonToken.VALUE_NULL) {
        // If a name occurs twice, the last member counts.
        fields.remove(path);
      } else {
        put(fields, path, new Field(kind, parser.getText(), 0));
      }
    }

    private void structure(JsonToken kind, String path, int depth) throws IOException {
      int from = (int) parser.currentTokenLocation().getByteOffset();
      int size = 0;
      if (depth > MOST_DEPTH) {
        parser.skipChildren();
      } else if (kind == JsonToken.START_OBJECT) {
        object(path, depth);
      } else {
        for (JsonToken item = parser.nextToken();
            item != JsonToken.END_ARRAY;
            item = parser.nextToken()) {
          value(item, path + "[" + size + "]", depth);
          size++;
        }
      }
      int to = (int) parser.currentLocation().getByteOffset();
      put(fields, path, new Field(kind, text(from, to), size));
    }

    /** The beginning of the text between two offsets of the parser. */
    private String text(int from, int to) {
      int few = Math.min(to - from, TEXT_BYTES);
      return new String(json, offset + from, few, StandardCharsets.UTF_8);
    }
  }

  /** Skips long names, and names with a dot or bracket, which would be ambiguous in a path. */
  private static boolean isKept(String name) {
    return name.length() <= NAME_CHARACTERS && name.indexOf('.') < 0 && name.indexOf('[') < 0;
  }

  private static void put(Map<String, Field> fields, String path, Field field) {
    int most = path.indexOf('[') < 0 ? MOST_FIELDS + MOST_MEMBERS : MOST_FIELDS;
    if (fields.size() < most || fields.containsKey(path)) {
      fields.put(path, field);
    }
  }

  /** The field at a path; empty: there is none, or it is null. */
  Optional<Field> find(String path) {
    return Optional.ofNullable(fields.get(path));
  }

  /** The number of elements of the array at a path; empty: there is no array. */
  OptionalInt size(String path) {
    Field field = fields.get(path);
    return field != null && field.kind == JsonToken.START_ARRAY
        ? OptionalInt.of(field.size)
        : OptionalInt.empty();
  }

  /**
   * The first known token count among these paths. It may be written as a whole number, a float
   * with a whole value, or a decimal string. {@link Tokens#UNKNOWN}: there is none.
   */
  long count(String... paths) {
    for (String path : paths) {
      Field field = fields.get(path);
      if (field != null) {
        long count = count(field);
        if (count != Tokens.UNKNOWN) {
          return count;
        }
      }
    }
    return Tokens.UNKNOWN;
  }

  private static long count(Field field) {
    if (field.kind == JsonToken.VALUE_NUMBER_INT && field.text.length() <= DIGITS_OF_MOST) {
      // The fast path: nearly all counts are written like this, and each answer has many.
      long count = Long.parseLong(field.text);
      return count < 0 ? Tokens.UNKNOWN : count;
    }
    boolean written = field.isNumber() || field.kind == JsonToken.VALUE_STRING;
    if (!written || field.text.length() > COUNT_CHARACTERS) {
      return Tokens.UNKNOWN;
    }
    return Decimal.read(field.text.strip())
        .filter(number -> number.signum() >= 0 && number.compareTo(MOST) <= 0)
        .filter(number -> number.stripTrailingZeros().scale() <= 0)
        .map(BigDecimal::longValueExact)
        .orElse(Tokens.UNKNOWN);
  }

  /**
   * Merges these fields with earlier ones of the same answer. Token counts that only the earlier
   * fields state are kept. A later zero or non-number does not replace an earlier count.
   */
  UsageFields after(UsageFields earlier) {
    Map<String, Field> merged = new LinkedHashMap<>(fields);
    earlier.fields.forEach(
        (path, field) -> {
          Field later = fields.get(path);
          boolean needed = field.kind == JsonToken.START_ARRAY || count(field) != Tokens.UNKNOWN;
          if (needed && (later == null || count(later) <= 0)) {
            put(merged, path, field);
          }
        });
    return new UsageFields(merged);
  }

  /** Whether these fields have at least one number, and none above zero. */
  boolean isAllZero() {
    return fields.values().stream().anyMatch(field -> count(field) == 0)
        && fields.values().stream().allMatch(UsageFields::isZero);
  }

  private static boolean isZero(Field field) {
    return field.isNumber()
        ? field.text.matches("-?[0.]+([eE].*)?")
        : field.kind != JsonToken.VALUE_STRING || count(field) <= 0;
  }
}
