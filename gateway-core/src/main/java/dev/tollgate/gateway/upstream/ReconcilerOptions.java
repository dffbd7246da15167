package dev.tollgate.gateway.upstream;

import java.time.Duration;

/**
 * Schedule of the look-ups for a cost that was unknown at the end of a request.
 *
 * @param firstDelay from the end of the request to the first look-up; doubles with each look-up
 * @param maxDelay greatest time between two look-ups
 * @param keepHold how long the upstream may answer 404, from the end of the request; then the cost
 *     counts as unknowable
 * @param giveUpAfter likewise, for a look-up that fails in any other way
 */
public record ReconcilerOptions(
    Duration firstDelay, Duration maxDelay, Duration keepHold, Duration giveUpAfter) {
  private static final int MAX_DOUBLINGS = 30;

  /** Delays from 2 s to 15 min, for 1 h; for 24 h if look-ups fail with anything but 404. */
  public static ReconcilerOptions defaults() {
    return new ReconcilerOptions(
        Duration.ofSeconds(2), Duration.ofMinutes(15), Duration.ofHours(1), Duration.ofHours(24));
  }

  /** Greatest delay of the next look-up of a pending hold. */
  public Duration longestDelay() {
    return firstDelay.compareTo(maxDelay) > 0 ? firstDelay : maxDelay;
  }

  /** Delay after this number of look-ups. */
  Duration delayAfter(int questions) {
    Duration delay = firstDelay.multipliedBy(1L << Math.min(questions, MAX_DOUBLINGS));
    return delay.compareTo(maxDelay) < 0 ? delay : maxDelay;
  }
}
