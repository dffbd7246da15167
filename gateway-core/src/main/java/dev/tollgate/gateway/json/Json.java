package dev.tollgate.gateway.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.TSFBuilder;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;

/** Jackson, set up for a library that lives on other people's threads. */
public final class Json {
  private Json() {}

  private static final int CHECKED_CHARACTERS = 4 << 10;

  /**
   * Whether bytes are UTF-8 (RFC 3629): Jackson takes over-long forms for the characters that they
   * stand for, which others do not.
   */
  public static boolean isUtf8(byte[] bytes) {
    return isAscii(bytes) || isDecodable(bytes);
  }

  /** Nearly all are, and to see that takes no buffer. */
  private static boolean isAscii(byte[] bytes) {
    int all = 0;
    for (byte b : bytes) {
      all |= b;
    }
    return all >= 0;
  }

  private static boolean isDecodable(byte[] bytes) {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer left = ByteBuffer.wrap(bytes);
    CharBuffer characters = CharBuffer.allocate(CHECKED_CHARACTERS);
    CoderResult result = CoderResult.OVERFLOW;
    while (result.isOverflow()) {
      result = decoder.decode(left, characters, true);
      characters.clear();
    }
    return result.isUnderflow();
  }

  /**
   * A factory that keeps its buffers to itself. Jackson's default leaves them on the threads that
   * used it, and a container's threads would hold an application's classes by them after its end.
   */
  public static TSFBuilder<?, ?> factory() {
    return JsonFactory.builder().recyclerPool(JsonRecyclerPools.newConcurrentDequePool());
  }

  /**
   * The one that writes what is ours, and reads what needs no rule of its own. Made when it is
   * first asked for, since a server starts sooner without its four hundred classes. Safe for use by
   * many threads; not to be configured.
   */
  public static ObjectMapper mapper() {
    return Mapper.INSTANCE;
  }

  private static final class Mapper {
    private static final ObjectMapper INSTANCE = new ObjectMapper(factory().build());
  }
}
