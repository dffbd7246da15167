package dev.tollgate.gateway.account;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
  // In a regular expression, a surrogate within a pair is part of another character.
  private static final Pattern UNFIT = Pattern.compile("[\\x00\\p{Cs}]");

  private StoredText() {}

  /**
   * The text, with U+FFFD in place of each character that cannot be stored.
   *
   * @param text null: the result is null
   */
  public static @Nullable String of(@Nullable String text) {
    return text == null || isAllPlain(text) ? text : UNFIT.matcher(text).replaceAll("\uFFFD");
  }

  /** Whether the text has no character that could be unfit. Every parameter of a query passes. */
  private static boolean isAllPlain(String text) {
    for (int i = 0; i < text.length(); i++) {
      char each = text.charAt(i);
      if (each == 0 || Character.isSurrogate(each)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Rejects a text that cannot be stored unchanged.
   *
   * @param name the name of the text in the message
   * @throws IllegalArgumentException with a message that names the character
   */
  public static void require(String name, String text) {
    Matcher unfit = UNFIT.matcher(text);
    if (unfit.find()) {
      throw new IllegalArgumentException(
          "%s holds U+%04X, which cannot be stored;"
                  .formatted(name, (int) text.charAt(unfit.start()))
              + " allowed is Unicode text without NUL (U+0000) and without half of a surrogate"
              + " pair");
    }
  }
}
