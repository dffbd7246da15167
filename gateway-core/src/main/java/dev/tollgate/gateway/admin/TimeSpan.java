package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.exchange.RefusedException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * A span of time that an operator asks for, in whole milliseconds.
 *
 * @param from the first moment
 * @param to the first moment behind it; null: it has no end
 */
public record TimeSpan(Instant from, @Nullable Instant to) {
  private static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999Z");

  /** Rejects a span that is empty, or not of the years 1970 to 9999. */
  public TimeSpan {
    from = checked("from", from);
    to = to == null ? null : checked("to", to);
    if (to != null && !to.isAfter(from)) {
      throw new AdminException("to is " + to + ", but must be later than from, " + from);
    }
  }

  private static Instant checked(String name, Instant moment) {
    if (moment.isBefore(Instant.EPOCH) || moment.isAfter(LAST)) {
      throw new AdminException(name + " is not a time of the years 1970 to 9999");
    }
    return moment.truncatedTo(ChronoUnit.MILLIS);
  }

  /** From so long ago on; {@code span} must be more than zero. */
  static TimeSpan since(Duration span, Instant now) {
    if (span.isNegative() || span.isZero()) {
      throw new AdminException(
          "the time span is " + span.toSeconds() + " s, but must be more than zero");
    }
    return new TimeSpan(now.minus(span), null);
  }

  /** A month of UTC, such as 2026-11. */
  static TimeSpan ofMonth(String text) {
    try {
      YearMonth month = YearMonth.parse(text);
      return new TimeSpan(start(month.atDay(1)), start(month.plusMonths(1).atDay(1)));
    } catch (DateTimeException e) {
      throw new AdminException(
          "month " + RefusedException.quoted(text) + " is not a month such as 2026-11");
    }
  }

  /** A date of UTC, which stands for its first moment, or an instant. */
  static Instant moment(String name, String text) {
    try {
      return text.contains("T") ? Instant.parse(text) : start(LocalDate.parse(text));
    } catch (DateTimeException e) {
      throw new AdminException(
          name
              + " "
              + RefusedException.quoted(text)
              + " is neither a date such as 2026-11-30 nor a time such as 2026-11-30T12:00:00Z");
    }
  }

  private static Instant start(LocalDate day) {
    return day.atStartOfDay(ZoneOffset.UTC).toInstant();
  }
}
