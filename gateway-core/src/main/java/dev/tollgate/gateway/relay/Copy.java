package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.upstream.UpstreamHead;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/**
 * Copies an answer from the upstream to the client: one chunk is read and written; only then is the
 * next one taken. So it never holds more than one chunk, and a slow client slows the upstream. As
 * soon as the upstream has nothing more here and now, all that was written is flushed: what it sent
 * in one piece may be many chunks, and a flush of each would cost a system call and delay the rest.
 *
 * <p>The end can be kept back, never a token: chunks are written as they come, but the last piece
 * of a body whose length the client knows waits for {@link #letEnd}, and so does the end of any
 * other body. Then the charge can be made durable before the client sees the end.
 *
 * <p>Belongs to the mailbox of a {@link Call}.
 */
final class Copy {
  /** Why no more can be copied now. */
  enum Stop {
    /** Until the upstream has more, the client takes more, or the end is let go. */
    WAITING,
    /** The whole body was read; told once. Its end is kept back. */
    WHOLE,
    /** All was written, to a client that can take more. */
    ENDED,
    /** The upstream broke off; what came before has been written and flushed. */
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
  // The source had nothing when it was last read, and has not been asked to say when it has.
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

  /** Whether anything went to the client, if only the headers. */
  boolean isBegun() {
    return begun;
  }

  /** Why the upstream broke off, after {@link Stop#BROKEN}. */
  Throwable failure() {
    Throwable why = failure;
    return why == null ? new IOException("the upstream broke off") : why;
  }

  /** Whether it waits for the client, not for the upstream. */
  boolean isBlocked() {
    return blocked;
  }

  /** Since when it has been waiting. */
  long waitingSinceNanos() {
    return waitingSinceNanos;
  }

  /** The end stays back for a while: the client gets at once what was written before. */
  void keepEnd() {
    // The end of the response flushes otherwise.
    flushPending |= !writePending;
  }

  /** Lets the client have the end of the body. */
  void letEnd() {
    endAllowed = true;
  }

  /** Releases what was read and not written. */
  void drop() {
    var unused = releaseChunk();
  }

  /** Copies for as long as it can without waiting. */
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
        // Ready and flushed: the container is done with the array of the last chunk.
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
   * @return whether it was the last chunk
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
   * @return whether nothing more is to be read
   */
  private boolean read() {
    Content.Chunk read = body.read();
    if (read == null) {
      dry = true;
      // The upstream is silent: the client gets status and headers now.
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
      // There will be no write to send status and headers with.
      flushPending = !read.isLast();
    }
    ByteBuffer bytes = read.getByteBuffer();
    boolean lastPiece = body.isAtLength();
    if (!lastPiece) {
      // The client first: the tap is in no hurry.
      write();
    }
    call.tab.read(bytes);
    writePending = lastPiece;
  }

  /**
   * @return whether this was the first time
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
