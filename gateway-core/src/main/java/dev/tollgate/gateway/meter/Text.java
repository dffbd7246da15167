package dev.tollgate.gateway.meter;

/** Makes text from clients and upstreams safe to store and log. */
final class Text {
  private static final char REPLACEMENT = '\uFFFD';

  private Text() {}

  /**
   * The first characters of {@code text}. Control characters and unpaired surrogates are replaced:
   * log lines must not contain control characters, and PostgreSQL rejects some of them.
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

  /** Rejects characters that end a line, change the text direction, or are half a character. */
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
