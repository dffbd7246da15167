package dev.tollgate.gateway.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;

/** Strict decoder for percent-encoded UTF-8 (RFC 3986 2.1). */
public final class PercentEncoding {
  private static final int ESCAPE_CHARACTERS = 3;

  private PercentEncoding() {}

  /**
   * Decodes the escapes of {@code text}; all other characters are kept. Non-ASCII characters are
   * accepted, because a container may already have decoded raw UTF-8 bytes.
   *
   * @return empty if an escape is malformed or the bytes are not UTF-8
   */
  public static Optional<String> decode(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    ByteBuffer decoded = ByteBuffer.allocate(bytes.length);
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] != '%') {
        decoded.put(bytes[i]);
      } else if (i + ESCAPE_CHARACTERS <= bytes.length
          && HexFormat.isHexDigit(bytes[i + 1])
          && HexFormat.isHexDigit(bytes[i + 2])) {
        int high = HexFormat.fromHexDigit(bytes[i + 1]);
        int low = HexFormat.fromHexDigit(bytes[i + 2]);
        decoded.put((byte) (high << 4 | low));
        i += 2;
      } else {
        return Optional.empty();
      }
    }
    try {
      return Optional.of(StandardCharsets.UTF_8.newDecoder().decode(decoded.flip()).toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }
}
