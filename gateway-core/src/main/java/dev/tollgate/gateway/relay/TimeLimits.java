package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.exchange.RefusalWriter;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;

/**
 * The time limits of one exchange. Whoever moves it on says which stage begins; {@link TimeWatch}
 * looks whether one takes too long, on a thread that must not be blocked.
 *
 * <pre>
 *   READING     the client sends its body                     body-timeout
 *   DROPPING    what is left of an unwanted body is read      MAX_DROPPING
 *   HOLDING     the ledger is asked                           MAX_HOLDING
 *   CONNECTING  the call waits for its connection             connect-timeout, and a little
 *   WAITING     sent; no response headers yet                 headers-timeout
 *   RELAYING    the body is moved                             idle-timeout, of the upstream's time
 *   CHARGING    all is there but the end, which waits         MAX_CHARGING
 * </pre>
 *
 * Beside these, from the first CONNECTING on, the whole may take {@code total-timeout}; and at any
 * time the client may let what there is for it lie for {@code write-timeout}.
 */
final class TimeLimits {
  /** How long an unwanted body is read at most. */
  static final Duration MAX_DROPPING = RefusalWriter.MAX_DISCARDING;

  /** How long a hold may take to be committed. */
  static final Duration MAX_HOLDING = Duration.ofSeconds(2);

  /** How long the client waits at most, for the end alone, until the charge is durable. */
  static final Duration MAX_CHARGING = Duration.ofSeconds(5);

  /** A connection that cannot be made is reported by the client itself, unless it is late. */
  private static final Duration MARGIN = Duration.ofSeconds(1);

  /** What an exchange is doing. A later one follows, or CONNECTING once more. */
  enum Stage {
    READING,
    DROPPING,
    HOLDING,
    CONNECTING,
    WAITING,
    RELAYING,
    CHARGING
  }

  /** What is done about a limit that has passed. Nothing, if it comes too late. */
  interface Listener {
    /** The body has not come. */
    void onBodyLate();

    /** The rest of an unwanted body has not come. */
    void onDroppingLate();

    /** The ledger has not answered. */
    void onHoldLate();

    /** The upstream has kept us waiting: its call is to be ended. */
    void onUpstreamLate(Throwable why);

    /** The charge is not durable yet. */
    void onChargeLate();

    /** The client takes nothing: it is to be given up. */
    void onClientStalled();
  }

  private final UpstreamOptions upstream;
  private final ClientOptions client;
  private final ResponsePump pump;
  private final Listener listener;
  // Written in this order, read in the other: so no stage is taken to have begun before it did.
  private volatile long sinceNanos = System.nanoTime();
  private volatile Stage stage = Stage.READING;
  private volatile boolean called;
  private volatile long calledAtNanos;

  TimeLimits(UpstreamOptions upstream, ClientOptions client, ResponsePump pump, Listener listener) {
    this.upstream = upstream;
    this.client = client;
    this.pump = pump;
    this.listener = listener;
  }

  /** Says that a stage begins. */
  void begin(Stage next) {
    long now = System.nanoTime();
    if (next == Stage.CONNECTING && !called) {
      calledAtNanos = now;
      called = true;
    }
    sinceNanos = now;
    stage = next;
  }

  void look(long nowNanos) {
    Stage seen = stage;
    long passed = nowNanos - sinceNanos;
    switch (seen) {
      case READING -> {
        if (passed > client.bodyTimeout().toNanos()) {
          listener.onBodyLate();
        }
      }
      case DROPPING -> {
        if (passed > MAX_DROPPING.toNanos()) {
          listener.onDroppingLate();
        }
      }
      case HOLDING -> {
        if (passed > MAX_HOLDING.toNanos()) {
          listener.onHoldLate();
        }
      }
      case CONNECTING -> {
        if (passed > upstream.connectTimeout().plus(MARGIN).toNanos()) {
          listener.onUpstreamLate(
              new RejectedExecutionException("no connection to the upstream became free"));
        }
      }
      case WAITING -> {
        if (passed > upstream.headersTimeout().toNanos()) {
          listener.onUpstreamLate(new TimeoutException("no response headers in time"));
        }
      }
      case RELAYING -> {
        if (pump.waitedNanos() > upstream.idleTimeout().toNanos()) {
          listener.onUpstreamLate(new TimeoutException("the upstream fell silent"));
        }
      }
      case CHARGING -> {
        if (passed > MAX_CHARGING.toNanos()) {
          listener.onChargeLate();
        }
      }
    }
    if (called && nowNanos - calledAtNanos > upstream.totalTimeout().toNanos()) {
      listener.onUpstreamLate(new TimeoutException("the answer took too long"));
    }
    if (pump.blockedNanos() > client.writeTimeout().toNanos()) {
      listener.onClientStalled();
    }
  }
}
