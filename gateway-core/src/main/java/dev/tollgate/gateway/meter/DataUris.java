package dev.tollgate.gateway.meter;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The base64 payloads of the data URIs (RFC 2397) in a body, at any position.
 *
 * @param count the number of payloads
 * @param bytes the number of bytes of the body that they take
 */
record DataUris(int count, long bytes) {
  private static final byte[] MARK = ";base64,".getBytes(StandardCharsets.US_ASCII);

  /** Finds payloads by the mark, so that most of a body needs only one comparison per byte. */
  static DataUris in(byte[] body) {
    int count = 0;
    long bytes = 0;
    int i = 0;
    while (i < body.length) {
      if (body[i] != MARK[0] || !isMark(body, i)) {
        i++;
        continue;
      }
      int start = i + MARK.length;
      i = Payloads.endOfBase64(body, start);
      count += i > start ? 1 : 0;
      bytes += i - start;
    }
    return new DataUris(count, bytes);
  }

  private static boolean isMark(byte[] body, int from) {
    int to = from + MARK.length;
    return to <= body.length && Arrays.equals(body, from, to, MARK, 0, MARK.length);
  }
}
