package dev.tollgate.gateway.jetty;

import dev.tollgate.gateway.http.BodyMemory;
import org.eclipse.jetty.http2.BufferingFlowControlStrategy;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.api.Stream;

/**
 * The flow control of one connection of HTTP/2, as Jetty has it by default. It counts what came and
 * was not read yet, because Jetty keeps that in memory, up to the size of the window. Safe for use
 * by many threads.
 */
final class CountedWindows extends BufferingFlowControlStrategy {
  private static final float BUFFER_RATIO = 0.5F;

  private final BodyMemory memory;
  // Guarded by this.
  private long unreadBytes;
  private boolean closed;

  CountedWindows(BodyMemory memory) {
    super(BUFFER_RATIO);
    this.memory = memory;
  }

  @Override
  public void onDataReceived(Session session, Stream stream, int length) {
    count(length);
    super.onDataReceived(session, stream, length);
  }

  @Override
  public void onDataConsumed(Session session, Stream stream, int length) {
    count(-length);
    super.onDataConsumed(session, stream, length);
  }

  private synchronized void count(int bytes) {
    if (!closed) {
      unreadBytes += bytes;
      memory.countUnread(bytes);
    }
  }

  /** The connection has ended, and what was not read is gone with it. */
  synchronized void close() {
    if (!closed) {
      closed = true;
      memory.countUnread(-unreadBytes);
    }
  }
}
