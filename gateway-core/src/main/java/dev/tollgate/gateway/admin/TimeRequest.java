package dev.tollgate.gateway.admin;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A time as an operator asks for it. At most one of {@code since}, {@code month} and {@code from}
 * is given.
 *
 * @param since how far to look back, more than zero
 * @param month a month of UTC, such as 2026-11
 * @param from a date of UTC or an instant; the time begins with it
 * @param to a date or an instant; the time ends before it. Null: no end
 */
public record TimeRequest(
    @Nullable Duration since, @Nullable String month, @Nullable String from, @Nullable String to) {
  /** No time is asked for. */
  public static final TimeRequest NONE = new TimeRequest(null, null, null, null);

  /** From so long ago on. */
  public static TimeRequest since(Duration span) {
    return new TimeRequest(span, null, null, null);
  }

  /** The time asked for; null if none is. */
  @Nullable TimeSpan span(Instant now) {
    if (to != null && from == null) {
      throw new AdminException("to is given without from");
    }
    if ((since == null ? 0 : 1) + (month == null ? 0 : 1) + (from == null ? 0 : 1) > 1) {
      throw new AdminException("only one of since, month and from can be given");
    }
    if (month != null) {
      return TimeSpan.ofMonth(month);
    }
    if (from != null) {
      return new TimeSpan(
          TimeSpan.moment("from", from), to == null ? null : TimeSpan.moment("to", to));
    }
    return since == null ? null : TimeSpan.since(since, now);
  }
}
