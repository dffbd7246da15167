package dev.tollgate.gateway.relay;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.thread.Invocable;
import org.jspecify.annotations.Nullable;

/**
 * Moves a body from its source to the client: one chunk is read and written; only then is the next
 * one taken. So it never holds more than one chunk, and a slow client slows the source. As soon as
 * the source has nothing more here and now, all that was written is flushed: what the upstream sent
 * in one piece may be many chunks, and a flush of each would cost a system call and delay the rest.
 *
 * <p>Events come from two sides, on any thread: the source has content, the client can take some,
 * the client is gone. Each only signals. A work-in-progress counter lets one thread at a time run
 * the drain loop, and makes that thread run it again if a signal came meanwhile; so the fields
 * below "drain loop" have one owner at a time and need no lock, and a signal from within the loop
 * (a source may call back while it is asked) does not recurse.
 *
 * <pre>
 *   no source yet -> moving -> ended, by one of: onEnd, onSourceFailed, onClientGone
 *                       `-> dropping (the client is gone, the source is read to its end) -> ended
 * </pre>
 *
 * The end can be kept back, never a token: pieces are written as they come, but the last piece of a
 * body whose length the client knows waits until the listener lets it go, and so does the end of
 * any other body.
 *
 * <p>The output is touched only when {@code isReady()} says so, and never after the client has
 * failed.
 */
final class ResponsePump implements WriteListener {
  /** Hears how the moving ended. Called by the drain loop, outside any lock. */
  interface Listener {
    /** The first byte is about to go: now status and headers must be set. */
    void onBegin();

    /** Bytes of the body were written to the output, and have not been flushed yet. */
    void onWritten(int bytes);

    /** A piece of the body was read, which is the pump's own; its position must not change. */
    void onRead(ByteBuffer bytes);

    /**
     * The whole body was read. Of a body of known length the last piece has not been written yet,
     * of any other only the end is missing.
     *
     * @return whether the client may have that now; if not, {@link ResponsePump#letEnd} says when
     */
    boolean onWholeRead();

    /** All was written and flushed to a client that can take more. */
    void onEnd();

    /**
     * The source broke; whatever came of it before has been written.
     *
     * @param begun whether anything went to the client, if only the headers; if not, another source
     *     may be started in place of the broken one
     */
    void onSourceFailed(Throwable failure, boolean begun);

    /**
     * The client failed.
     *
     * @return whether the source is to be read to its end all the same; then the end, or the
     *     source's failure, is told too
     */
    boolean onClientGone(Throwable failure);
  }

  private static final long MAX_LEAVING_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final ServletOutputStream out;
  private final Listener listener;
  private final AtomicInteger signals = new AtomicInteger();
  private final Invocable.Task onContent =
      Invocable.from(Invocable.InvocationType.NON_BLOCKING, this::onContentAvailable);

  private volatile boolean writable;
  // Which thread of the drain loop is within the output.
  private volatile @Nullable Thread writer;
  private volatile @Nullable Throwable clientFailure;
  private volatile Content.@Nullable Source source;
  private volatile boolean bodyless;
  private volatile long declaredBytes;
  private volatile boolean endAllowed;
  private volatile boolean demanded;
  private volatile long demandedAtNanos;
  // Written by the drain loop only.
  private volatile boolean blocked;
  private volatile long blockedAtNanos;

  // drain loop
  private boolean ended;
  private Content.@Nullable Chunk chunk;
  private boolean flushPending;
  private boolean flushed;
  // The source had nothing when it was last read, and has not been asked to say when it has.
  private boolean dry;
  private @Nullable Throwable sourceFailure;
  private boolean writePending;
  private boolean wholeRead;
  private long bytesLeft = -1;
  private boolean begun;
  private boolean dropping;

  ResponsePump(ServletOutputStream out, Listener listener) {
    this.out = out;
    this.listener = listener;
  }

  /**
   * Starts to move a body. Call it once, and once more if a source failed before the first byte.
   *
   * @param length of the body in bytes; -1 if only its end will tell
   * @param withoutBody whether the client asked for the headers only
   */
  void start(Content.Source body, long length, boolean withoutBody) {
    bodyless = withoutBody;
    declaredBytes = length;
    source = body;
    signal();
  }

  /** The container is ready for the first write, or again for another. */
  @Override
  public void onWritePossible() {
    writable = true;
    signal();
  }

  /**
   * The container found the client gone. It is held here, for the instant that it takes, until no
   * other thread is within the output: when the write of such a thread fails, Tomcat tells of it
   * before that thread has returned. If it then ends the request at once, the thread leaves its
   * failure in objects that the next request, of anybody, is served with.
   */
  @Override
  public void onError(Throwable failure) {
    clientFailed(failure);
    long start = System.nanoTime();
    while (isBeingWritten() && System.nanoTime() - start < MAX_LEAVING_NANOS) {
      Thread.onSpinWait();
    }
  }

  private boolean isBeingWritten() {
    Thread thread = writer;
    return thread != null && thread != Thread.currentThread();
  }

  /** Tells the pump that the client is gone, whoever noticed. */
  void clientFailed(Throwable failure) {
    if (clientFailure == null) {
      clientFailure = failure;
    }
    signal();
  }

  /** Lets the client have the end of the body. */
  void letEnd() {
    endAllowed = true;
    signal();
  }

  /** Whether the client is known to be gone. */
  boolean isClientGone() {
    return clientFailure != null;
  }

  /** How long the source has kept a client waiting that could take more; zero while it does not. */
  long waitedNanos() {
    return demanded ? System.nanoTime() - demandedAtNanos : 0;
  }

