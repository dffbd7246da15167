package dev.tollgate.gateway.ledger;

import java.time.Instant;

/**
 * The counter of a project's requests for free models, see {@link HoldLimits#maxFreeOfDay}.
 *
 * @param day the number of the day that is counted, see {@link Period#number}
 */
public record FreeRequests(long day, long count) {
  /** Before the first request. */
  public static final FreeRequests NONE = new FreeRequests(0, 0);

  /** How many there were on the day of a moment, or on a newer day that counts. */
  public long on(Instant at) {
    return Period.DAILY.isStale(day, at) ? 0 : count;
  }

  /** The same with one more request. */
  public FreeRequests plusOne(Instant at) {
    long counted = Period.DAILY.isStale(day, at) ? Period.DAILY.number(at) : day;
    return new FreeRequests(counted, on(at) + 1);
  }

  /** Begins the day of now if the counter is ahead. */
  public FreeRequests putRight(Instant now) {
    return Period.DAILY.isAhead(day, now) ? new FreeRequests(Period.DAILY.number(now), 0) : this;
  }
}
