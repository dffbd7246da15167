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
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Projects and keys as rows. What cannot be read, a later version's perhaps, is no reason to let
 * anybody through: it throws {@link DatabaseException}.
 */
final class AccountRows {
  /** Of the table {@code project}, called p. */
  static final String PROJECT =
      "p.id, p.name, p.enabled, p.upstream_key, p.upstream, p.markup_ppm, p.rate, p.max_open,"
          + " p.models, p.daily_cap_nanos, p.monthly_cap_nanos, p.created_at";

  static final int PROJECT_COLUMNS = 12;

  /** Of the table {@code api_key}, called k. */
  static final String KEY =
      "k.id, k.project_id, k.created_at, k.expires_at, k.revoked_at, k.kind, k.self_made,"
          + " k.daily_cap_nanos, k.monthly_cap_nanos";

  private AccountRows() {}

  /** A row that begins with {@link #PROJECT}. */
  static Project project(ResultSet row, MasterKey masterKey) throws SQLException {
    String id = row.getString(1);
    String whose = "project " + id;
    long markupPpm = row.getLong(6);
    return new Project(
        id,
        row.getString(2),
        row.getInt(3) == 1,
        readable(whose, "markup", () -> new Markup(markupPpm)),
        limits(row, whose),
        upstream(row, id, masterKey),
        Instant.ofEpochMilli(row.getLong(12)));
  }

  private static UpstreamAccess upstream(ResultSet row, String id, MasterKey masterKey)
      throws SQLException {
    String sealed = row.getString(4);
    String without = row.getString(5);
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

  private static Limits limits(ResultSet row, String whose) throws SQLException {
    String rate = row.getString(7);
    Long maxOpen = number(row, 8);
    String models = row.getString(9);
    Long daily = number(row, 10);
    Long monthly = number(row, 11);
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

  /** Columns from {@code offset} on that are {@link #KEY}. */
  static ApiKey key(ResultSet row, int offset) throws SQLException {
    String id = row.getString(offset + 1);
    String kind = row.getString(offset + 6);
    Long daily = number(row, offset + 8);
    Long monthly = number(row, offset + 9);
    return new ApiKey(
        id,
        row.getString(offset + 2),
        Instant.ofEpochMilli(row.getLong(offset + 3)),
        instant(row, offset + 4),
        instant(row, offset + 5),
        readable("key " + id, "kind", () -> ApiKey.Kind.parse(kind)),
        row.getInt(offset + 7) != 0,
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

  private static @Nullable Long number(ResultSet row, int column) throws SQLException {
    long value = row.getLong(column);
    return row.wasNull() ? null : value;
  }

  private static @Nullable Instant instant(ResultSet row, int column) throws SQLException {
    long millis = row.getLong(column);
    return row.wasNull() ? null : Instant.ofEpochMilli(millis);
  }

  /** Five parameters from {@code index} on: rate, max_open, models and the two caps. */
  static void setLimits(PreparedStatement statement, int index, Limits limits) throws SQLException {
    RatePolicy rate = limits.rate();
    Integer maxOpen = limits.maxOpen();
    ModelList models = limits.models();
    Statements.setText(statement, index, rate == null ? null : rate.toString());
    setLong(statement, index + 1, maxOpen == null ? null : maxOpen.longValue());
    Statements.setText(
        statement, index + 2, models == null ? null : String.join("\n", models.patterns()));
    setCaps(statement, index + 3, limits.caps());
  }

  /** Two parameters from {@code index} on. */
  static void setCaps(PreparedStatement statement, int index, SpendingCaps caps)
      throws SQLException {
    setLong(statement, index, caps.dailyNanos());
    setLong(statement, index + 1, caps.monthlyNanos());
  }

  static void setInstant(PreparedStatement statement, int index, @Nullable Instant instant)
      throws SQLException {
    setLong(statement, index, instant == null ? null : instant.toEpochMilli());
  }

  private static void setLong(PreparedStatement statement, int index, @Nullable Long value)
      throws SQLException {
    if (value == null) {
      statement.setNull(index, Types.BIGINT);
    } else {
      statement.setLong(index, value);
    }
  }
}
