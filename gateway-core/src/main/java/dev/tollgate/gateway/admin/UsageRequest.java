package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.ledger.UsageQuery.Dimension;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A report as an operator asks for it.
 *
 * @param project the name of a project; null: all projects
 * @param time {@link TimeRequest#NONE}: the last {@link #DEFAULT_SPAN}
 * @param by as {@link Dimension#parse} reads it; null: by model for one project, else by project
 */
public record UsageRequest(@Nullable String project, TimeRequest time, @Nullable String by) {
  /** How far back a report looks if it is not asked for a time. */
  public static final Duration DEFAULT_SPAN = Duration.ofDays(7);

  TimeSpan span(Instant now) {
    TimeSpan asked = time.span(now);
    return asked == null ? TimeSpan.since(DEFAULT_SPAN, now) : asked;
  }

  Set<Dimension> dimensions() {
    return by == null
        ? Set.of(project == null ? Dimension.PROJECT : Dimension.MODEL)
        : JsonBody.read("by", by, Dimension::parse);
  }
}
