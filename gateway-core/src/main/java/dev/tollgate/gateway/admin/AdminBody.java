package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.flavor.GatewayError;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Reads the body of a request of the admin API: JSON in UTF-8, whole and within a bound. */
final class AdminBody {
  static final int MAX_BYTES = 64 << 10;

  private AdminBody() {}

  /**
   * The text of the body; empty if there is none. May wait for the client.
   *
   * @throws RefusedException if it is too large, broken off, or not JSON in UTF-8 by its headers
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
      // It broke off; perhaps there is no client any more to be told.
      throw malformed("body");
    }
    if (bytes.length > MAX_BYTES) {
      throw tooLarge();
    }
    if (declared > bytes.length) {
      // A filter in front has read it. What was asked for is not known.
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
    // As it came: a container may fail on a charset that it does not know.
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
