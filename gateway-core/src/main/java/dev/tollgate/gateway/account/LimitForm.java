package dev.tollgate.gateway.account;

import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * How the values of a {@link Limit} are written: on the command line, in JSON and in a column.
 *
 * @param jsonType what a value is in JSON, for the message "... is not a string"
 * @param schema the members of the JSON Schema of a value or null
 * @param parse reads a value from the command line
 * @param ofJson reads a String, a Long or a List of strings; null: a value has another type
 * @param json the value in JSON: a String, an Integer or a List of strings
 * @param ofColumn reads a String or a Long, as {@code column} writes it
 * @param column the value in the database: a String or a Long
 * @param valid whether a value is within {@code range}
 * @param range the allowed values, for the message "... must be more than zero"
 */
public record LimitForm<T>(
    String jsonType,
    String schema,
    Function<String, T> parse,
    Function<Object, @Nullable T> ofJson,
    Function<T, Object> json,
    Function<Object, T> ofColumn,
    Function<T, Object> column,
    Predicate<T> valid,
    String range) {
  private static final String COUNTS = "a whole number from 0 to " + Integer.MAX_VALUE;

  /** A number from 0; the command line also has the word {@code off} for 0. */
  static final LimitForm<Integer> COUNT =
      new LimitForm<>(
          COUNTS,
          "'type': ['integer', 'null'], 'minimum': 0, 'maximum': 2147483647",
          LimitForm::count,
          json ->
              json instanceof Long number && number >= 0 && number <= Integer.MAX_VALUE
                  ? number.intValue()
                  : null,
          value -> value,
          stored -> Math.toIntExact((Long) stored),
          Integer::longValue,
          value -> value >= 0,
          COUNTS);

  /** An amount of nano-dollars, more than zero; a decimal number of dollars in text. */
  static final LimitForm<Long> DOLLARS =
      new LimitForm<>(
          "a string",
          "'oneOf': [{'$ref': '#/components/schemas/Amount'}, {'type': 'null'}]",
          Dollars::parse,
          json -> json instanceof String text ? Dollars.parse(text) : null,
          Dollars::format,
          Long.class::cast,
          value -> value,
          value -> value > 0,
          "more than zero");

  private static Integer count(String text) {
    if (!text.matches("off|[0-9]{1,9}")) {
      throw new IllegalArgumentException("a count must be from 0 to 999999999, or off");
    }
    return text.equals("off") ? 0 : Integer.valueOf(text);
  }

  /** A text that {@code parse} reads and {@code toString} writes. */
  static <T> LimitForm<T> text(String pattern, Function<String, T> parse) {
    return new LimitForm<>(
        "a string",
        "'type': ['string', 'null'], 'pattern': '" + pattern + "'",
        parse,
        json -> json instanceof String text ? parse.apply(text) : null,
        Object::toString,
        stored -> parse.apply((String) stored),
        Object::toString,
        value -> true,
        "");
  }

  /** A list of texts without commas: an array in JSON, one text a line in the column. */
  static <T> LimitForm<T> list(
      String items, Function<List<String>, T> of, Function<T, List<String>> texts) {
    return new LimitForm<>(
        "an array of strings that are not empty",
        "'type': ['array', 'null'], 'items': {'type': 'string', 'minLength': 1}, " + items,
        text -> of.apply(List.of(text.split(",", -1))),
        json ->
            json instanceof List<?> list
                ? of.apply(list.stream().map(String.class::cast).toList())
                : null,
        value -> texts.apply(value),
        stored -> of.apply(((String) stored).lines().toList()),
        value -> String.join("\n", texts.apply(value)),
        value -> true,
        "");
  }
}
