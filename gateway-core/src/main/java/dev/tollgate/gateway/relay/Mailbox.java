package dev.tollgate.gateway.relay;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Mailbox that handles the events of many threads one at a time, on the thread that finds it idle.
 * So the receiver's state needs no lock. An event posted during the handling of another one, even
 * by the handler itself, is queued instead of recursing.
 *
 * <p>An event without content is a {@link #signal}. While another thread is handling events, a
 * signal costs one increment and allocates nothing.
 *
 * @param <E> the type of event
 */
final class Mailbox<E> {
  /**
   * Handles events, one thread at a time. It must not throw: an exception reaches the poster and
   * stops the mailbox permanently.
   */
  interface Receiver<E> {
    void onEvent(E event);

    /** At least one signal or event arrived since the last call. */
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
