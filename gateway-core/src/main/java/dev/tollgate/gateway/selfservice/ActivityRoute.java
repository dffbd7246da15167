package dev.tollgate.gateway.selfservice;

import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.exchange.RefusedException;
import dev.tollgate.gateway.http.RawQuery;
import dev.tollgate.gateway.ledger.Reports;
import dev.tollgate.gateway.ledger.Reports.Usage;
import dev.tollgate.gateway.ledger.Tokens;
import dev.tollgate.gateway.ledger.UsageQuery;
import dev.tollgate.gateway.ledger.UsageQuery.Dimension;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * OpenRouter's {@code /activity}: what the project used and was charged, by day (UTC) and model.
 * Without {@code date} it is about the last {@value #DAYS} completed days.
 */
final class ActivityRoute {
  static final int DAYS = 30;
  static final int MAX_ROWS = 20_000;

  private static final Set<Dimension> BY_DAY_AND_MODEL = Set.of(Dimension.DAY, Dimension.MODEL);

  /**
   * The days to report.
   *
   * @param end the day after the last one
   */
  private record Days(LocalDate first, LocalDate end) {}

  private final @Nullable Reports reports;
  private final InstantSource clock;

  /**
   * @param reports null: the embedding application keeps the ledger, and there is nothing to serve
   */
  ActivityRoute(@Nullable Reports reports, InstantSource clock) {
    this.reports = reports;
    this.clock = clock;
  }

  Reply read(Principal who, RawQuery query) {
    if (reports == null) {
      throw RefusedException.notFound();
    }
    Parameters parameters = new Parameters(query);
    String project = who.project().name();
    parameters.requireWorkspace(project);
    parameters.requireNone("user_id", "a project has no members");
    boolean byWorkspace = isByWorkspace(parameters);
    String keyId = parameters.one("api_key_hash").map(KeyRoutes::id).orElse(null);
    List<Answer> rows =
        usage(reports, who.project().id(), keyId, days(parameters))
            .map(ActivityRoute::row)
            .map(row -> byWorkspace ? row.add("workspace_id", project) : row)
            .toList();
    return Reply.ok(new Answer().add("data", rows));
  }

  private static boolean isByWorkspace(Parameters parameters) {
    String by = parameters.one("group_by").orElse("");
    if (!by.isEmpty() && !by.equals("workspace")) {
      throw RefusedException.malformed(
          "group_by is " + RefusedException.quoted(by) + ", but must be workspace or absent");
    }
    return !by.isEmpty();
  }

  /** The days to report. */
  private Days days(Parameters parameters) {
    LocalDate today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
    LocalDate first = today.minusDays(DAYS);
    String text = parameters.one("date").orElse(null);
    if (text == null) {
      return new Days(first, today);
    }
    LocalDate date;
    try {
      date = LocalDate.parse(text);
    } catch (DateTimeException e) {
      date = LocalDate.MIN;
    }
    if (date.isBefore(first) || date.isAfter(today)) {
      throw RefusedException.malformed(
          "date is "
              + RefusedException.quoted(text)
              + ", but must be from "
              + first
              + " to "
              + today);
    }
    return new Days(date, date.plusDays(1));
  }

  /** The usage by day and model: the newest day first, then the highest charge. */
  private static Stream<Usage> usage(
      Reports reports, String projectId, @Nullable String keyId, Days days) {
    UsageQuery query =
        new UsageQuery(
            projectId, keyId, start(days.first), start(days.end), BY_DAY_AND_MODEL, MAX_ROWS + 1);
    List<Usage> all = reports.usage(query);
    if (all.size() > MAX_ROWS) {
      throw RefusedException.malformed(
          "there are more than %,d rows; ask for one date".formatted(MAX_ROWS));
    }
    return all.stream()
        // A day of refunds alone has no activity.
        .filter(usage -> usage.requests() > 0)
        .sorted(Comparator.comparing(ActivityRoute::day).reversed());
  }

  private static String day(Usage usage) {
    return Objects.requireNonNullElse(usage.of().get(Dimension.DAY), "");
  }

  private static Instant start(LocalDate day) {
    return day.atStartOfDay(ZoneOffset.UTC).toInstant();
  }

  private static Answer row(Usage usage) {
    String model = Objects.requireNonNullElse(usage.of().get(Dimension.MODEL), "");
    return new Answer()
        .add("date", day(usage))
        .add("model", model)
        .add("model_permaslug", model)
        // The ledger does not know which provider answered.
        .add("endpoint_id", "")
        .add("provider_name", "")
        .add("usage", usage.charge())
        .add("byok_usage_inference", 0)
        .add("requests", usage.requests())
        .add("prompt_tokens", known(usage.tokens().input()))
        .add("completion_tokens", known(usage.tokens().output()))
        .add("reasoning_tokens", known(usage.tokens().reasoning()));
  }

  private static long known(long tokens) {
    return tokens == Tokens.UNKNOWN ? 0 : tokens;
  }
}
