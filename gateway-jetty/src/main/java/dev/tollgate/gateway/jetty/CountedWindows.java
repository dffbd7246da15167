package dev.tollgate.gateway.jetty;

import dev.tollgate.gateway.http.BodyMemory;
import org.eclipse.jetty.http2.BufferingFlowControlStrategy;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.api.Stream;

/**
 * Jetty's default flow control for one HTTP/2 connection, which also counts unread bytes: Jetty
 * keeps them in memory, up to the size of the window. Safe for use by many threads.
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

  /** Notes that the connection has ended, which frees its unread bytes. */
  synchronized void close() {
    if (!closed) {
      closed = true;
      memory.countUnread(-unreadBytes);
    }
  }
}
