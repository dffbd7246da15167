package dev.tollgate.gateway.exchange;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** The path of a request as {@link Route#find} matches it: decoded, and without an alias. */
public final class RequestPath {
  private static final int ESCAPE_CHARACTERS = 3;

  private RequestPath() {}

  /**
   * Decodes each segment (RFC 3986 2.1) and puts the root of the routes in the place of an alias.
   *
   * @param raw the path within the gateway, as the client sent it
   * @param aliases what stands for {@code /api/v1}
   * @return empty if no route can have the path: an escape is malformed, is not UTF-8 or stands for
   *     a slash
   */
  public static String canonical(String raw, List<String> aliases) {
    String path = decode(raw);
    for (String alias : aliases) {
      if (path.equals(alias) || path.startsWith(alias + "/")) {
        return Route.API + path.substring(alias.length());
      }
    }
    return path;
  }

  private static String decode(String raw) {
    if (raw.indexOf('%') < 0) {
      return raw;
    }
    List<String> segments = new ArrayList<>();
    for (String segment : raw.split("/", -1)) {
      String decoded = segment.indexOf('%') < 0 ? segment : decodeSegment(segment);
      if (decoded.indexOf('/') >= 0) {
        return "";
      }
      segments.add(decoded);
    }
    return String.join("/", segments);
  }

  /**
   * Returns a slash for a segment that does not decode: like an encoded slash, it never matches.
   */
  private static String decodeSegment(String segment) {
    byte[] bytes = segment.getBytes(StandardCharsets.UTF_8);
    ByteBuffer decoded = ByteBuffer.allocate(bytes.length);
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] != '%') {
        decoded.put(bytes[i]);
      } else if (i + ESCAPE_CHARACTERS <= bytes.length
          && HexFormat.isHexDigit(bytes[i + 1])
          && HexFormat.isHexDigit(bytes[i + 2])) {
        decoded.put(
            (byte)
                (HexFormat.fromHexDigit(bytes[i + 1]) << 4 | HexFormat.fromHexDigit(bytes[i + 2])));
        i += 2;
      } else {
        return "/";
      }
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(decoded.flip()).toString();
    } catch (CharacterCodingException e) {
      return "/";
    }
  }
}
