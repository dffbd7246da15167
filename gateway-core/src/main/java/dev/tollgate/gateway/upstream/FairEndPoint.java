package dev.tollgate.gateway.upstream;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/**
 * Connection to the upstream that gives up the selector's thread after {@link #MAX_TURN_BYTES}.
 * Jetty reads a connection until it is empty and queues the resulting events until then. An
 * upstream that sends without a pause would block all other connections and, with interim
 * responses, fill the heap. This class therefore reports an empty read at the end of a turn. Jetty
 * then serves the other connections and comes back to this one.
 *
 * <p>A connection reset during a response fails the read. Jetty would treat the reset as an orderly
 * close. Where the close is the only end of a body, a truncated body would then pass for a complete
 * one.
 *
 * <p>A read that did not fill its buffer has emptied the socket, so the next read returns 0 without
 * a system call. Jetty would read again, twice for each event of a stream. No data is missed: the
 * selector is level-triggered and reports any unread bytes.
 */
final class FairEndPoint extends SocketChannelEndPoint {
  /** Bytes per turn. With 100 such connections, others wait for tens of milliseconds. */
  private static final int MAX_TURN_BYTES = 32 << 10;

  // Owned by the reading thread; one thread reads at a time.
  private int turnBytes;
  // Also written by the selector. A stale value costs one empty read or one more turn.
  private volatile boolean drained;
  // Owned by the reading thread, like turnBytes. Once set, every read fails.
  private @Nullable IOException broken;

  FairEndPoint(
      SocketChannel channel, ManagedSelector selector, SelectionKey key, Scheduler scheduler) {
    super(channel, selector, key, scheduler);
  }

  @Override
  public Runnable onSelected() {
    drained = false;
    return super.onSelected();
  }

  @Override
  public int fill(ByteBuffer buffer) throws IOException {
    if ((drained || turnBytes >= MAX_TURN_BYTES) && !isInputShutdown()) {
      turnBytes = 0;
      return 0;
    }
    int room = BufferUtil.space(buffer);
    int filled = read(buffer);
    turnBytes = filled > 0 ? turnBytes + filled : 0;
    drained = filled >= 0 && filled < room;
    return filled;
  }

  /** Reads as Jetty does, but keeps the exception: see the class comment. */
  private int read(ByteBuffer buffer) throws IOException {
    if (broken != null) {
      throw new IOException(broken.getMessage(), broken);
    }
    if (isInputShutdown()) {
      return -1;
    }
    int position = BufferUtil.flipToFill(buffer);
    try {
      int filled = getChannel().read(buffer);
      if (filled > 0) {
        notIdle();
      } else if (filled < 0) {
        shutdownInput();
      }
      return filled;
    } catch (IOException e) {
      shutdownInput();
      if (UpstreamConnector.isIdle(getConnection())) {
        return -1;
      }
      broken = e;
      throw e;
    } finally {
      BufferUtil.flipToFlush(buffer, position);
    }
  }
}
