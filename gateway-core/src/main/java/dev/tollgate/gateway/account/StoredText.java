package dev.tollgate.gateway.account;

import org.jspecify.annotations.Nullable;

/**
 * Text that every database can keep as it is: Unicode without NUL and without half of a surrogate
 * pair. PostgreSQL has no NUL in its text types (PostgreSQL, 8.3 Character Types) and refuses the
 * whole statement; half a pair has no form in UTF-8, so a driver writes a question mark. Stateless.
 *
 * <p>What an operator asks for is refused, by {@link #require}. What a tenant or the upstream wrote
 * must still be served and settled, so it is replaced, by {@link #of}.
 */
public final class StoredText {
  private static final char REPLACEMENT = '\uFFFD';

  private StoredText() {}

  /**
   * The text with U+FFFD in the place of each character that cannot be kept.
   *
   * @param text null: the same
   */
  public static @Nullable String of(@Nullable String text) {
    int at = text == null ? -1 : firstUnfit(text, 0);
    if (text == null || at < 0) {
      return text;
    }
    StringBuilder kept = new StringBuilder(text);
    while (at >= 0) {
      kept.setCharAt(at, REPLACEMENT);
      at = firstUnfit(text, at + 1);
    }
    return kept.toString();
  }

  /**
   * Refuses a text that cannot be kept as it is.
   *
   * @param name what the message calls it
   * @throws IllegalArgumentException with a message that names the character
   */
  public static void require(String name, String text) {
    int at = firstUnfit(text, 0);
    if (at >= 0) {
      throw new IllegalArgumentException(
          "%s holds U+%04X, which cannot be stored;".formatted(name, (int) text.charAt(at))
              + " allowed is Unicode text without NUL (U+0000) and without half of a surrogate"
              + " pair");
    }
  }

  /** Where the first such character is from {@code start} on; -1: there is none. */
  private static int firstUnfit(String text, int start) {
    for (int i = start; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == 0) {
        return i;
      }
      if (Character.isSurrogate(c)) {
        boolean pair =
            Character.isHighSurrogate(c)
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
        if (!pair) {
          return i;
        }
        i++;
      }
    }
    return -1;
  }
}
