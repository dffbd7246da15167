package dev.tollgate.gateway.meter;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A few words of ASCII, found among bytes without making a string of them: most keys of a document
 * mean nothing here. Immutable.
 */
final class Words {
  private final String[][] words;
  private final byte[][][] bytes;

  /**
   * @param all in ASCII
   */
  Words(String... all) {
    int longest = Arrays.stream(all).mapToInt(String::length).max().orElse(0);
    words = new String[longest + 1][];
    bytes = new byte[longest + 1][][];
    for (int length = 0; length <= longest; length++) {
      int wanted = length;
      words[length] =
          Arrays.stream(all).filter(word -> word.length() == wanted).toArray(String[]::new);
      bytes[length] =
          Arrays.stream(words[length])
              .map(word -> word.getBytes(StandardCharsets.US_ASCII))
              .toArray(byte[][]::new);
    }
  }

  /** The word that these bytes are; the empty string if they are none. */
  String find(byte[] text, int length) {
    if (length < words.length) {
      byte[][] candidates = bytes[length];
      for (int i = 0; i < candidates.length; i++) {
        if (Arrays.equals(candidates[i], 0, length, text, 0, length)) {
          return words[length][i];
        }
      }
    }
    return "";
  }
}
