package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.EntryFilter;
import dev.tollgate.gateway.ledger.Hold;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Reports;
import dev.tollgate.gateway.ledger.Reports.InFlight;
import dev.tollgate.gateway.ledger.Reports.Spending;
import dev.tollgate.gateway.ledger.Reports.Usage;
import dev.tollgate.gateway.ledger.Reports.Violation;
import dev.tollgate.gateway.ledger.UsageQuery;
import dev.tollgate.gateway.ledger.UsageQuery.Dimension;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The read-only use cases of {@link AdminService}. */
final class AdminReports {
  private static final int SHOWN_UNRESOLVED = 100;
  private static final int MAX_ROWS = 10_000;

  private final AdminContext context;
  private final Reports reports;

  AdminReports(AdminContext context) {
    this.context = context;
    this.reports = context.stores().reports();
  }

  UsageReport usage(UsageRequest request) {
    TimeSpan time = request.span(context.now());
    UsageQuery query =
        new UsageQuery(
            context.projectId(request.project()),
            time.from(),
            time.to(),
            request.dimensions(),
            MAX_ROWS + 1);
    List<Usage> rows = reports.usage(query);
    if (rows.size() > MAX_ROWS) {
      throw new AdminException(
          "the report has more than %,d rows; take a shorter time or fewer groups"
              .formatted(MAX_ROWS));
    }
    UsageLabels labels = new UsageLabels(context);
    return new UsageReport(
        time,
        query.by().stream().sorted().toList(),
        rows.stream().map(row -> new UsageReport.Row(labels.of(row), row)).toList());
  }

  List<Activity> top(Duration span) {
    TimeSpan time = TimeSpan.since(span, context.now());
    UsageQuery query =
        new UsageQuery(null, time.from(), null, Set.of(Dimension.PROJECT), Integer.MAX_VALUE);
    Map<String, Usage> recent = new HashMap<>();
    reports.usage(query).stream()
        // A row of refunds alone is no activity.
        .filter(row -> row.requests() > 0)
        .forEach(row -> recent.put(row.of().get(Dimension.PROJECT), row));
    Map<String, InFlight> now = reports.inFlight();
    Map<String, String> names = context.projectNames();
    return Stream.concat(recent.keySet().stream(), now.keySet().stream())
        .distinct()
        .map(
            id ->
                new Activity(
                    names.getOrDefault(id, id),
                    recent.getOrDefault(id, Usage.NONE),
                    now.getOrDefault(id, InFlight.NONE)))
        .sorted(
            Comparator.comparing((Activity each) -> each.recent().charge())
                .thenComparing(each -> each.now().held())
                .reversed()
                .thenComparing(Activity::projectName))
        .toList();
  }

  List<Entry> entries(EntryRequest request, int limit) {
    AdminContext.requireLimit(limit);
    EntryFilter filter = request.filter(context);
    if (filter.projectId() == null) {
      throw new AdminException(
          "the newest entries are those of one project; for all projects, read the ledger in the"
              + " order of booking");
    }
    return reports.entries(filter, limit);
  }

  EntryExport export(EntryRequest request, @Nullable String after, @Nullable Long limit) {
    return new EntryExport(reports, request.filter(context), context::projectNames, after, limit);
  }

  List<Audited> audit(@Nullable String name, int limit) {
    AdminContext.requireLimit(limit);
    Map<String, String> names = context.projectNames();
    return context.stores().audit().lines(context.projectId(name), limit).stream()
        .map(
            line -> {
              String id = line.projectId();
              return new Audited(id == null ? null : names.getOrDefault(id, id), line);
            })
        .toList();
  }

  Checkup check(Duration maxDelay) {
    List<Violation> violations = reports.violations(context.clock().instant(), maxDelay);
    List<Hold> unsettled = reports.unsettled(Integer.MAX_VALUE);
    List<Hold> pending =
        unsettled.stream().filter(hold -> hold.state() == Hold.State.PENDING).toList();
    return new Checkup(
        violations,
        unsettled.size() - pending.size(),
        pending.size(),
        held(unsettled),
        pending.stream()
            .flatMap(hold -> Stream.ofNullable(hold.pendingAt()))
            .min(Comparator.naturalOrder())
            .orElse(null),
        reports.spending().stream().mapToLong(Spending::unresolved).sum(),
        reports.unresolved(SHOWN_UNRESOLVED));
  }

  List<Drift> drift(UpstreamSpending upstream, boolean newBaseline) {
    return new DriftCheck(reports, context.stores().upstreamKeys(), upstream, context.clock())
        .run(newBaseline);
  }

  /** The sum of the holds, capped at the largest long: corrupt rows may add up to more. */
  private static Money held(List<Hold> holds) {
    BigInteger nanos =
        holds.stream()
            .map(hold -> BigInteger.valueOf(hold.amount().nanos()))
            .reduce(BigInteger.ZERO, BigInteger::add);
    return new Money(nanos.min(BigInteger.valueOf(Long.MAX_VALUE)).longValue());
  }
}
