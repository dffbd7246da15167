package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.Limits;
import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.MasterKey;
import dev.tollgate.gateway.account.ModelList;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.RatePolicy;
import dev.tollgate.gateway.account.SpendingCaps;
import dev.tollgate.gateway.account.UpstreamAccess;
import java.sql.SQLException;
import java.util.function.Supplier;

/**
 * Reads projects and keys from their rows. Throws {@link DatabaseException} for a value that cannot
 * be read, perhaps one of a later version: such a value must not lift a restriction.
 */
final class AccountRows {
  /** Columns of the table {@code project}, with the alias p. */
  static final String PROJECT =
      "p.id, p.name, p.enabled, p.upstream_key, p.upstream, p.markup_ppm, p.rate, p.max_open,"
          + " p.models, p.daily_cap_nanos, p.monthly_cap_nanos, p.created_at";

  /**
   * Columns of the table {@code api_key}, with the alias k, named so as not to clash with {@link
   * #PROJECT}.
   */
  static final String KEY =
      "k.id AS key_id, k.project_id AS key_project_id, k.created_at AS key_created_at,"
          + " k.expires_at, k.revoked_at, k.kind, k.self_made,"
          + " k.daily_cap_nanos AS key_daily_cap_nanos,"
          + " k.monthly_cap_nanos AS key_monthly_cap_nanos";

  private AccountRows() {}

  /** The project in a row of {@link #PROJECT}. */
  static Project project(Row row, MasterKey masterKey) throws SQLException {
    String id = row.text("id");
    String whose = "project " + id;
    long markupPpm = row.number("markup_ppm");
    return new Project(
        id,
        row.text("name"),
        row.number("enabled") == 1,
        readable(whose, "markup", () -> new Markup(markupPpm)),
        limits(row, whose),
        upstream(row, id, masterKey),
        row.time("created_at"));
  }

  private static UpstreamAccess upstream(Row row, String id, MasterKey masterKey)
      throws SQLException {
    String sealed = row.textOrNull("upstream_key");
    String without = row.text("upstream");
    UpstreamAccess access =
        readable(
            "project " + id,
            "way to call upstream",
            () ->
                switch (without) {
                  case "default" -> UpstreamAccess.DEFAULT;
                  case "none" -> UpstreamAccess.NONE;
                  default -> throw new IllegalArgumentException("neither default nor none");
                });
    return sealed == null ? access : UpstreamAccess.own(masterKey.open(sealed, id));
  }

  private static Limits limits(Row row, String whose) throws SQLException {
    String rate = row.textOrNull("rate");
    Long maxOpen = row.numberOrNull("max_open");
    String models = row.textOrNull("models");
    Long daily = row.numberOrNull("daily_cap_nanos");
    Long monthly = row.numberOrNull("monthly_cap_nanos");
    return readable(
        whose,
        "limit",
        () ->
            new Limits(
                rate == null ? null : RatePolicy.parse(rate),
                maxOpen == null ? null : Math.toIntExact(maxOpen),
                models == null ? null : new ModelList(models.lines().toList()),
                new SpendingCaps(daily, monthly)));
  }

  /** The key in a row of {@link #KEY}. */
  static ApiKey key(Row row) throws SQLException {
    String id = row.text("key_id");
    String kind = row.text("kind");
    Long daily = row.numberOrNull("key_daily_cap_nanos");
    Long monthly = row.numberOrNull("key_monthly_cap_nanos");

    return new ApiKey(
        id,
        row.text("key_project_id"),
        row.time("key_created_at"),
        row.timeOrNull("expires_at"),
        row.timeOrNull("revoked_at"),
        readable("key " + id, "kind", () -> ApiKey.Kind.parse(kind)),
        row.number("self_made") != 0,
        readable("key " + id, "cap", () -> new SpendingCaps(daily, monthly)));
  }

  private static <T> T readable(String whose, String what, Supplier<T> read) {
    try {
      return read.get();
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new DatabaseException(
          whose + " has a " + what + " that this version of Tollgate cannot read", e);
    }
  }

  /** Sets five parameters: rate, max_open, models and the two caps. */
  static Query setLimits(Query query, Limits limits) throws SQLException {
    RatePolicy rate = limits.rate();
    Integer maxOpen = limits.maxOpen();
    ModelList models = limits.models();
    query
        .text(rate == null ? null : rate.toString())
        .numberOrNull(maxOpen == null ? null : maxOpen.longValue())
        .text(models == null ? null : String.join("\n", models.patterns()));
    return setCaps(query, limits.caps());
  }

  /** Sets two parameters: the daily and the monthly cap. */
  static Query setCaps(Query query, SpendingCaps caps) throws SQLException {
    return query.numberOrNull(caps.dailyNanos()).numberOrNull(caps.monthlyNanos());
  }
}
