package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.upstream.UpstreamHead;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/**
 * Copy of an answer from the upstream to the client, chunk by chunk. The next chunk is read only
 * after the last one was written. So the copy holds at most one chunk, and a slow client slows the
 * upstream. All written bytes are flushed as soon as the upstream has nothing more to read. The
 * upstream may send many chunks at once; a flush for each would cost a system call and delay the
 * rest.
 *
 * <p>The end of the body can be held back; tokens never are. Chunks are written as they arrive. If
 * the client knows the length of the body, its last piece waits for {@link #letEnd}; otherwise the
 * end of the response waits. So the charge can be made durable before the client sees the end.
 *
 * <p>Owned by the mailbox of a {@link Call}.
 */
final class Copy {
  /** Why the copy stopped. */
  enum Stop {
    /** The upstream has no content, the client takes none, or the end is held back. */
    WAITING,
    /** The whole body was read, and its end is held back. Returned once. */
    WHOLE,
    /** Everything was written, and the client can take more. */
    ENDED,
    /** The upstream broke off; everything before was written and flushed. */
    BROKEN,
    /** The client is lost. */
    LOST
  }

  private final Call call;
  private final ClientSink client;
  private final UpstreamHead head;
  private final AnswerBody body;

  private Content.@Nullable Chunk chunk;
  private @Nullable Throwable failure;
  private boolean begun;
  // The last read found nothing, and no content has been demanded since.
  private boolean dry;
  private boolean flushPending;
  private boolean writePending;
  private boolean wholeTold;
  private boolean endAllowed;
  private boolean blocked;
  private long waitingSinceNanos;

  Copy(Call call, UpstreamHead head, AnswerBody body) {
    this.call = call;
    this.client = call.client;
    this.head = head;
    this.body = body;
  }

  AnswerBody body() {
    return body;
  }

  /** Whether anything was sent to the client, if only the headers. */
  boolean isBegun() {
    return begun;
  }

  /** Why the upstream broke off, after {@link Stop#BROKEN}. */
  Throwable failure() {
    Throwable why = failure;
    return why == null ? new IOException("the upstream broke off") : why;
  }

  /** Whether the copy waits for the client, not for the upstream. */
  boolean isBlocked() {
    return blocked;
  }

  /** When the wait began, as {@link System#nanoTime}. */
  long waitingSinceNanos() {
    return waitingSinceNanos;
  }

  /** Holds the end back, and flushes what was written before. */
  void keepEnd() {
    // Otherwise the end of the response flushes.
    flushPending |= !writePending;
  }

  /** Allows the end of the body to be written. */
  void letEnd() {
    endAllowed = true;
  }

  /** Releases the chunk that was read and not written. */
  void drop() {
    var unused = releaseChunk();
  }

  /** Copies until it would have to wait. */
  Stop advance() {
    while (true) {
      if (body.isWhole() && !wholeTold) {
        wholeTold = true;
        return Stop.WHOLE;
      }
      if (!client.isReady()) {
        return client.isLost() ? Stop.LOST : waiting(true);
      }
      blocked = false;
      if (flushPending && (dry || failure != null || isEndKeptBack())) {
        flushPending = !client.flush();
      } else if (failure != null) {
        return Stop.BROKEN;
      } else if (isEndKeptBack()) {
        return Stop.WAITING;
      } else if (writePending) {
        writePending = false;
        write();
      } else if (releaseChunk()) {
        // Ready and flushed: the container no longer uses the last chunk's array.
        return Stop.ENDED;
      } else if (body.isDemanded()) {
        return Stop.WAITING;
      } else if (dry) {
        dry = false;
        var unused = waiting(false);
        body.demand();
        return Stop.WAITING;
      } else if (read()) {
        return Stop.ENDED;
      }
    }
  }

  private Stop waiting(boolean forClient) {
    if (!forClient || !blocked) {
      blocked = forClient;
      waitingSinceNanos = System.nanoTime();
    }
    return Stop.WAITING;
  }

  private boolean isEndKeptBack() {
    return body.isWhole() && !endAllowed;
  }

  /**
   * @return whether the released chunk was the last one
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

  /**
   * @return whether there is nothing more to read
   */
  private boolean read() {
    Content.Chunk read = body.read();
    if (read == null) {
      dry = true;
      // The upstream is silent: send the status and headers to the client now.
      flushPending |= begin();
      return false;
    }
    if (!Content.Chunk.isFailure(read)) {
      take(read);
      return false;
    }
    if (body.isWhole()) {
      return true;
    }
    failure = read.getFailure();
    return false;
  }

  private void take(Content.Chunk read) {
    chunk = read;
    if (begin() && call.headOnly) {
      // Without a body, no write sends the status and headers.
      flushPending = !read.isLast();
    }
    ByteBuffer bytes = read.getByteBuffer();
    boolean lastPiece = body.isAtLength();
    if (!lastPiece) {
      // Write first: metering can wait.
      write();
    }
    call.tab.read(bytes);
    writePending = lastPiece;
  }

  /**
   * @return whether this was the first call
   */
  private boolean begin() {
    if (begun) {
      return false;
    }
    begun = true;
    client.setHead(head, call.exchange.id());
    call.exchange.stats().setStatus(head.status());
    return true;
  }

  private void write() {
    Content.Chunk piece = chunk;
    if (piece == null || !piece.hasRemaining() || call.headOnly) {
      return;
    }
    ByteBuffer bytes = piece.getByteBuffer();
    client.write(bytes);
    if (!client.isLost()) {
      // The end of the response flushes the last chunk.
      flushPending = !piece.isLast();
      call.exchange.stats().addResponseBytes(bytes.remaining());
      call.tab.begun();
    }
  }
}
