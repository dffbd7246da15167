package dev.tollgate.gateway.admin;

import static java.util.stream.Collectors.toSet;

import dev.tollgate.gateway.admin.AdminRoute.Export;
import dev.tollgate.gateway.admin.AdminRoute.Reply;
import dev.tollgate.gateway.ledger.Entry.Kind;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The routes of the admin API that report about the ledger and the audit log. Stateless.
 *
 * @param durations parses a duration
 */
record ReportRoutes(Function<String, Duration> durations) {
  private static final int OK = 200;
  private static final Duration TOP_SPAN = Duration.ofMinutes(5);
  private static final Set<String> REPORT_QUERY =
      Set.of("project", "since", "month", "from", "to", "by");
  private static final Set<String> LEDGER_QUERY =
      Set.of("since", "month", "from", "to", "kind", "key", "model", "user", "flag", "limit");
  private static final Set<String> EXPORT_QUERY =
      Stream.concat(LEDGER_QUERY.stream(), Stream.of("project", "after", "format"))
          .collect(toSet());

  List<AdminRoute> all() {
    return List.of(
        new AdminRoute(
            "GET", "/projects/{name}/credits", Set.of("limit"), ReportRoutes::listCredits),
        new AdminRoute("GET", "/projects/{name}/usage", Set.of("since"), this::usage),
        new AdminRoute("GET", "/projects/{name}/ledger", LEDGER_QUERY, this::ledger),
        new AdminRoute("GET", "/ledger", EXPORT_QUERY, this::export),
        new AdminRoute("GET", "/usage", REPORT_QUERY, this::report),
        new AdminRoute("GET", "/top", Set.of("since"), this::top),
        new AdminRoute("GET", "/audit", Set.of("project", "limit"), ReportRoutes::audit));
  }

  private static Reply listCredits(AdminCall call) {
    EntryRequest request =
        new EntryRequest(
            call.project(), TimeRequest.NONE, Kind.CREDIT.toString(), null, null, null, null);
    return AdminRoutes.table(call.admin().entries(request, call.limit()), Fields::entry);
  }

  private Reply usage(AdminCall call) {
    UsageRequest request = new UsageRequest(call.project(), time(call), null);
    return new Reply(OK, ReportFields.usage(call.project(), call.admin().usage(request)));
  }

  private Reply report(AdminCall call) {
    Map<String, String> query = call.query();
    UsageRequest request = new UsageRequest(query.get("project"), time(call), query.get("by"));
    return new Reply(OK, ReportFields.report(call.admin().usage(request)));
  }

  private Reply top(AdminCall call) {
    Duration since = since(call);
    return AdminRoutes.table(
        call.admin().top(since == null ? TOP_SPAN : since), ReportFields::activity);
  }

  private @Nullable Duration since(AdminCall call) {
    String since = call.query().get("since");
    return since == null ? null : JsonBody.read("since", since, durations);
  }

  private TimeRequest time(AdminCall call) {
    Map<String, String> query = call.query();
    return new TimeRequest(since(call), query.get("month"), query.get("from"), query.get("to"));
  }

  private Reply ledger(AdminCall call) {
    return AdminRoutes.table(
        call.admin().entries(entries(call, call.project()), call.limit()), Fields::entry);
  }

  private Reply export(AdminCall call) {
    Map<String, String> query = call.query();
    String limit = query.get("limit");
    String format = query.getOrDefault("format", "json");
    EntryExport export =
        call.admin()
            .export(
                entries(call, query.get("project")),
                query.get("after"),
                limit == null ? null : (long) call.limit());
    return new Reply(
        OK, new Export(export, JsonBody.read("format", format, EntryExport.Format::parse)));
  }

  private EntryRequest entries(AdminCall call, @Nullable String project) {
    Map<String, String> query = call.query();
    return new EntryRequest(
        project,
        time(call),
        query.get("kind"),
        query.get("key"),
        query.get("model"),
        query.get("user"),
        query.get("flag"));
  }

  private static Reply audit(AdminCall call) {
    return AdminRoutes.table(
        call.admin().audit(call.query().get("project"), call.limit()), Fields::audited);
  }
}
