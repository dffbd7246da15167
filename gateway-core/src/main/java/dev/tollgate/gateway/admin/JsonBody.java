package dev.tollgate.gateway.admin;

import static dev.tollgate.gateway.exchange.RefusedException.quoted;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tollgate.gateway.account.Limit;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.json.Json;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The body of an admin API request: a JSON object whose members are all known and of the right
 * type. Errors name the faulty member; they never quote a secret.
 */
final class JsonBody {
  static final ObjectMapper JSON = Json.strict();

  private final ObjectNode object;

  private JsonBody(ObjectNode object) {
    this.object = object;
  }

  /**
   * Parses a body.
   *
   * @param text blank: an object without members
   * @param members the names of the allowed members
   */
  static JsonBody parse(String text, Set<String> members) {
    if (text.isBlank()) {
      return new JsonBody(JSON.createObjectNode());
    }
    JsonNode node;
    try {
      node = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      // Drop the cause: its message quotes the body.
      throw new AdminException("the body is not JSON, or has a duplicate member");
    }
    if (!(node instanceof ObjectNode object)) {
      throw new AdminException("the body is not a JSON object");
    }
    for (Iterator<String> names = object.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!members.contains(name)) {
        throw new AdminException("unknown member " + quoted(name));
      }
    }
    return new JsonBody(object);
  }

  /** A member of the right type; null if it is absent. */
  private @Nullable JsonNode member(String name, Predicate<JsonNode> type, String what) {
    JsonNode value = object.get(name);
    if (value != null && !type.test(value)) {
      throw new AdminException(name + " is not " + what);
    }
    return value;
  }

  /** An optional string; null if it is absent. */
  @Nullable String optional(String name) {
    JsonNode value = member(name, JsonNode::isTextual, "a string");
    return value == null ? null : value.textValue();
  }

  /** An optional string with a default. */
  String text(String name, String otherwise) {
    String text = optional(name);
    return text == null ? otherwise : text;
  }

  /** An optional string; empty for JSON null, null if it is absent. */
  @Nullable String textOrNone(String name) {
    JsonNode value = object.get(name);
    return value != null && value.isNull() ? "" : optional(name);
  }

  /** An optional object for {@link Metadata}; empty for JSON null, null if it is absent. */
  @Nullable String metadata(String name) {
    JsonNode value = object.get(name);
    return value == null ? null : Metadata.text(value);
  }

  /** A required string. */
  String required(String name) {
    String text = optional(name);
    if (text == null) {
      throw new AdminException(name + " is missing");
    }
    return text;
  }

  /** An optional boolean; null if it is absent. */
  @Nullable Boolean flag(String name) {
    JsonNode value = member(name, JsonNode::isBoolean, "true or false");
    return value == null ? null : value.booleanValue();
  }

  /** An optional string that {@code reader} parses; null if it is absent. */
  <T> @Nullable T read(String name, Function<String, T> reader) {
    String text = optional(name);
    return text == null ? null : read(name, text, reader);
  }

  static <T> T read(String name, String text, Function<String, T> reader) {
    try {
      return reader.apply(text);
    } catch (IllegalArgumentException e) {
      throw new AdminException(name + " " + quoted(text) + ": " + e.getMessage());
    }
  }

  /** An optional secret; null if it is absent. */
  @Nullable Secret secret(String name) {
    String text = optional(name);
    try {
      return text == null ? null : Secret.of(text);
    } catch (IllegalArgumentException e) {
      throw new AdminException(name + " is not one line of printable ASCII");
    }
  }

  /**
   * The change to those of {@code limits} that are members. JSON null clears a limit; an absent
   * member keeps it.
   */
  LimitsChange limits(List<Limit<?>> limits) {
    LimitsChange change = LimitsChange.NONE;
    for (Limit<?> limit : limits) {
      JsonNode value = object.get(limit.name());
      if (value != null) {
        change = value.isNull() ? change.clear(limit) : set(change, limit, value);
      }
    }
    return change;
  }

  private static <T> LimitsChange set(LimitsChange change, Limit<T> limit, JsonNode node) {
    String what = limit.name() + (node.isTextual() ? " " + quoted(node.textValue()) : "");
    Object plain = plain(node);
    T value;
    try {
      value = plain == null ? null : limit.form().ofJson().apply(plain);
    } catch (IllegalArgumentException e) {
      throw new AdminException(what + ": " + e.getMessage());
    }
    if (value == null) {
      throw new AdminException(limit.name() + " is not " + limit.form().jsonType());
    }
    return change.set(limit, value);
  }

  /** A String, a Long or a List of strings that are not empty; null: something else. */
  private static @Nullable Object plain(JsonNode node) {
    if (node.isArray()) {
      List<String> texts = new ArrayList<>();
      node.forEach(each -> texts.add(each.isTextual() ? each.textValue() : ""));
      return texts.contains("") ? null : texts;
    }
    if (node.isIntegralNumber() && node.canConvertToLong()) {
      return node.longValue();
    }
    return node.textValue();
  }
}
