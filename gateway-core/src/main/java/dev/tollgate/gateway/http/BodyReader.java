package dev.tollgate.gateway.http;

import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.Arrays;

/**
 * Reads a request body without blocking (Servlet 6.0, Non-Blocking I/O).
 *
 * <pre>
 *   COLLECTING --end of body--------> DONE   onBody
 *       |------bound passed---------> DISCARDING   onTooLarge
 *       |------read failed----------> DONE   onBodyFailure
 *       |------read by another------> DONE   onBodyTaken
 *   DISCARDING --end, bound, failure-> DONE   onDiscarded
 * </pre>
 *
 * Discarding lets an ordinary client, which reads only after it has sent, see the refusal instead
 * of a reset connection; it stops at {@link #MAX_DISCARDED_BYTES}. A time limit is the caller's to
 * set. The container serialises the callbacks, so the fields need no lock; the receiver is called
 * on the container's threads.
 */
public final class BodyReader implements ReadListener {
  /**
   * How many bytes of an unwanted body are read and dropped at most: enough for a body that is a
   * little larger than the default limit.
   */
  public static final long MAX_DISCARDED_BYTES = 32L << 20;

  private static final int FIRST_BUFFER_BYTES = 8 << 10;
  private static final byte[] NOTHING = {};

  /** Hears how the reading ended. */
  public interface Receiver {
    /** The whole body was read. The array is the receiver's. */
    void onBody(byte[] body);

    /** The bound was passed; the rest is being discarded. */
    void onTooLarge();

    /** The body ended before its end: the client went away, stalled or broke its framing. */
    void onBodyFailure(Throwable failure);

    /** There should be a body, but somebody in front, such as a filter, has read it before. */
    void onBodyTaken();

    /** No more is read of an unwanted body. */
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
  private final boolean expectsBytes;
  private State state;
  private byte[] buffer;
  private int count;
  private long discardedBytes;

  private BodyReader(
      ServletInputStream in,
      ServletInputStream raw,
      Receiver receiver,
      State state,
      int bytes,
      boolean expectsBytes) {
    this.in = in;
    this.raw = raw;
    this.receiver = receiver;
    this.state = state;
    this.buffer = new byte[bytes];
    this.expectsBytes = expectsBytes;
  }

  /**
   * Starts to collect the body of {@code request}, which must have been put into asynchronous mode.
   *
   * @param in its input stream, which must carry its own bound
   * @throws IOException if the container gives no input stream
   */
  public static void collect(HttpServletRequest request, ServletInputStream in, Receiver receiver)
      throws IOException {
    long declared = request.getContentLengthLong();
    int first =
        declared >= 0 && declared < FIRST_BUFFER_BYTES ? (int) declared + 1 : FIRST_BUFFER_BYTES;
    in.setReadListener(
        new BodyReader(in, rawInput(request), receiver, State.COLLECTING, first, declared > 0));
  }

  /**
   * Starts to discard the body of {@code request}, which must have been put into asynchronous mode.
   *
   * @param onDone is run once, when no more is read
   * @throws IOException if the container gives no input stream
   */
  public static void discard(HttpServletRequest request, Runnable onDone) throws IOException {
    ServletInputStream raw = rawInput(request);
    Receiver receiver = new DiscardOnly(onDone);
    raw.setReadListener(
        new BodyReader(raw, raw, receiver, State.DISCARDING, FIRST_BUFFER_BYTES, false));
  }

  private static ServletInputStream rawInput(HttpServletRequest request) throws IOException {
    return BoundedRequest.unwrap(request).getInputStream();
  }

  @Override
  public void onDataAvailable() throws IOException {
    // Read until -1: asking isFinished() first hangs on one container.
    while (state != State.DONE && in.isReady()) {
      if (state == State.COLLECTING) {
        collectSome();
      } else {
        discardSome();
      }
    }
  }

  private void collectSome() throws IOException {
    if (count == buffer.length) {
      buffer = Arrays.copyOf(buffer, buffer.length * 2);
    }
    int n;
    try {
      n = in.read(buffer, count, buffer.length - count);
    } catch (BodyTooLargeException e) {
      state = State.DISCARDING;
      receiver.onTooLarge();
      return;
    }
    if (n >= 0) {
      count += n;
    } else {
      onAllDataRead();
    }
  }

  private void discardSome() throws IOException {
    int n = raw.read(buffer, 0, buffer.length);
    discardedBytes += Math.max(n, 0);
    if (n < 0 || discardedBytes > MAX_DISCARDED_BYTES) {
      onAllDataRead();
    }
  }

  @Override
  public void onAllDataRead() {
    State ended = state;
    byte[] collected = end();
    if (ended == State.COLLECTING && count == 0 && expectsBytes) {
      receiver.onBodyTaken();
    } else if (ended == State.COLLECTING) {
      receiver.onBody(count == collected.length ? collected : Arrays.copyOf(collected, count));
    } else if (ended == State.DISCARDING) {
      receiver.onDiscarded();
    }
  }

  /** Lets go of what was collected: the container keeps its listener until the request is over. */
  private byte[] end() {
    state = State.DONE;
    byte[] collected = buffer;
    buffer = NOTHING;
    return collected;
  }

  @Override
  public void onError(Throwable failure) {
    State ended = state;
    var unused = end();
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
