package dev.tollgate.gateway.exchange;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The method and path of a client's request, safe for a log line: short, printable ASCII, without
 * spaces and without the query. A path segment that is long enough to be a key is cut, because
 * clients sometimes put keys into the path.
 *
 * @param method {@code -} if there is none
 * @param path {@code -} if there is none
 */
public record Asked(String method, String path) {
  static final int MAX_METHOD_CHARACTERS = 20;
  static final int MAX_PATH_CHARACTERS = 200;

  /** A segment of 24 or more characters. Keys, tokens and their hashes are at least that long. */
  private static final Pattern MAYBE_SECRET = Pattern.compile("([\\w.~%-]{8})[\\w.~%-]{16,}");

  /**
   * @param method the client's method; null: unknown
   * @param uri the client's path, raw; null: unknown
   */
  public static Asked of(@Nullable String method, @Nullable String uri) {
    String path = shown(uri, 2 * MAX_PATH_CHARACTERS);
    return new Asked(
        shown(method, MAX_METHOD_CHARACTERS),
        shown(MAYBE_SECRET.matcher(path).replaceAll("$1..."), MAX_PATH_CHARACTERS));
  }

  private static String shown(@Nullable String text, int max) {
    return text == null || text.isEmpty() ? "-" : printable(text, max);
  }

  /**
   * Turns text into one bounded line of printable ASCII without spaces, safe for a log and a
   * terminal.
   */
  static String printable(String text, int max) {
    String line = text.replaceAll("[^\\x21-\\x7E]", "?");
    return line.length() > max ? line.substring(0, max) + "..." : line;
  }
}
