package dev.tollgate.gateway.meter;

import com.fasterxml.jackson.core.JsonParser;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * Finds the payloads of pictures and files among a body's strings, without making strings of them:
 * they can have megabytes. Of one thread.
 */
final class Payloads {
  /** Members in which a short base64 text is a payload, too. */
  private static final Set<String> NAMES = Set.of("data", "file_data", "b64_json", "base64");

  /** No URL, id or file name has as many letters and digits in a row. */
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

  /** Whether the string that the parser has come to is a data URI. */
  boolean isDataUri() {
    int start = start();
    return start >= 0 && startsWithDataUri(start);
  }

  /**
   * How many bytes the string that the parser has come to has as a bare payload; 0: it is none.
   *
   * @param name of the member that it is
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

  /** Where the string's first character is; -1: the parser does not read UTF-8. */
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

  /** Whether it is a letter of base64, in one of its alphabets, or its padding (RFC 4648). */
  static boolean isBase64(char c) {
    return c < BASE64.length && BASE64[c];
  }

  /** Where base64 ends; PHP escapes its slashes, and some writers put a line break in. */
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
