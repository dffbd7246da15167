package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.testkit.RawClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Clients of streams whose upstream has something to say every now and then; they note the gaps.
 */
final class PacedStreams implements AutoCloseable {
  private final List<RawClient> clients = new ArrayList<>();
  private final AtomicLong worstNanos = new AtomicLong();
  private final AtomicLong events = new AtomicLong();

  /**
   * @param request in raw form, of a stream that is not over before this is closed
   */
  PacedStreams(int port, String request, int streams) throws IOException {
    for (int i = 0; i < streams; i++) {
      RawClient client = new RawClient(port);
      clients.add(client);
      client.send(request);
    }
    for (RawClient client : clients) {
      client.readUntil("data: ");
      Thread reader = new Thread(() -> read(client), "paced");
      reader.setDaemon(true);
      reader.start();
    }
  }

  private void read(RawClient client) {
    try {
      long last = System.nanoTime();
      while (true) {
        client.readUntil("data: ");
        long now = System.nanoTime();
        long gap = now - last;
        worstNanos.accumulateAndGet(gap, Math::max);
        events.incrementAndGet();
        last = now;
      }
    } catch (IOException e) {
      // Closed. A stream that broke off shows by the events that are missing.
    }
  }

  long events() {
    return events.get();
  }

  /** The longest gap in any of them since somebody asked last. */
  double worstMillis() {
    return worstNanos.getAndSet(0) / 1e6;
  }

  @Override
  public void close() throws IOException {
    for (RawClient client : clients) {
      client.close();
    }
  }
}
