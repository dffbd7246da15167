package dev.tollgate.gateway.meter;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Captures a key or a value out of pieces, cut to a maximum. What came in one piece is not copied.
 * For one thread.
 */
final class Capture {
  private static final int FIRST_KEPT_BYTES = 64;
  private static final Pattern ESCAPE = Pattern.compile("\\\\(?:u([0-9a-fA-F]{4})|([^u]))");

  private boolean open;
  private int mostBytes;
  private byte[] kept = new byte[FIRST_KEPT_BYTES];
  private int keptBytes;
  private byte[] bytes = kept;
  private int from;
  private int to;

  /** Begins at an index of the current piece. */
  void begin(int index, int most) {
    open = true;
    mostBytes = most;
    from = index;
    keptBytes = 0;
  }

  /** Goes on at the first index of the next piece. */
  void resume(int index) {
    from = index;
  }

  /** Keeps what the current piece has, if a capture is open. */
  void pause(byte[] piece, int end) {
    if (open) {
      keep(piece, end);
    }
  }

  /** Ends without a result. */
  void abandon() {
    open = false;
  }

  /** Ends; the result is valid until the next capture, and as long as the piece. */
  void end(byte[] piece, int end, boolean escaped) {
    open = false;
    bytes = piece;
    to = Math.min(end, from + mostBytes);
    if (keptBytes > 0) {
      keep(piece, end);
      set(kept, keptBytes);
    }
    if (escaped) {
      byte[] plain = plain(new String(bytes, from, to - from, UTF_8)).getBytes(UTF_8);
      set(plain, plain.length);
    }
  }

  private void set(byte[] all, int length) {
    bytes = all;
    from = 0;
    to = length;
  }

  byte[] bytes() {
    return bytes;
  }

  int from() {
    return from;
  }

  int to() {
    return to;
  }

  /** The memory of the buffer, in bytes. */
  int retainedBytes() {
    return kept.length;
  }

  private void keep(byte[] piece, int end) {
    int room = Math.min(end - from, mostBytes - keptBytes);
    int wanted = keptBytes + room;
    if (wanted > kept.length) {
      kept = Arrays.copyOf(kept, Math.min(mostBytes, Integer.highestOneBit(wanted) * 2));
    }
    System.arraycopy(piece, from, kept, keptBytes, room);
    keptBytes = wanted;
  }

  /** Decodes the escapes of a text. */
  private static String plain(String written) {
    return ESCAPE
        .matcher(written)
        .replaceAll(
            escape -> {
              String hex = escape.group(1);
              char unit =
                  hex == null
                      ? unescaped(escape.group(2).charAt(0))
                      : (char) Integer.parseInt(hex, 16);
              return Matcher.quoteReplacement(String.valueOf(unit));
            });
  }

  /** The character of an escape, other than one in hexadecimal digits. */
  static char unescaped(char c) {
    int control = "bfnrt".indexOf(c);
    return control < 0 ? c : "\b\f\n\r\t".charAt(control);
  }
}
