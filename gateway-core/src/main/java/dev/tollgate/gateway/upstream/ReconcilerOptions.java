package dev.tollgate.gateway.upstream;

import java.time.Duration;

/**
 * When the cost of a request is asked for that was not known at its end.
 *
 * @param firstDelay from the end of the request to the first question; then twice as long each time
 * @param maxDelay between two questions at most
 * @param keepHold from the end of the request: if the upstream still knows no such generation then,
 *     its cost counts as never to be known
 * @param giveUpAfter likewise, for a look-up that fails in any other way
 */
public record ReconcilerOptions(
    Duration firstDelay, Duration maxDelay, Duration keepHold, Duration giveUpAfter) {
  private static final int MAX_DOUBLINGS = 30;

  /** Seconds at first, then a quarter of an hour; for an hour, or a day if the look-up fails. */
  public static ReconcilerOptions defaults() {
    return new ReconcilerOptions(
        Duration.ofSeconds(2), Duration.ofMinutes(15), Duration.ofHours(1), Duration.ofHours(24));
  }

  /** How far ahead a pending hold is looked up at most. */
  public Duration longestDelay() {
    return firstDelay.compareTo(maxDelay) > 0 ? firstDelay : maxDelay;
  }

  /** How long to wait after so many questions. */
  Duration delayAfter(int questions) {
    Duration delay = firstDelay.multipliedBy(1L << Math.min(questions, MAX_DOUBLINGS));
    return delay.compareTo(maxDelay) < 0 ? delay : maxDelay;
  }
}
