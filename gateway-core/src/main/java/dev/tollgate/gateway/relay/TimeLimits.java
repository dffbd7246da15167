package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.client.ClientOptions;
import dev.tollgate.gateway.exchange.RefusalWriter;
import dev.tollgate.gateway.upstream.UpstreamOptions;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

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
 *   ENDING      the container ends the response               MAX_ENDING
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

  /**
   * How long the container may take to say that it has ended the response. Payara sometimes never
   * says so.
   */
  static final Duration MAX_ENDING = Duration.ofSeconds(10);

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
    CHARGING,
    ENDING
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

    /** The container has not said that it has ended the response. */
    void onEndLate();

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
  // The looking thread's alone: when the first limit passes at the earliest, while the stage is
  // this. With some thousand exchanges nearly all of the looks are in vain.
  private @Nullable Stage lookedAt;
  private long quietUntilNanos;

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

  /** For one thread at a time. */
  void look(long nowNanos) {
    Stage seen = stage;
    if (seen == lookedAt && nowNanos - quietUntilNanos < 0) {
      return;
    }
    long left = limitNanos(seen) - passedNanos(seen, nowNanos);
    if (left < 0) {
      onLate(seen);
    }
    if (called) {
      long leftOfAll = upstream.totalTimeout().toNanos() - (nowNanos - calledAtNanos);
      if (leftOfAll < 0) {
        listener.onUpstreamLate(new TimeoutException("the answer took too long"));
      }
      left = Math.min(left, leftOfAll);
    }
    long leftToTake = client.writeTimeout().toNanos() - pump.blockedNanos();
    if (leftToTake < 0) {
      listener.onClientStalled();
    }
    // Whoever waits for something from now on has all of its limit before it.
    quietUntilNanos = nowNanos + Math.min(left, leftToTake);
    lookedAt = seen;
  }

  private long limitNanos(Stage seen) {
    Duration limit =
        switch (seen) {
          case READING -> client.bodyTimeout();
          case DROPPING -> MAX_DROPPING;
          case HOLDING -> MAX_HOLDING;
          case CONNECTING -> upstream.connectTimeout().plus(MARGIN);
          case WAITING -> upstream.headersTimeout();
          case RELAYING -> upstream.idleTimeout();
          case CHARGING -> MAX_CHARGING;
          case ENDING -> MAX_ENDING;
        };
    return limit.toNanos();
  }

  private long passedNanos(Stage seen, long nowNanos) {
    return seen == Stage.RELAYING ? pump.waitedNanos() : nowNanos - sinceNanos;
  }

  private void onLate(Stage seen) {
    switch (seen) {
      case READING -> listener.onBodyLate();
      case DROPPING -> listener.onDroppingLate();
      case HOLDING -> listener.onHoldLate();
      case CONNECTING ->
          listener.onUpstreamLate(
              new RejectedExecutionException("no connection to the upstream became free"));
      case WAITING -> listener.onUpstreamLate(new TimeoutException("no response headers in time"));
      case RELAYING -> listener.onUpstreamLate(new TimeoutException("the upstream fell silent"));
      case CHARGING -> listener.onChargeLate();
      case ENDING -> listener.onEndLate();
    }
  }
}
