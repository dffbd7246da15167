package dev.tollgate.gateway.meter;

import dev.tollgate.gateway.sse.EventStreamParser;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads the usage out of an answer while it is relayed. Its memory is bounded whatever comes, it
 * never throws because of what it is fed, and it leaves the bytes alone. What it cannot read makes
 * it deaf: the rest of the answer is ignored and what it had stays.
 *
 * <p>Whether the answer is an event stream or one JSON document is taken from its first byte that
 * is neither white space nor in a comment, for the header is at times wrong or missing; padding of
 * either kind comes before both. To be used by one thread at a time, and ended, for an inflater
 * holds memory outside the heap.
 */
public final class UsageTap {
  private static final int COPY_BYTES = 4 << 10;

  private enum Mode {
    PADDING,
    COMMENT,
    JSON,
    EVENTS,
    DEAF
  }

  private final boolean scalars;
  private final BigDecimal cap;
  private final JsonScanner scanner = new JsonScanner(this::onUsage);
  private final DoneMark done = new DoneMark();
  private final EventStreamParser parser = new EventStreamParser(new Events());
  private final @Nullable Inflation inflation;
  private Mode mode;
  private byte[] copy = new byte[0];
  private @Nullable Usage usage;
  private boolean whole;
  private boolean fault;

  private UsageTap(
      boolean scalars, BigDecimal cap, @Nullable Inflation inflation, boolean readable) {
    this.scalars = scalars;
    this.cap = cap;
    this.inflation = inflation;
    this.mode = readable ? Mode.PADDING : Mode.DEAF;
  }

  /**
   * @param contentType the answer's header; null: it has none
   * @param contentEncoding likewise; gzip and deflate are read, anything else makes a deaf tap
   * @param cap in dollars; a cost above it is absurd
   */
  public static UsageTap of(
      @Nullable String contentType, @Nullable String contentEncoding, BigDecimal cap) {
    String type = contentType == null ? "" : contentType.strip().toLowerCase(Locale.ROOT);
    String coding = contentEncoding == null ? "" : contentEncoding.strip().toLowerCase(Locale.ROOT);
    boolean scalars = type.startsWith("application/json");
    return switch (coding) {
      case "", "identity" -> new UsageTap(scalars, cap, null, true);
      case "gzip", "x-gzip" -> new UsageTap(scalars, cap, Inflation.gzip(), true);
      case "deflate" -> new UsageTap(scalars, cap, Inflation.deflate(), true);
      default -> new UsageTap(scalars, cap, null, false);
    };
  }

  /**
   * Takes the next bytes of the body.
   *
   * @param bytes its remaining bytes are read; its position and limit stay
   */
  public void feed(ByteBuffer bytes) {
    if (bytes.hasArray()) {
      feed(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
      return;
    }
    if (copy.length == 0) {
      copy = new byte[COPY_BYTES];
    }
    ByteBuffer rest = bytes.duplicate();
    while (rest.hasRemaining() && mode != Mode.DEAF) {
      int n = Math.min(rest.remaining(), copy.length);
      rest.get(copy, 0, n);
      feed(copy, 0, n);
    }
  }

  private void feed(byte[] bytes, int offset, int length) {
    if (mode == Mode.DEAF) {
      return;
    }
    try {
      if (inflation == null) {
        read(bytes, offset, length);
      } else if (!inflation.feed(bytes, offset, length, this::read)) {
        goDeaf();
      }
    } catch (RuntimeException e) {
      // A fault in here must not cost the client its answer; the entry shows that no usage came.
      fault = true;
      goDeaf();
    }
  }

  /** The body is over, as it should be or not. Further bytes are ignored. */
  public void end() {
    if (mode == Mode.EVENTS) {
      try {
        parser.finish();
      } catch (RuntimeException e) {
        fault = true;
      }
    } else if (mode == Mode.JSON) {
      scanner.finish();
      whole |= scanner.isClosed();
    }
    goDeaf();
  }

  /** Whether there was generated content in what was read so far. */
  public boolean hasContent() {
    return scanner.deliveredCharacters() > 0;
  }

  /** What has been found so far; at any time. */
  public Reading reading() {
    return new Reading(
        Optional.ofNullable(usage),
        scanner.hasError(),
        whole,
        scanner.deliveredCharacters(),
        scanner.model());
  }

  /** How much memory the buffers take, those of an inflater aside. */
  int retainedBytes() {
    return copy.length
        + scanner.retainedBytes()
        + (inflation == null ? 0 : inflation.retainedBytes());
  }

  /** Whether there was an exception in here: a mistake of ours, which tests look for. */
  boolean hadFault() {
    return fault;
  }

  private void goDeaf() {
    mode = Mode.DEAF;
    if (inflation != null) {
      inflation.close();
    }
  }

  /** Takes bytes that are not encoded, or no longer. */
  private void read(byte[] bytes, int offset, int length) {
    int end = offset + length;
    int i = offset;
    while (i < end && (mode == Mode.PADDING || mode == Mode.COMMENT)) {
      byte b = bytes[i];
      if (mode == Mode.COMMENT) {
        mode = b == '\n' || b == '\r' ? Mode.PADDING : Mode.COMMENT;
        i++;
      } else if (b == ':') {
        mode = Mode.COMMENT;
        i++;
      } else if (isPadding(b)) {
        i++;
      } else {
        mode = beginsJson(b) ? Mode.JSON : Mode.EVENTS;
      }
    }
    if (mode == Mode.JSON) {
      scanner.feed(bytes, i, end - i);
      whole |= scanner.isClosed();
    } else if (mode == Mode.EVENTS) {
      parser.feed(bytes, i, end - i);
    }
  }

  /** White space, or a byte of a byte order mark. */
  private static boolean isPadding(byte b) {
    return b == ' '
        || b == '\n'
        || b == '\r'
        || b == '\t'
        || b == (byte) 0xEF
        || b == (byte) 0xBB
        || b == (byte) 0xBF;
  }

  /** No bare value of JSON begins like a field of an event stream. */
  private boolean beginsJson(byte b) {
    return b == '{'
        || b == '['
        || (scalars && ((b >= '0' && b <= '9') || "\"-tfn".indexOf(b) >= 0));
  }

  private void onUsage(byte[] json, int length) {
    usage = Usage.of(json, 0, length, cap).after(usage);
  }

  private final class Events implements EventStreamParser.Listener {
    @Override
    public void onData(byte[] bytes, int offset, int length) {
      done.feed(bytes, offset, length);
      scanner.feed(bytes, offset, length);
    }

    @Override
    public void onEvent() {
      whole |= done.isMatched() || (scanner.isClosed() && scanner.endsAnswer());
      done.next();
      scanner.next();
    }
  }

  /** Tells an event whose data is {@code [DONE]} and nothing else. */
  private static final class DoneMark {
    private static final byte[] MARK = {'[', 'D', 'O', 'N', 'E', ']'};

    private int matched;

    void feed(byte[] bytes, int offset, int length) {
      for (int i = offset; i < offset + length && matched >= 0; i++) {
        matched = matched < MARK.length && bytes[i] == MARK[matched] ? matched + 1 : -1;
      }
    }

    boolean isMatched() {
      return matched == MARK.length;
    }

    void next() {
      matched = 0;
    }
  }
}
