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
 * A connection to the upstream that has the selector's thread for a while only. Jetty reads a
 * connection until nothing is there, and keeps what it has to tell until then: an upstream that
 * sends without a pause would keep all others waiting and, with interim responses, fill the heap.
 * Told that nothing is there, it comes back to this one after the others.
 *
 * <p>A connection that is reset while it answers does not end like one that is closed in order, as
 * with Jetty: where the end of the connection is the only end of a body, that would make half an
 * answer a whole one.
 *
 * <p>It does not ask the system again where the last read has found less than there was room for.
 * Jetty would, twice for each event of a stream. What may have come since is not missed: the
 * selector sees what is there, not what is new.
 */
final class FairEndPoint extends SocketChannelEndPoint {
  /** With a hundred of them, others wait for tens of milliseconds. */
  private static final int MAX_TURN_BYTES = 32 << 10;

  // Of whoever reads, one thread at a time.
  private int turnBytes;
  // The selector's, too. One that is seen late costs a read in vain, or another turn.
  private volatile boolean drained;
  // Of whoever reads, like turnBytes. Once set, every read fails.
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

  /** As Jetty does it, but for what happens to the exception. */
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
