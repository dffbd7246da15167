package dev.tollgate.gateway.selfservice;

import static dev.tollgate.gateway.exchange.RefusedException.malformed;
import static dev.tollgate.gateway.exchange.RefusedException.quoted;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tollgate.gateway.account.KeySettings;
import dev.tollgate.gateway.account.SpendingCaps;
import dev.tollgate.gateway.json.Json;
import dev.tollgate.gateway.ledger.Period;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Iterator;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code POST /keys} or {@code PATCH /keys/{hash}}. Each member has the name and the
 * meaning of OpenRouter's. A member that is not known is refused: a cap with a misspelt name must
 * not become a key without a cap.
 */
final class KeyBody {
  /** Members that have no effect: there is no BYOK, and a key belongs to its project. */
  private static final Set<String> IGNORED = Set.of("include_byok_in_limit", "creator_user_id");

  private static final Set<String> OF_NEW =
      Set.of("name", "limit", "limit_reset", "expires_at", "workspace_id");
  private static final Set<String> OF_CHANGE = Set.of("name", "disabled", "limit", "limit_reset");

  private static final BigDecimal NANO = BigDecimal.valueOf(1, 9);
  private static final BigDecimal MOST = BigDecimal.valueOf(Long.MAX_VALUE, 9);

  /** The first instant that has no four-digit year. */
  private static final Instant END = Instant.parse("9999-12-31T23:59:59.999Z");

  private final ObjectNode object;

  private KeyBody(ObjectNode object) {
    this.object = object;
  }

  /** Parses the body of {@code POST /keys}. */
  static KeyBody ofNew(String text) {
    return parse(text, OF_NEW);
  }

  /** Parses the body of {@code PATCH /keys/{hash}}. */
  static KeyBody ofChange(String text) {
    return parse(text, OF_CHANGE);
  }

  private static KeyBody parse(String text, Set<String> members) {
    JsonNode node;
    try {
      node = Json.strict().readTree(text);
    } catch (JsonProcessingException e) {
      // Drop the cause: its message quotes the body.
      throw malformed("the body is not JSON, or has a duplicate member");
    }
    if (!(node instanceof ObjectNode object)) {
      throw malformed("the body is not a JSON object");
    }
    for (Iterator<String> names = object.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!members.contains(name) && !IGNORED.contains(name)) {
        throw malformed("unknown member " + quoted(name));
      }
    }
    return new KeyBody(object);
  }

  /** A member of the right type; null if it is absent. */
  private @Nullable JsonNode member(String name, Predicate<JsonNode> type, String what) {
    JsonNode value = object.get(name);
    if (value != null && !type.test(value)) {
      throw malformed(name + " is not " + what);
    }
    return value;
  }

  private static boolean isTextOrNull(JsonNode value) {
    return value.isTextual() || value.isNull();
  }

  /** An optional string; null if it is absent or JSON null. */
  private @Nullable String text(String name, String what) {
    JsonNode value = member(name, KeyBody::isTextOrNull, what);
    return value == null ? null : value.textValue();
  }

  /** The settings of a new key. */
  KeySettings settings() {
    if (!object.has("name")) {
      throw malformed("name is missing");
    }
    return after(KeySettings.NONE);
  }

  /** The workspace that a new key shall be in; empty: the project's. */
  Optional<String> workspace() {
    return Optional.ofNullable(text("workspace_id", "a string"));
  }

  /**
   * When a new key expires; null: never.
   *
   * @param now the latest time that is refused
   */
  @Nullable Instant expiresAt(Instant now) {
    String text = text("expires_at", "a string or null");
    if (text == null) {
      return null;
    }
    Instant at;
    try {
      at = Instant.parse(text);
    } catch (DateTimeException e) {
      throw malformed(
          "expires_at is " + quoted(text) + ", but must be a time such as 2030-12-31T23:59:59Z");
    }
    if (!at.isAfter(now) || at.isAfter(END)) {
      throw malformed(
          "expires_at is "
              + quoted(text)
              + ", but must be in the future and before the year 10000");
    }
    return at;
  }

  /** The settings of a key after the change. Members that are absent keep their values. */
  KeySettings after(KeySettings before) {
    JsonNode disabled = member("disabled", JsonNode::isBoolean, "true or false");
    JsonNode name = member("name", JsonNode::isTextual, "a string");
    if (name != null && name.textValue().isBlank()) {
      throw malformed("name is empty");
    }
    try {
      return new KeySettings(
          name == null ? before.name() : name.textValue(),
          before.metadata(),
          disabled == null ? before.disabled() : disabled.booleanValue(),
          caps(before.caps()));
    } catch (IllegalArgumentException e) {
      throw malformed(String.valueOf(e.getMessage()));
    }
  }

  /** The caps after the change. A key has at most one cap that its project has set. */
  private SpendingCaps caps(SpendingCaps before) {
    JsonNode limit =
        member("limit", value -> value.isNumber() || value.isNull(), "a number or null");
    if (limit == null && !object.has("limit_reset")) {
      return before;
    }
    Period period = period(before);
    Long nanos =
        limit == null ? nanos(before) : limit.isNull() ? null : nanos(limit.decimalValue());
    if (nanos == null) {
      if (limit == null && period != Period.TOTAL) {
        throw malformed("limit_reset is '" + period + "', but the key has no limit");
      }
      return SpendingCaps.NONE;
    }
    return new SpendingCaps(
        period == Period.DAILY ? nanos : null,
        period == Period.WEEKLY ? nanos : null,
        period == Period.MONTHLY ? nanos : null,
        period == Period.TOTAL ? nanos : null);
  }

  /** The period of the cap: as stated, else that of the present cap, else in total. */
  private Period period(SpendingCaps before) {
    if (!object.has("limit_reset")) {
      return Period.LONGEST_FIRST.stream()
          .filter(period -> period.cap(before).isPresent())
          .findFirst()
          .orElse(Period.TOTAL);
    }
    String text = text("limit_reset", "a string or null");
    if (text == null) {
      return Period.TOTAL;
    }
    return switch (text) {
      case "daily" -> Period.DAILY;
      case "weekly" -> Period.WEEKLY;
      case "monthly" -> Period.MONTHLY;
      default ->
          throw malformed(
              "limit_reset is " + quoted(text) + ", but must be daily, weekly, monthly or null");
    };
  }

  private static @Nullable Long nanos(SpendingCaps caps) {
    return Period.LONGEST_FIRST.stream()
        .flatMap(period -> period.cap(caps).stream())
        .findFirst()
        .map(cap -> cap.nanos())
        .orElse(null);
  }

  /** The limit in nano-dollars, rounded down: a number of JavaScript may have more decimals. */
  private static long nanos(BigDecimal dollars) {
    // The comparisons come first: the work of rounding grows with the scale.
    if (dollars.compareTo(NANO) < 0 || dollars.compareTo(MOST) > 0) {
      throw malformed(
          "limit is "
              + quoted(dollars.toString())
              + ", but must be an amount of US dollars from 0.000000001 to "
              + MOST.toPlainString());
    }
    return dollars.movePointRight(NANO.scale()).setScale(0, RoundingMode.DOWN).longValueExact();
  }
}