  /** How long the client has taken nothing while there is something for it; zero if it does. */
  long blockedNanos() {
    return blocked && clientFailure == null ? System.nanoTime() - blockedAtNanos : 0;
  }

  private void onContentAvailable() {
    demanded = false;
    signal();
  }

  private void signal() {
    if (signals.getAndIncrement() != 0) {
      return;
    }
    int seen = 1;
    do {
      drain();
      seen = signals.addAndGet(-seen);
    } while (seen != 0);
  }

  private void drain() {
    try {
      while (!ended && step()) {
        // Each step does one thing and says whether another one may follow.
      }
    } catch (RuntimeException | Error e) {
      // A container or an upstream that breaks the rules ends this exchange, not the thread.
      ended = true;
      releaseChunk();
      listener.onSourceFailed(e, true);
    }
  }

  /**
   * @return whether to go on; false waits for the next signal
   */
  private boolean step() {
    Content.Source body = source;
    if (body == null) {
      return false;
    }
    Throwable failure = clientFailure;
    if (failure != null && !dropping) {
      releaseChunk();
      dropping = listener.onClientGone(failure);
      ended = !dropping;
      return true;
    }
    if (!dropping) {
      writer = Thread.currentThread();
      try {
        if (clientFailure != null) {
          // Meanwhile; whoever said so does not wait for a writer that it has not seen.
          return true;
        }
        if (!writable) {
          return false;
        }
        if (!out.isReady()) {
          if (!blocked) {
            blockedAtNanos = System.nanoTime();
            blocked = true;
          }
          return false;
        }
        blocked = false;
        if (flushPending && isToBeFlushed()) {
          // Twice the first time: Open Liberty ignores the first flush of a response.
          flushPending = !flushed;
          flushed = true;
          out.flush();
          return true;
        }
      } catch (IOException | IllegalStateException e) {
        clientFailure = e;
        return true;
      } finally {
        writer = null;
      }
    }
    Throwable broken = sourceFailure;
    if (broken != null) {
      sourceFailure = null;
      source = null;
      ended = begun;
      listener.onSourceFailed(broken, begun);
      return true;
    }
    if (isEndKeptBack()) {
      return false;
    }
    if (writePending) {
      writePending = false;
      writeChunk();
      return true;
    }
    // Ready and flushed: the container is done with the array of the last chunk.
    if (releaseChunk()) {
      ended = true;
      listener.onEnd();
      return false;
    }
    return !demanded && next(body);
  }

  /**
   * @return whether the chunk was the last
   */
  private boolean releaseChunk() {
    Content.Chunk done = chunk;
    chunk = null;
    if (done == null) {
      return false;
    }
    boolean last = done.isLast();
    done.release();
    return last;
  }

  private boolean isEndKeptBack() {
    return wholeRead && !dropping && !endAllowed;
  }

  /** Whether nothing more will be written for a while, or ever. */
  private boolean isToBeFlushed() {
    return dry || sourceFailure != null || isEndKeptBack();
  }

  private boolean next(Content.Source body) {
    if (dry) {
      dry = false;
      demandedAtNanos = System.nanoTime();
      demanded = true;
      body.demand(onContent);
      return false;
    }
    Content.Chunk read = body.read();
    if (read == null) {
      dry = true;
      if (begin()) {
        // The source is silent: the client gets status and headers now.
        flushPending = true;
      }
      return true;
    }
    if (Content.Chunk.isFailure(read)) {
      if (wholeRead) {
        // The client has had all of it: what comes behind the body concerns nobody.
        ended = true;
        listener.onEnd();
        return false;
      }
      sourceFailure = read.getFailure();
      return true;
    }
    take(read);
    return true;
  }

  private void take(Content.Chunk read) {
    chunk = read;
    if (begin() && bodyless) {
      // There will be no write to send status and headers with.
      flushPending = !read.isLast();
    }
    ByteBuffer bytes = read.getByteBuffer();
    boolean lastPiece = bytesLeft >= 0 && bytes.remaining() >= bytesLeft;
    if (!lastPiece) {
      // The client first: whoever else looks at the bytes is in no hurry.
      writeChunk();
    }
    listener.onRead(bytes);
    bytesLeft -= bytes.remaining();
    if (!wholeRead && (read.isLast() || lastPiece)) {
      wholeRead = true;
      if (listener.onWholeRead()) {
        endAllowed = true;
      } else if (!lastPiece) {
        // The end of the response would flush it, but that may take its time.
        flushPending = true;
      }
    }
    writePending = lastPiece;
  }

  /**
   * @return whether this was the first time, and there is a client to begin for
   */
  private boolean begin() {
    if (begun || dropping) {
      return false;
    }
    begun = true;
    bytesLeft = declaredBytes;
    listener.onBegin();
    return true;
  }

  private void writeChunk() {
    Content.Chunk piece = chunk;
    if (piece != null && piece.hasRemaining() && !bodyless && !dropping) {
      write(piece.getByteBuffer(), piece.isLast());
    }
  }

  private void write(ByteBuffer bytes, boolean last) {
    int length = bytes.remaining();
    writer = Thread.currentThread();
    try {
      if (clientFailure != null) {
        return;
      }
      if (bytes.hasArray()) {
        out.write(bytes.array(), bytes.arrayOffset() + bytes.position(), length);
      } else {
        byte[] copy = new byte[length];
        bytes.duplicate().get(copy);
        out.write(copy, 0, length);
      }
      // The end of the response flushes the last chunk.
      flushPending = !last;
      listener.onWritten(length);
    } catch (IOException | IllegalStateException e) {
      clientFailure = e;
    } finally {
      writer = null;
    }
  }
}
