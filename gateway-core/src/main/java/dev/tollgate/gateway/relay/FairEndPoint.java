package dev.tollgate.gateway.relay;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * A connection to the upstream that has the selector's thread for a while only. Jetty reads a
 * connection until nothing is there, and keeps what it has to tell until then: an upstream that
 * sends without a pause would keep all others waiting and, with interim responses, fill the heap.
 * Told that nothing is there, it comes back to this one after the others.
 */
final class FairEndPoint extends SocketChannelEndPoint {
  /** With a hundred of them, others wait for tens of milliseconds. */
  private static final int MAX_TURN_BYTES = 32 << 10;

  // Of whoever reads, one thread at a time.
  private int turnBytes;

  FairEndPoint(
      SocketChannel channel, ManagedSelector selector, SelectionKey key, Scheduler scheduler) {
    super(channel, selector, key, scheduler);
  }

  @Override
  public int fill(ByteBuffer buffer) throws IOException {
    if (turnBytes >= MAX_TURN_BYTES) {
      turnBytes = 0;
      return 0;
    }
    int filled = super.fill(buffer);
    turnBytes = filled > 0 ? turnBytes + filled : 0;
    return filled;
  }
}
