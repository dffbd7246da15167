package dev.tollgate.gateway.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.TSFBuilder;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;

/** Jackson, configured for a library that runs on a container's threads. */
public final class Json {
  private Json() {}

  private static final int CHECKED_CHARACTERS = 4 << 10;

  /**
   * Whether the bytes are UTF-8 (RFC 3629). Jackson decodes overlong forms, which other parsers
   * reject.
   */
  public static boolean isUtf8(byte[] bytes) {
    return isAscii(bytes) || isDecodable(bytes);
  }

  /** The fast path, without a buffer: nearly all bodies are ASCII. */
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
   * A factory with its own buffer pool. Jackson's default pool keeps buffers in thread-locals,
   * which on a container's threads would keep an application's classes in memory after its end.
   */
  public static TSFBuilder<?, ?> factory() {
    return JsonFactory.builder().recyclerPool(JsonRecyclerPools.newConcurrentDequePool());
  }

  /**
   * The default mapper, for the gateway's own JSON and for reading without special rules. It is
   * created on first use, because its four hundred classes would delay the start of a server.
   * Thread-safe; must not be reconfigured.
   */
  public static ObjectMapper mapper() {
    return Mapper.INSTANCE;
  }

  /**
   * The mapper for a request body that the gateway itself acts on. It reads exactly one JSON value,
   * rejects duplicate members, and changes no number. Thread-safe; must not be reconfigured.
   */
  public static ObjectMapper strict() {
    return Strict.INSTANCE;
  }

  private static final class Mapper {
    private static final ObjectMapper INSTANCE = new ObjectMapper(factory().build());
  }

  private static final class Strict {
    private static final ObjectMapper INSTANCE =
        JsonMapper.builder(factory().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();
  }
}
