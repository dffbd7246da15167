package dev.tollgate.gateway.ledger;

import java.time.Instant;

/**
 * The counter of a project's requests for free models, see {@link HoldLimits#maxFreeOfDay}.
 *
 * @param day the number of the counted day, see {@link Period#number}
 */
public record FreeRequests(long day, long count) {
  /** The counter before the first request. */
  public static final FreeRequests NONE = new FreeRequests(0, 0);

  /**
   * The number of requests on the day of {@code at}. If the counter is of a newer day that is
   * within the clock skew, its number counts.
   */
  public long on(Instant at) {
    return Period.DAILY.isStale(day, at) ? 0 : count;
  }

  /** This counter plus one request. */
  public FreeRequests plusOne(Instant at) {
    long counted = Period.DAILY.isStale(day, at) ? Period.DAILY.number(at) : day;
    return new FreeRequests(counted, on(at) + 1);
  }

  /** Starts a counter for today if this counter is ahead of {@code now}. */
  public FreeRequests putRight(Instant now) {
    return Period.DAILY.isAhead(day, now) ? new FreeRequests(Period.DAILY.number(now), 0) : this;
  }
}
