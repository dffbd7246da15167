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
  private final AtomicLong events = new AtomicLong();
  // When each had its last event.
  private final long[] last;
  private long askedAt = System.nanoTime();
  private long worstNanos;

  /**
   * @param request in raw form, of a stream that is not over before this is closed
   */
  PacedStreams(int port, String request, int streams) throws IOException {
    last = new long[streams];
    for (int i = 0; i < streams; i++) {
      RawClient client = new RawClient(port);
      clients.add(client);
      client.send(request);
    }
    for (int i = 0; i < streams; i++) {
      int stream = i;
      clients.get(stream).readUntil("data: ");
      last[stream] = System.nanoTime();
      Thread reader = new Thread(() -> read(stream), "paced");
      reader.setDaemon(true);
      reader.start();
    }
  }

  private void read(int stream) {
    try {
      while (true) {
        clients.get(stream).readUntil("data: ");
        events.incrementAndGet();
        note(stream, System.nanoTime());
      }
    } catch (IOException e) {
      // Closed. A stream that broke off shows by the events that are missing.
    }
  }

  private synchronized void note(int stream, long now) {
    worstNanos = Math.max(worstNanos, now - Math.max(last[stream], askedAt));
    last[stream] = now;
  }

  long events() {
    return events.get();
  }

  /**
   * The longest time without an event in any of them since somebody asked last; what was before
   * does not count, and what is not over yet does.
   */
  synchronized double worstMillis() {
    long now = System.nanoTime();
    for (long event : last) {
      worstNanos = Math.max(worstNanos, now - Math.max(event, askedAt));
    }
    double worst = worstNanos / 1e6;
    askedAt = now;
    worstNanos = 0;
    return worst;
  }

  @Override
  public void close() throws IOException {
    for (RawClient client : clients) {
      client.close();
    }
  }
}
