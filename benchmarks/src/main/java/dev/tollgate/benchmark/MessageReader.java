package dev.tollgate.benchmark;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Locale;

/**
 * Reads the HTTP/1.1 messages of a connection, one after the other, from pieces of any size (RFC
 * 9112 6.3). A response wants a length or chunks: one that ends with its connection is a fault
 * here.
 *
 * <pre>
 *   HEAD -> LENGTH -----------------------------> HEAD
 *      `--> SIZE -> CHUNK -> CHUNK_END -> SIZE
 *             `---> TRAILER --------------------> HEAD
 * </pre>
 */
final class MessageReader {
  private static final int MAX_HEAD_BYTES = 16 << 10;
  private static final int HEX = 16;

  private enum State {
    HEAD,
    LENGTH,
    SIZE,
    CHUNK,
    CHUNK_END,
    TRAILER
  }

  /** Hears of the messages. */
  interface Listener {
    /**
     * @param head the lines up to the empty one, each with its end; their names in lower case
     */
    void onHead(String head) throws ProtocolException;

    /** A piece of the body, valid during the call only. */
    void onBody(ByteBuffer piece) throws ProtocolException;

    void onEnd() throws ProtocolException;
  }

  private final Listener listener;
  private final boolean requests;
  private State state = State.HEAD;
  private byte[] head = new byte[1 << 10];
  private int headBytes;
  private long left;
  private int lineBytes;

  /**
   * @param requests whether requests are read: without a word on their length they have no body
   */
  MessageReader(boolean requests, Listener listener) {
    this.requests = requests;
    this.listener = listener;
  }

  /** Whether a message has begun and not ended. */
  boolean isInMessage() {
    return state != State.HEAD || headBytes > 0;
  }

  /** Takes all of {@code bytes}. */
  void feed(ByteBuffer bytes) throws ProtocolException {
    while (bytes.hasRemaining()) {
      switch (state) {
        case HEAD -> readHead(bytes.get());
        case LENGTH, CHUNK -> readBody(bytes);
        case SIZE -> readSize(bytes.get());
        case CHUNK_END -> {
          if (bytes.get() == '\n') {
            beginSize();
          }
        }
        case TRAILER -> readTrailer(bytes.get());
      }
    }
  }

  private void readHead(byte next) throws ProtocolException {
    if (headBytes == head.length) {
      if (headBytes == MAX_HEAD_BYTES) {
        throw new ProtocolException("the head is too long");
      }
      head = Arrays.copyOf(head, 2 * headBytes);
    }
    head[headBytes++] = next;
    if (next != '\n' || headBytes < 4 || head[headBytes - 3] != '\n') {
      return;
    }
    String text = new String(head, 0, headBytes, US_ASCII);
    headBytes = 0;
    int line = text.indexOf('\n') + 1;
    text = text.substring(0, line) + text.substring(line).toLowerCase(Locale.ROOT);
    String length = value(text, "content-length");
    listener.onHead(text);
    if (value(text, "transfer-encoding").equals("chunked")) {
      beginSize();
    } else if (!length.isEmpty()) {
      state = State.LENGTH;
      left = Long.parseLong(length);
    } else if (requests) {
      state = State.LENGTH;
      left = 0;
    } else {
      throw new ProtocolException("neither a length nor chunks");
    }
    if (state == State.LENGTH && left == 0) {
      end();
    }
  }

  /** A header's value in a head; empty if it is not there. */
  static String value(String head, String name) {
    int start = head.indexOf("\n" + name + ":");
    if (start < 0) {
      return "";
    }
    int value = start + name.length() + 2;
    return head.substring(value, head.indexOf('\n', value)).strip();
  }

  private void readBody(ByteBuffer bytes) throws ProtocolException {
    int count = (int) Math.min(left, bytes.remaining());
    int limit = bytes.limit();
    bytes.limit(bytes.position() + count);
    listener.onBody(bytes);
    bytes.position(bytes.limit());
    bytes.limit(limit);
    left -= count;
    if (left == 0 && state == State.LENGTH) {
      end();
    } else if (left == 0) {
      state = State.CHUNK_END;
    }
  }

  private void beginSize() {
    state = State.SIZE;
    left = 0;
    lineBytes = 0;
  }

  private void readSize(byte next) throws ProtocolException {
    if (next == '\r') {
      return;
    }
    if (next != '\n') {
      int digit = Character.digit(next, HEX);
      if (digit < 0) {
        throw new ProtocolException("not the size of a chunk");
      }
      left = left * HEX + digit;
      lineBytes++;
    } else if (lineBytes == 0) {
      throw new ProtocolException("a chunk without a size");
    } else if (left > 0) {
      state = State.CHUNK;
    } else {
      state = State.TRAILER;
      lineBytes = 0;
    }
  }

  private void readTrailer(byte next) throws ProtocolException {
    if (next == '\n') {
      if (lineBytes == 0) {
        end();
      }
      lineBytes = 0;
    } else if (next != '\r') {
      lineBytes++;
    }
  }

  private void end() throws ProtocolException {
    state = State.HEAD;
    listener.onEnd();
  }
}
