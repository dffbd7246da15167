package dev.tollgate.gateway.meter;

/** What others wrote, made fit to be stored and logged. */
final class Text {
  private static final char REPLACEMENT = '\uFFFD';

  private Text() {}

  /**
   * The first characters of {@code text}. Control characters, which a log line must not carry and
   * PostgreSQL in part refuses, and half surrogate pairs are replaced.
   */
  static String bounded(String text, int characters) {
    StringBuilder kept = new StringBuilder(Math.min(text.length(), characters));
    for (int i = 0; i < text.length() && kept.length() < characters; ) {
      int c = text.codePointAt(i);
      int width = Character.charCount(c);
      if (kept.length() + width > characters) {
        break;
      }
      kept.appendCodePoint(isFit(c) ? c : REPLACEMENT);
      i += width;
    }
    return kept.toString();
  }

  /** Not so what ends a line, turns it round, or is half a character. */
  private static boolean isFit(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          false;
      default -> true;
    };
  }
}
