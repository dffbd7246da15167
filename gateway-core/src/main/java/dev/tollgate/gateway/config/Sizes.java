package dev.tollgate.gateway.config;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Parses sizes in bytes: a whole number, with KB, MB or GB if need be. Each unit is 1024 times the
 * one before.
 */
final class Sizes {
  /** The accepted form, for messages. */
  static final String FORM = "a whole number of bytes, or with KB, MB or GB, such as 20MB";

  private static final Pattern TEXT = Pattern.compile("([0-9]{1,10})(|KB|MB|GB|KiB|MiB|GiB)");
  private static final int BITS_PER_UNIT = 10;

  private Sizes() {}

  /**
   * Parses a size in bytes.
   *
   * @throws IllegalArgumentException if the text has another form
   */
  static long parse(String text) {
    Matcher matcher = TEXT.matcher(text.trim());
    if (!matcher.matches()) {
      throw new IllegalArgumentException("a size is " + FORM);
    }
    String unit = matcher.group(2);
    int power = unit.isEmpty() ? 0 : 1 + "KMG".indexOf(unit.charAt(0));
    return Long.parseLong(matcher.group(1)) << (power * BITS_PER_UNIT);
  }
}
