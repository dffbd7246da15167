package dev.tollgate.gateway.relay;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs what many threads ask for one at a time, on whichever of them comes first. So the state of
 * the one who receives needs no lock, and an event that is posted while another one is handled,
 * even by the handler itself, waits for its turn instead of recursing.
 *
 * <p>An event without content is a {@link #signal}: it costs one increment where another thread is
 * at work, and allocates nothing.
 *
 * @param <E> an event
 */
final class Mailbox<E> {
  /** Handles events, by one thread at a time. What it throws is thrown to the poster. */
  interface Receiver<E> {
    void onEvent(E event);

    /** At least one signal has come since the last call. */
    void onSignal();
  }

  private final Receiver<E> receiver;
  private final Queue<E> events = new ConcurrentLinkedQueue<>();
  private final AtomicInteger pending = new AtomicInteger();

  Mailbox(Receiver<E> receiver) {
    this.receiver = receiver;
  }

  void post(E event) {
    events.add(event);
    signal();
  }

  void signal() {
    if (pending.getAndIncrement() != 0) {
      return;
    }
    int seen = 1;
    do {
      for (E event = events.poll(); event != null; event = events.poll()) {
        receiver.onEvent(event);
      }
      receiver.onSignal();
      seen = pending.addAndGet(-seen);
    } while (seen != 0);
  }
}
