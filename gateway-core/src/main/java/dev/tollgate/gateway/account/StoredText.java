package dev.tollgate.gateway.account;

import org.jspecify.annotations.Nullable;

/**
 * Text that every database can store unchanged: Unicode without NUL and without unpaired
 * surrogates. PostgreSQL has no NUL in its text types (PostgreSQL, 8.3 Character Types) and rejects
 * the whole statement. An unpaired surrogate has no encoding in UTF-8, so a driver writes a
 * question mark. Stateless.
 *
 * <p>{@link #require} rejects such text from an operator. {@link #of} replaces the characters in
 * text from a tenant or the upstream, because their requests must still be served and settled.
 */
public final class StoredText {
  private static final char REPLACEMENT = '\uFFFD';

  private StoredText() {}

  /**
   * The text, with U+FFFD in place of each character that cannot be stored.
   *
   * @param text null: the result is null
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
   * Rejects a text that cannot be stored unchanged.
   *
   * @param name the name of the text in the message
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

  /** The index of the first such character from {@code start} on; -1: there is none. */
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
