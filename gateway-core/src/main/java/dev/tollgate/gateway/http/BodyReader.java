package dev.tollgate.gateway.http;

import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.function.Consumer;
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
 */
public final class BodyReader implements ReadListener {
  /**
   * The maximum number of bytes of an unwanted body that are discarded. This is enough for a body
   * that is a little larger than the default limit.
   */
  public static final long MAX_DISCARDED_BYTES = 32L << 20;

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

  /** A body that is wanted. */
  private record Wanted(BodyPieces pieces, boolean declared, Receiver receiver) {}

  private final ServletInputStream in;
  private final ServletInputStream raw;
  private final Runnable onDiscarded;
  // Null while the body is being discarded, and at the end: the container keeps this listener until
  // the request is over.
  private @Nullable Wanted wanted;
  private boolean done;
  private long discardedBytes;

  private BodyReader(
      ServletInputStream in,
      ServletInputStream raw,
      @Nullable Wanted wanted,
      Runnable onDiscarded) {
    this.in = in;
    this.raw = raw;
    this.wanted = wanted;
    this.onDiscarded = onDiscarded;
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
    long declaredBytes = request.getContentLengthLong();
    Wanted wanted = new Wanted(new BodyPieces(memory, declaredBytes), declaredBytes > 0, receiver);
    in.setReadListener(new BodyReader(in, rawInput(request), wanted, receiver::onDiscarded));
  }

  /**
   * Starts to discard the body of {@code request}, which must be in asynchronous mode.
   *
   * @param onDone runs once, when discarding has ended
   * @throws IOException if the container gives no input stream
   */
  public static void discard(HttpServletRequest request, Runnable onDone) throws IOException {
    ServletInputStream raw = rawInput(request);
    raw.setReadListener(new BodyReader(raw, raw, null, onDone));
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
    while (!done && in.isReady()) {
      Wanted body = wanted;
      if (body != null) {
        collectSome(body);
      } else {
        discardSome();
      }
    }
  }

  private void collectSome(Wanted body) throws IOException {
    BodyMemory.Answer room = body.pieces.makeRoom();
    if (room != BodyMemory.Answer.GRANTED) {
      wanted = null;
      body.receiver.onNoRoom(room);
      return;
    }
    boolean ended;
    try {
      ended = !body.pieces.readFrom(in);
    } catch (BodyTooLargeException e) {
      wanted = null;
      body.receiver.onTooLarge();
      return;
    }
    if (ended) {
      onAllDataRead();
    }
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
    end(
        body -> {
          if (body.declared && body.pieces.isEmpty()) {
            body.receiver.onBodyTaken();
          } else {
            body.receiver.onBody(body.pieces.join());
          }
        });
  }

  @Override
  public void onError(Throwable failure) {
    end(body -> body.receiver.onBodyFailure(failure));
  }

  private void end(Consumer<Wanted> ofWanted) {
    if (done) {
      return;
    }
    done = true;
    Wanted body = wanted;
    wanted = null;
    if (body == null) {
      onDiscarded.run();
    } else {
      ofWanted.accept(body);
    }
  }
}
