package dev.tollgate.gateway.meter;

import dev.tollgate.gateway.meter.Reading.Delivered;
import dev.tollgate.gateway.sse.EventStreamParser;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads the usage from an answer while the answer is relayed. Memory is bounded for any input, no
 * input makes it throw, and it does not modify the bytes. If it cannot read something, it ignores
 * the rest of the answer and keeps its findings.
 *
 * <p>The Content-Type header is sometimes wrong or missing. The first byte outside white space and
 * comments therefore decides whether the answer is an event stream or one JSON document; both may
 * start with such padding.
 *
 * <p>For one thread at a time. Always call {@link #end}: an inflater holds memory outside the heap.
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
  private final AnswerTable table;
  private final AnswerReader answer;
  private final EventStreamParser parser = new EventStreamParser(new Events());
  private final @Nullable BoundedInflater inflater;
  private Mode mode;
  private byte[] copy = new byte[0];
  private @Nullable Usage usage;
  private boolean whole;
  private boolean fault;
  private boolean ended;
  private boolean unread;
  private boolean lines;
  private boolean dataSeen;
  private long fedBytes;
  private long lostBytes;

  private UsageTap(
      AnswerTable table,
      boolean scalars,
      BigDecimal cap,
      @Nullable BoundedInflater inflater,
      boolean readable) {
    this.table = table;
    this.answer = new AnswerReader(table, this::onUsage);
    this.scalars = scalars;
    this.cap = cap;
    this.inflater = inflater;
    this.mode = readable ? Mode.PADDING : Mode.DEAF;
    this.unread = !readable;
  }

  /**
   * Creates a tap for one answer.
   *
   * @param kind the kind of request
   * @param contentType the answer's header; null: it has none
   * @param contentEncoding the answer's header; null: it has none. gzip and deflate are decoded;
   *     with other codings only the number of bytes is counted
   * @param cap in dollars; a cost above it is absurd
   */
  public static UsageTap of(
      RequestKind kind,
      @Nullable String contentType,
      @Nullable String contentEncoding,
      BigDecimal cap) {
    AnswerTable table = AnswerTable.of(kind);
    String type = contentType == null ? "" : contentType.strip().toLowerCase(Locale.ROOT);
    String coding = contentEncoding == null ? "" : contentEncoding.strip().toLowerCase(Locale.ROOT);
    boolean scalars = type.startsWith("application/json");
    return switch (coding) {
      case "", "identity" -> new UsageTap(table, scalars, cap, null, true);
      case "gzip", "x-gzip" -> new UsageTap(table, scalars, cap, BoundedInflater.gzip(), true);
      case "deflate" -> new UsageTap(table, scalars, cap, BoundedInflater.deflate(), true);
      default -> new UsageTap(table, scalars, cap, null, false);
    };
  }

  /**
   * Reads the next bytes of the body.
   *
   * @param bytes its remaining bytes are read; its position and limit do not change
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
    while (rest.hasRemaining()) {
      int n = Math.min(rest.remaining(), copy.length);
      rest.get(copy, 0, n);
      feed(copy, 0, n);
    }
  }

  private void feed(byte[] bytes, int offset, int length) {
    fedBytes += ended ? 0 : length;
    if (mode == Mode.DEAF) {
      return;
    }
    try {
      if (inflater == null) {
        read(bytes, offset, length);
      } else if (!inflater.feed(bytes, offset, length, this::read)) {
        unread = true;
        goDeaf();
      }
    } catch (RuntimeException e) {
      // A bug here must not cost the client its answer; the entry will show that no usage was read.
      fault = true;
      unread = true;
      goDeaf();
    }
  }

  /** Ends the body, complete or not. Further bytes are ignored. */
  public void end() {
    if (mode == Mode.EVENTS) {
      try {
        parser.finish();
      } catch (RuntimeException e) {
        fault = true;
      }
    } else if (mode == Mode.JSON) {
      answer.finish();
      whole |= answer.isClosed();
    }
    goDeaf();
    ended = true;
  }

  /** Whether the bytes read so far contain generated content. */
  public boolean hasContent() {
    return !answer.delivered().isNothing();
  }

  /**
   * The id in the body of the answer, with which its cost can be looked up; empty: not read yet.
   */
  public Optional<String> generationId() {
    return answer.generationId();
  }

  /** The findings so far; may be called at any time. */
  public Reading reading() {
    long lost = lostBytes + answer.lostBytes();
    // Lines without any data are not an event stream, but an HTML page or plain text.
    boolean allUnread = unread || (lines && !dataSeen);
    Delivered output = answer.delivered();
    return new Reading(
        Optional.ofNullable(usage),
        answer.hasError(),
        whole,
        new Delivered(output.characters(), output.media(), (allUnread ? fedBytes : 0) + lost),
        answer.model(),
        answer.generationId());
  }

  /** The memory of the buffers, in bytes, without the native memory of an inflater. */
  int retainedBytes() {
    return copy.length + answer.retainedBytes() + (inflater == null ? 0 : inflater.retainedBytes());
  }

  /** Whether the tap itself had an exception, which is a bug that tests look for. */
  boolean hadFault() {
    return fault;
  }

  private void goDeaf() {
    mode = Mode.DEAF;
    if (inflater != null) {
      inflater.close();
    }
  }

  /** Reads decoded bytes. */
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
        lines = mode == Mode.EVENTS;
      }
    }
    if (mode == Mode.JSON) {
      answer.feed(bytes, i, end - i);
      whole |= answer.isClosed();
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

  /** Whether a byte begins JSON. No bare JSON value begins like a field of an event stream. */
  private boolean beginsJson(byte b) {
    return b == '{'
        || b == '['
        || (scalars && ((b >= '0' && b <= '9') || "\"-tfn".indexOf(b) >= 0));
  }

  private void onUsage(byte[] bytes, int offset, int length) {
    usage = Usage.of(bytes, offset, length, cap).after(usage);
    whole |= mode == Mode.EVENTS && table.endsWithDone() && usage.cost() instanceof Cost.Known;
  }

  private final class Events implements EventStreamParser.Listener {
    @Override
    public void onData(byte[] bytes, int offset, int length) {
      dataSeen = true;
      answer.feed(bytes, offset, length);
    }

    @Override
    public void onEvent() {
      boolean isDone = answer.isDone();
      whole |= isDone ? table.endsWithDone() : answer.isClosed() && answer.isLastEvent();
      lostBytes += answer.lostBytes();
      answer.next();
    }
  }
}
