package dev.tollgate.gateway.meter;

import com.fasterxml.jackson.core.JsonParser;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * Finds the payloads of pictures and files among the strings of a body. It creates no string
 * objects, because a payload can have megabytes. For one thread.
 */
final class Payloads {
  /** Members in which even a short base64 text is a payload. */
  private static final Set<String> NAMES = Set.of("data", "file_data", "b64_json", "base64");

  /** No URL, id or file name has this many letters and digits in a row. */
  private static final int SHORTEST_UNNAMED = 256;

  private static final byte[] DATA_URI = "data:".getBytes(StandardCharsets.US_ASCII);
  private static final boolean[] BASE64 = base64();

  private final JsonParser parser;
  private final byte[] body;

  Payloads(JsonParser parser, byte[] body) {
    this.parser = parser;
    this.body = body;
  }

  private static boolean[] base64() {
    boolean[] letters = new boolean[256];
    String all = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=";
    for (int i = 0; i < all.length(); i++) {
      letters[all.charAt(i)] = true;
    }
    return letters;
  }

  /** Whether the current string of the parser is a data URI. */
  boolean isDataUri() {
    int start = start();
    return start >= 0 && startsWithDataUri(start);
  }

  /**
   * The size in bytes of the current string of the parser, if it is a bare payload; 0: it is not.
   *
   * @param name the name of the member
   */
  int bytes(String name) {
    int start = start();
    if (start < 0 || startsWithDataUri(start)) {
      return 0;
    }
    int end = endOfBase64(body, start);
    int length = end - start;
    boolean whole = end < body.length && body[end] == '"';
    boolean enough = NAMES.contains(name) ? length > 0 : length >= SHORTEST_UNNAMED;
    return whole && enough ? length : 0;
  }

  /** The index of the string's first character; -1: the parser does not read UTF-8. */
  private int start() {
    long quote = parser.currentTokenLocation().getByteOffset();
    return quote >= 0 && quote < body.length && body[(int) quote] == '"' ? (int) quote + 1 : -1;
  }

  private boolean startsWithDataUri(int start) {
    if (start + DATA_URI.length > body.length) {
      return false;
    }
    for (int i = 0; i < DATA_URI.length; i++) {
      if ((body[start + i] | 0x20) != (DATA_URI[i] | 0x20)) {
        return false;
      }
    }
    return true;
  }

  /** Whether a character belongs to one of the base64 alphabets or is padding (RFC 4648). */
  static boolean isBase64(char c) {
    return c < BASE64.length && BASE64[c];
  }

  /**
   * The index after the end of the base64 text. PHP escapes slashes, and some writers insert line
   * breaks.
   */
  static int endOfBase64(byte[] body, int start) {
    int i = start;
    while (i < body.length) {
      if (isBase64((char) (body[i] & 0xFF))) {
        i++;
      } else if (body[i] == '\\' && i + 1 < body.length && "/nr".indexOf(body[i + 1]) >= 0) {
        i += 2;
      } else {
        break;
      }
    }
    return i;
  }
}
