package dev.tollgate.gateway.meter;

import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * Streaming decoder for gzip (RFC 1952, with several members) and deflate (zlib, RFC 1950, or the
 * raw RFC 1951 data that some servers send instead). The output is bounded, so that a small answer
 * cannot cause much work. Checksums are not verified: the meter reads only a few numbers from this
 * copy, and the client verifies its own.
 *
 * <pre>
 *   HEADER(10) -> [EXTRA_SIZE(2) -> EXTRA] -> [NAME] -> [COMMENT] -> [HEADER_CHECK(2)] -> BODY
 *      ^------------------------------ TRAILER(8) <----------------------------------------'
 * </pre>
 */
final class BoundedInflater implements AutoCloseable {
  /** Receives the decoded bytes. */
  interface Sink {
    void take(byte[] bytes, int offset, int length);
  }

  /** The maximum number of decoded bytes. */
  static final long MOST_BYTES = 64L << 20;

  private static final int OUT_BYTES = 8 << 10;
  private static final int HEADER_BYTES = 10;
  private static final int TRAILER_BYTES = 8;
  private static final int FLAG_HEADER_CHECK = 2;
  private static final int FLAG_EXTRA = 4;
  private static final int FLAG_NAME = 8;
  private static final int FLAG_COMMENT = 16;

  private enum State {
    HEADER,
    EXTRA_SIZE,
    EXTRA,
    NAME,
    COMMENT,
    HEADER_CHECK,
    DEFLATE_START,
    BODY,
    TRAILER,
    OVER
  }

  private final boolean gzip;
  private final byte[] out = new byte[OUT_BYTES];
  private @Nullable Inflater inflater;
  private State state;
  private int flags;
  private int seen;
  private int extraBytes;
  private long total;

  private BoundedInflater(boolean gzip) {
    this.gzip = gzip;
    this.state = gzip ? State.HEADER : State.DEFLATE_START;
  }

  static BoundedInflater gzip() {
    return new BoundedInflater(true);
  }

  static BoundedInflater deflate() {
    return new BoundedInflater(false);
  }

  /**
   * Decodes the next bytes.
   *
   * @return false if the data is corrupt or the output limit is exceeded; nothing more can be read
   */
  boolean feed(byte[] bytes, int offset, int length, Sink sink) {
    int end = offset + length;
    int i = offset;
    while (i < end) {
      switch (state) {
        case BODY -> {
          int left = inflate(bytes, i, end - i, sink);
          if (left < 0) {
            return false;
          }
          i = end - left;
        }
        case DEFLATE_START -> {
          // A zlib header has method 8 in its low half; raw deflate data almost never does.
          inflater = new Inflater((bytes[i] & 0x0F) != 8);
          state = State.BODY;
        }
        case OVER -> i = end;
        default -> {
          if (!around(bytes[i] & 0xFF)) {
            return false;
          }
          i++;
        }
      }
    }
    return true;
  }

  int retainedBytes() {
    return out.length;
  }

  @Override
  public void close() {
    state = State.OVER;
    if (inflater != null) {
      inflater.end();
      inflater = null;
    }
  }

  /** Returns the number of bytes after the end of the compressed data; below 0: corrupt. */
  private int inflate(byte[] bytes, int offset, int length, Sink sink) {
    Inflater present = inflater;
    if (present == null) {
      return -1;
    }
    present.setInput(bytes, offset, length);
    while (true) {
      long before = present.getBytesWritten();
      boolean corrupt = false;
      try {
        present.inflate(out);
      } catch (DataFormatException e) {
        corrupt = true;
      }
      // Output before a fault counts too. Otherwise the result would depend on how the bytes were
      // split.
      int n = (int) (present.getBytesWritten() - before);
      total += n;
      if (total > MOST_BYTES) {
        return -1;
      }
      sink.take(out, 0, n);
      if (corrupt || present.needsDictionary()) {
        return -1;
      }
      if (present.finished()) {
        state = gzip ? State.TRAILER : State.OVER;
        seen = 0;
        return present.getRemaining();
      }
      if (n == 0) {
        return 0;
      }
    }
  }

  /** Reads one byte of a gzip header or trailer; false: the byte is invalid there. */
  private boolean around(int b) {
    seen++;
    switch (state) {
      case HEADER -> {
        return header(b);
      }
      case EXTRA_SIZE -> {
        extraBytes |= b << (8 * (seen - 1));
        if (seen == 2) {
          enter(extraBytes == 0 ? State.NAME : State.EXTRA);
        }
      }
      case EXTRA -> {
        if (seen == extraBytes) {
          enter(State.NAME);
        }
      }
      case NAME -> {
        if (b == 0) {
          enter(State.COMMENT);
        }
      }
      case COMMENT -> {
        if (b == 0) {
          enter(State.HEADER_CHECK);
        }
      }
      case HEADER_CHECK -> {
        if (seen == 2) {
          enter(State.BODY);
        }
      }
      default -> {
        if (seen == TRAILER_BYTES) {
          enter(State.HEADER);
        }
      }
    }
    return true;
  }

  private boolean header(int b) {
    switch (seen) {
      case 1 -> {
        if (b != 0x1F) {
          // Padding after a member is neither a member nor a fault.
          state = State.OVER;
          return inflater != null;
        }
      }
      case 2 -> {
        return b == 0x8B;
      }
      case 3 -> {
        return b == 8;
      }
      case 4 -> {
        flags = b;
        return b < 32;
      }
      case HEADER_BYTES -> enter(State.EXTRA_SIZE);
      default -> {}
    }
    return true;
  }

  /** Enters a state, or the next state if the header's flags omit the first. */
  private void enter(State wanted) {
    State next = wanted;
    if (next == State.EXTRA_SIZE && (flags & FLAG_EXTRA) == 0) {
      next = State.NAME;
    }
    if (next == State.NAME && (flags & FLAG_NAME) == 0) {
      next = State.COMMENT;
    }
    if (next == State.COMMENT && (flags & FLAG_COMMENT) == 0) {
      next = State.HEADER_CHECK;
    }
    if (next == State.HEADER_CHECK && (flags & FLAG_HEADER_CHECK) == 0) {
      next = State.BODY;
    }
    if (next == State.EXTRA_SIZE) {
      extraBytes = 0;
    }
    if (next == State.BODY) {
      if (inflater == null) {
        inflater = new Inflater(true);
      } else {
        inflater.reset();
      }
    }
    seen = 0;
    state = next;
  }
}
