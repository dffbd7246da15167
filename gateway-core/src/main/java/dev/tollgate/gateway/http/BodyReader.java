package dev.tollgate.gateway.http;

import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a request body without blocking (Servlet 6.0, Non-Blocking I/O).
 *
 * <pre>
 *   COLLECTING --end of body--------> DONE   onBody
 *       |------bound passed---------> DISCARDING   onTooLarge
 *       |------no memory for more---> DISCARDING   onNoRoom
 *       |------read failed----------> DONE   onBodyFailure
 *       |------read by another------> DONE   onBodyTaken
 *   DISCARDING --end, bound, failure-> DONE   onDiscarded
 * </pre>
 *
 * Most clients read the response only after they have sent the whole body. Discarding the body lets
 * such a client see the refusal instead of a reset connection. Discarding stops after {@link
 * #MAX_DISCARDED_BYTES}; the caller must set a time limit. The container serialises the callbacks,
 * so the fields need no lock. The receiver is called on the container's threads.
 *
 * <p>A body is collected in pieces. A piece is allocated when bytes have arrived for it, and is
 * counted in the gateway's {@link BodyMemory}. So a body that never ends uses no more memory than
 * the received bytes need.
 */
public final class BodyReader implements ReadListener {
  /**
   * The maximum number of bytes of an unwanted body that are discarded. This is enough for a body
   * that is a little larger than the default limit.
   */
  public static final long MAX_DISCARDED_BYTES = 32L << 20;

  private static final int FIRST_PIECE_BYTES = 8 << 10;
  private static final int PIECE_BYTES = 32 << 10;
  private static final byte[] NOTHING = {};

  /**
   * The rate limit for discarding, over all bodies of this process, which leaves processor time to
   * wanted requests. Beyond it a body is cut off, and its client may not see the refusal.
   */
  private static final ByteBudget DISCARDS = new ByteBudget(64 << 20, System::nanoTime);

  // All readers write discarded bytes here. The bytes are never read, so data races do no harm.
  private static final byte[] DROPPED = new byte[16 << 10];

  /** Receives the result. */
  public interface Receiver {
    /** The whole body was read. The receiver owns the array. */
    void onBody(byte[] body);

    /** The body exceeds the bound; the rest is being discarded. */
    void onTooLarge();

    /** The memory is used up; the rest of the body is being discarded. */
    void onNoRoom(BodyMemory.Answer why);

    /** The body is truncated: the client disconnected, stalled or broke its framing. */
    void onBodyFailure(Throwable failure);

    /** A body was declared, but other code, such as a filter, has already read it. */
    void onBodyTaken();

    /** Discarding has ended. */
    void onDiscarded();
  }

  private enum State {
    COLLECTING,
    DISCARDING,
    DONE
  }

  private final ServletInputStream in;
  private final ServletInputStream raw;
  private final Receiver receiver;
  private final long declaredBytes;
  private final BodyMemory.@Nullable Part memory;
  private State state;
  private List<byte[]> full = new ArrayList<>(0);
  private byte[] piece = NOTHING;
  private int count;
  private long discardedBytes;

  private BodyReader(
      ServletInputStream in,
      ServletInputStream raw,
      Receiver receiver,
      State state,
      BodyMemory.@Nullable Part memory,
      long declaredBytes) {
    this.in = in;
    this.raw = raw;
    this.receiver = receiver;
    this.state = state;
    this.memory = memory;
    this.declaredBytes = declaredBytes;
  }

  /**
   * Starts to collect the body of {@code request}, which must be in asynchronous mode.
   *
   * @param in the request's input stream, which must enforce its own bound
   * @param memory counts the memory of the body; the caller closes it after dropping the body
   * @throws IOException if the container gives no input stream
   */
  public static void collect(
      HttpServletRequest request, ServletInputStream in, BodyMemory.Part memory, Receiver receiver)
      throws IOException {
    in.setReadListener(
        new BodyReader(
            in,
            rawInput(request),
            receiver,
            State.COLLECTING,
            memory,
            request.getContentLengthLong()));
  }

  /**
   * Starts to discard the body of {@code request}, which must be in asynchronous mode.
   *
   * @param onDone runs once, when discarding has ended
   * @throws IOException if the container gives no input stream
   */
  public static void discard(HttpServletRequest request, Runnable onDone) throws IOException {
    ServletInputStream raw = rawInput(request);
    Receiver receiver = new DiscardOnly(onDone);
    raw.setReadListener(new BodyReader(raw, raw, receiver, State.DISCARDING, null, 0));
  }

  /**
   * The container's own stream, without the bounds and decoders of filters. Discarding reads from
   * it.
   */
  private static ServletInputStream rawInput(HttpServletRequest request) throws IOException {
    return ServletContainer.innermost(request).getInputStream();
  }

  @Override
  public void onDataAvailable() throws IOException {
    // Read until -1: calling isFinished() first hangs on one container.
    while (state != State.DONE && in.isReady()) {
      if (state == State.COLLECTING) {
        collectSome();
      } else {
        discardSome();
      }
    }
  }

  private void collectSome() throws IOException {
    if (count == piece.length && !makesPiece()) {
      return;
    }
    int n;
    try {
      n = in.read(piece, count, piece.length - count);
    } catch (BodyTooLargeException e) {
      drop();
      receiver.onTooLarge();
      return;
    }
    if (n >= 0) {
      count += n;
    } else {
      onAllDataRead();
    }
  }

  private int nextPieceBytes() {
    if (piece.length > 0) {
      return PIECE_BYTES;
    }
    // One byte more than declared, so that the read that finds the end has room.
    return declaredBytes >= 0 && declaredBytes < FIRST_PIECE_BYTES
        ? (int) declaredBytes + 1
        : FIRST_PIECE_BYTES;
  }

  /**
   * Allocates the next piece.
   *
   * @return false if the memory is used up; the body is then being discarded
   */
  private boolean makesPiece() {
    int size = nextPieceBytes();
    BodyMemory.Answer answer = memory == null ? BodyMemory.Answer.GRANTED : memory.take(size);
    if (answer != BodyMemory.Answer.GRANTED) {
      drop();
      receiver.onNoRoom(answer);
      return false;
    }
    if (piece.length > 0) {
      full.add(piece);
    }
    piece = new byte[size];
    count = 0;
    return true;
  }

  private void drop() {
    letGo();
    state = State.DISCARDING;
  }

  private void discardSome() throws IOException {
    int n = raw.read(DROPPED, 0, DROPPED.length);
    discardedBytes += Math.max(n, 0);
    if (n < 0 || discardedBytes > MAX_DISCARDED_BYTES || !DISCARDS.take(n)) {
      onAllDataRead();
    }
  }

  @Override
  public void onAllDataRead() {
    State ended = state;
    state = State.DONE;
    if (ended == State.COLLECTING && count == 0 && full.isEmpty() && declaredBytes > 0) {
      receiver.onBodyTaken();
    } else if (ended == State.COLLECTING) {
      receiver.onBody(whole());
    } else if (ended == State.DISCARDING) {
      receiver.onDiscarded();
    }
  }

  /**
   * Joins the pieces and drops them, because the container keeps this listener until the request is
   * over.
   */
  private byte[] whole() {
    int bytes = count;
    for (byte[] each : full) {
      bytes += each.length;
    }
    byte[] whole = piece;
    if (bytes != piece.length) {
      note(bytes);
      whole = new byte[bytes];
      int at = 0;
      for (byte[] each : full) {
        System.arraycopy(each, 0, whole, at, each.length);
        at += each.length;
      }
      System.arraycopy(piece, 0, whole, at, count);
      note(-(long) (bytes - count + piece.length));
    }
    letGo();
    return whole;
  }

  private void note(long bytes) {
    if (memory != null) {
      memory.count(bytes);
    }
  }

  private void letGo() {
    full = List.of();
    piece = NOTHING;
    count = 0;
  }

  @Override
  public void onError(Throwable failure) {
    State ended = state;
    state = State.DONE;
    letGo();
    if (ended == State.COLLECTING) {
      receiver.onBodyFailure(failure);
    } else if (ended == State.DISCARDING) {
      receiver.onDiscarded();
    }
  }

  private record DiscardOnly(Runnable onDone) implements Receiver {
    @Override
    public void onBody(byte[] body) {
      onDone.run();
    }

    @Override
    public void onTooLarge() {}

    @Override
    public void onNoRoom(BodyMemory.Answer why) {}

    @Override
    public void onBodyTaken() {
      onDone.run();
    }

    @Override
    public void onBodyFailure(Throwable failure) {
      onDone.run();
    }

    @Override
    public void onDiscarded() {
      onDone.run();
    }
  }
}
