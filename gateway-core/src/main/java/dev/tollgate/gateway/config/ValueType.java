package dev.tollgate.gateway.config;

import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.ledger.Money;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * Parses the text of a setting and describes the allowed values.
 *
 * @param allowed completes "allowed: ..." in an error message and in the documentation
 * @param hidden whether messages must not quote the text
 * @param parser throws {@link IllegalArgumentException} if the text is not allowed
 */
record ValueType<T>(String allowed, boolean hidden, Function<String, T> parser) {
  private static final Duration MAX_DURATION = Duration.ofDays(365);

  static <T> ValueType<T> of(String allowed, Function<String, T> parser) {
    return new ValueType<>(allowed, false, parser);
  }

  static <T> ValueType<T> secret(String allowed, Function<String, T> parser) {
    return new ValueType<>(allowed, true, parser);
  }

  static ValueType<Secret> secret() {
    return secret("one line of printable ASCII", Secret::of);
  }

  static ValueType<String> text(String allowed) {
    return of(allowed, ValueType::notBlank);
  }

  static ValueType<Path> path(String allowed) {
    return of(allowed, text -> Path.of(notBlank(text)));
  }

  static ValueType<Boolean> flag() {
    return of("true or false", text -> Boolean.valueOf(oneOf(text.trim(), "true", "false")));
  }

  /** The constants of an enum, in lower case. */
  static <E extends Enum<E>> ValueType<E> word(Class<E> type) {
    String[] words =
        Arrays.stream(type.getEnumConstants())
            .map(constant -> constant.name().toLowerCase(Locale.ROOT))
            .toArray(String[]::new);
    String last = words[words.length - 1];
    String others = String.join(", ", List.of(words).subList(0, words.length - 1));
    return of(
        others + " or " + last,
        text -> Enum.valueOf(type, oneOf(text.trim(), words).toUpperCase(Locale.ROOT)));
  }

  static ValueType<Integer> whole(int min, int max) {
    return of(
        "a whole number from " + min + " to " + max,
        text -> inRange(Integer.parseInt(text.trim()), min, max));
  }

  static ValueType<Duration> duration() {
    return duration("a time from 1ms to 365d, such as 30s, 5m or 24h", Duration.ofMillis(1));
  }

  static ValueType<Duration> durationOrZero() {
    return duration("a time from 0s to 365d, such as 30s, 5m or 24h", Duration.ZERO);
  }

  private static ValueType<Duration> duration(String allowed, Duration min) {
    return of(allowed, text -> inRange(Durations.parse(text), min, MAX_DURATION));
  }

  static ValueType<Long> size(String bounds, long min, long max) {
    return of(Sizes.FORM + ", " + bounds, text -> inRange(Sizes.parse(text), min, max));
  }

  static ValueType<Money> amount() {
    return of(
        "an amount of US dollars above 0, such as 0.10",
        text -> inRange(Money.parse(text.trim()), new Money(1), new Money(Long.MAX_VALUE)));
  }

  private static String notBlank(String text) {
    if (text.isBlank()) {
      throw new IllegalArgumentException("blank");
    }
    return text.trim();
  }

  private static String oneOf(String text, String... words) {
    if (!List.of(words).contains(text)) {
      throw new IllegalArgumentException("not one of the allowed words");
    }
    return text;
  }

  private static <C extends Comparable<C>> C inRange(C value, C min, C max) {
    if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
      throw new IllegalArgumentException("out of range");
    }
    return value;
  }
}
