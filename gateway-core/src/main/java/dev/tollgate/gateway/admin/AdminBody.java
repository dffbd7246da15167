package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.exchange.RefusedException;
import dev.tollgate.gateway.flavor.GatewayError;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Reads the body of an admin API request: JSON in UTF-8, at most {@value #MAX_BYTES} bytes. */
final class AdminBody {
  static final int MAX_BYTES = 64 << 10;

  private AdminBody() {}

  /**
   * Returns the text of the body; empty if the request has none. Blocks until the body is read.
   *
   * @throws RefusedException if the body is too large, truncated or not UTF-8, or if its headers do
   *     not declare plain JSON in UTF-8
   */
  static String read(HttpServletRequest request) {
    long declared = request.getContentLengthLong();
    if (declared > MAX_BYTES) {
      throw tooLarge();
    }
    byte[] bytes;
    try {
      bytes = request.getInputStream().readNBytes(MAX_BYTES + 1);
    } catch (IOException e) {
      // The body was truncated. The client may be gone, too.
      throw malformed("body");
    }
    if (bytes.length > MAX_BYTES) {
      throw tooLarge();
    }
    if (declared > bytes.length) {
      // A filter in front of the gateway has read the body, so the request is unknown.
      throw malformed("body");
    }
    if (bytes.length > 0) {
      requireJson(request);
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw malformed("the body is not UTF-8");
    }
  }

  private static void requireJson(HttpServletRequest request) {
    // Read the raw header: a container may fail on a charset that it does not know.
    String type = String.valueOf(request.getHeader("Content-Type")).toLowerCase(Locale.ROOT);
    String coding = request.getHeader("Content-Encoding");
    if (!type.matches("application/json\\s*(;\\s*charset\\s*=\\s*\"?utf-8\"?\\s*)?")) {
      throw malformed("Content-Type is not application/json");
    }
    if (coding != null && !coding.trim().equalsIgnoreCase("identity")) {
      throw malformed("the body is encoded");
    }
  }

  private static RefusedException tooLarge() {
    return new RefusedException(GatewayError.bodyTooLarge("64 KiB"));
  }

  private static RefusedException malformed(String what) {
    return new RefusedException(GatewayError.malformed(what));
  }
}
