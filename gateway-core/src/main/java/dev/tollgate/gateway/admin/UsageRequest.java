package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.ledger.UsageQuery.Dimension;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A report as an operator asks for it. At most one of {@code since}, {@code month} and {@code from}
 * is given.
 *
 * @param project the name of a project; null: all projects
 * @param since how far to look back, more than zero
 * @param month a month of UTC, such as 2026-11
 * @param from a date of UTC or an instant; the report begins with it
 * @param to a date or an instant; the report ends before it. Null: no end
 * @param by as {@link Dimension#parse} reads it; null: by model for one project, else by project
 */
public record UsageRequest(
    @Nullable String project,
    @Nullable Duration since,
    @Nullable String month,
    @Nullable String from,
    @Nullable String to,
    @Nullable String by) {
  /** How far back a report looks if it is not asked for a time. */
  public static final Duration DEFAULT_SPAN = Duration.ofDays(7);

  TimeSpan time(Instant now) {
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
    return TimeSpan.since(since == null ? DEFAULT_SPAN : since, now);
  }

  Set<Dimension> dimensions() {
    return by == null
        ? Set.of(project == null ? Dimension.PROJECT : Dimension.MODEL)
        : JsonBody.read("by", by, Dimension::parse);
  }
}
