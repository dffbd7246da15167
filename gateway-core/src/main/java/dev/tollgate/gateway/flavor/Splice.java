package dev.tollgate.gateway.flavor;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** A set of replacements in a byte array that do not overlap. Not thread-safe. */
final class Splice {
  private record Replacement(int from, int to, String by) {}

  private final byte[] source;
  private final List<Replacement> replacements = new ArrayList<>();

  Splice(byte[] source) {
    this.source = source;
  }

  /**
   * Adds a replacement. Insertions at the same offset keep their order and precede a replacement
   * there.
   *
   * @param from the offset of the first replaced byte
   * @param to the offset after the last replaced byte; equal to {@code from} for an insertion
   * @param by the new text, in ASCII
   */
  void replace(int from, int to, String by) {
    replacements.add(new Replacement(from, to, by));
  }

  /** The bytes after all replacements; the source array itself if there are none. */
  byte[] result() {
    if (replacements.isEmpty()) {
      return source;
    }
    replacements.sort(Comparator.comparingInt(Replacement::from).thenComparingInt(Replacement::to));
    int added = replacements.stream().mapToInt(r -> r.by().length() - (r.to() - r.from())).sum();
    ByteArrayOutputStream result = new ByteArrayOutputStream(source.length + added);
    int at = 0;
    for (Replacement replacement : replacements) {
      result.write(source, at, replacement.from() - at);
      result.writeBytes(replacement.by().getBytes(US_ASCII));
      at = replacement.to();
    }
    result.write(source, at, source.length - at);
    return result.toByteArray();
  }
}
