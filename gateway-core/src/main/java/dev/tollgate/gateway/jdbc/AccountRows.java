package dev.tollgate.gateway.jdbc;

import static java.util.stream.Collectors.joining;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.ApiKey.Origin;
import dev.tollgate.gateway.account.KeySettings;
import dev.tollgate.gateway.account.Limit;
import dev.tollgate.gateway.account.Limits;
import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.MasterKey;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.SpendingCaps;
import dev.tollgate.gateway.account.UpstreamAccess;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads projects and keys from their rows. Throws {@link DatabaseException} for a value that cannot
 * be read, perhaps one of a later version: such a value must not lift a restriction.
 */
final class AccountRows {
  /** Columns of the table {@code project}, with the alias p. */
  static final String PROJECT =
      "p.id, p.name, p.display_name, p.enabled, p.archived_at, p.upstream_key, p.upstream, p.markup_ppm, p.created_at, "
          + columns(Limit.OF_PROJECT, "p.%s");

  /**
   * Columns of the table {@code api_key}, with the alias k, named so as not to clash with {@link
   * #PROJECT}.
   */
  static final String KEY =
      "k.id AS key_id, k.project_id AS key_project_id, k.created_at AS key_created_at,"
          + " k.expires_at, k.revoked_at, k.kind, k.self_made, k.origin, k.name AS key_name, k.metadata,"
          + " k.disabled, "
          + columns(Limit.OF_KEY, "k.%1$s AS key_%1$s");

  private AccountRows() {}

  /** The columns of limits, each in a form such as {@code "%s = ?"}, with commas between them. */
  static String columns(List<Limit<?>> limits, String form) {
    return limits.stream().map(limit -> form.formatted(limit.column())).collect(joining(", "));
  }

  /** The project in a row of {@link #PROJECT}. */
  static Project project(Row row, MasterKey masterKey) throws SQLException {
    String id = row.text("id");
    String whose = "project " + id;
    long markupPpm = row.number("markup_ppm");
    Instant archivedAt = row.timeOrNull("archived_at");
    String name = row.text("name");
    String displayName = row.text("display_name");
    // A build of schema 4 may have enabled a project that is archived.
    boolean enabled = row.number("enabled") == 1 && archivedAt == null;
    Markup markup = readable(whose, "markup", () -> new Markup(markupPpm));
    Limits limits = limits(row, whose, Limit.OF_PROJECT, "");
    UpstreamAccess upstream = upstream(row, id, masterKey);
    Instant createdAt = row.time("created_at");
    return readable(
        whose,
        "display name",
        () ->
            new Project(
                id, name, displayName, enabled, archivedAt, markup, limits, upstream, createdAt));
  }

  private static UpstreamAccess upstream(Row row, String id, MasterKey masterKey)
      throws SQLException {
    String sealed = row.textOrNull("upstream_key");
    String without = row.text("upstream");
    UpstreamAccess access =
        readable(
            "project " + id,
            "kind of upstream access",
            () ->
                switch (without) {
                  case "default" -> UpstreamAccess.DEFAULT;
                  case "none" -> UpstreamAccess.NONE;
                  default -> throw new IllegalArgumentException("neither default nor none");
                });
    return sealed == null ? access : UpstreamAccess.own(masterKey.open(sealed, id));
  }

  /**
   * @param prefix of the columns' names
   */
  private static Limits limits(Row row, String whose, List<Limit<?>> all, String prefix)
      throws SQLException {
    Limits limits = Limits.NONE;
    for (Limit<?> limit : all) {
      Object stored = row.value(prefix + limit.column());
      Limits before = limits;
      String what = "limit " + limit.name();
      limits = stored == null ? before : readable(whose, what, () -> set(before, limit, stored));
    }
    return limits;
  }

  private static <T> Limits set(Limits limits, Limit<T> limit, Object stored) {
    return limits.with(limit, limit.form().ofColumn().apply(stored));
  }

  /** The key in a row of {@link #KEY}. */
  static ApiKey key(Row row) throws SQLException {
    String id = row.text("key_id");
    String kind = row.text("kind");
    return new ApiKey(
        id,
        row.text("key_project_id"),
        row.time("key_created_at"),
        row.timeOrNull("expires_at"),
        row.timeOrNull("revoked_at"),
        readable("key " + id, "kind", () -> ApiKey.Kind.parse(kind)),
        origin(row, "key " + id),
        settings(row, "key " + id));
  }

  /**
   * Whether the column {@code self_made} is 1. Servers of schema 5 and older read this column
   * alone, and revoke the keys that have it when a project calls {@code enable} or {@code disable}.
   * So it is 0 for the keys that are to stay.
   */
  static boolean selfMade(Origin origin) {
    return origin == Origin.ENABLED;
  }

  /** The number in the column {@code origin}. 0: as {@code self_made} says. */
  static int number(Origin origin) {
    return switch (origin) {
      case OPERATOR, ENABLED -> 0;
      case CREATED -> 1;
      case RESTRICTED -> 2;
    };
  }

  private static Origin origin(Row row, String whose) throws SQLException {
    long selfMade = row.number("self_made");
    long number = row.number("origin");
    return readable(
        whose,
        "origin",
        () ->
            Arrays.stream(Origin.values())
                .filter(each -> number(each) == number && (selfMade(each) ? 1 : 0) == selfMade)
                .findFirst()
                .orElseThrow(
                    () -> new IllegalArgumentException("no origin: " + selfMade + ", " + number)));
  }

  private static KeySettings settings(Row row, String whose) throws SQLException {
    String name = row.text("key_name");
    String metadata = row.text("metadata");
    boolean disabled = row.number("disabled") != 0;
    SpendingCaps caps = limits(row, whose, Limit.OF_KEY, "key_").caps();
    return readable(
        whose, "name or metadata", () -> new KeySettings(name, metadata, disabled, caps));
  }

  private static <T> T readable(String whose, String what, Supplier<T> read) {
    try {
      return read.get();
    } catch (IllegalArgumentException | ArithmeticException | ClassCastException e) {
      throw new DatabaseException(
          whose + " has a " + what + " that this version of Tollgate cannot read", e);
    }
  }

  /** Sets a parameter for each of {@code all}, in this order. */
  static Query set(Query query, List<Limit<?>> all, Limits limits) throws SQLException {
    for (Limit<?> limit : all) {
      query.value(stored(limit, limits));
    }
    return query;
  }

  private static <T> @Nullable Object stored(Limit<T> limit, Limits limits) {
    T value = limits.get(limit);
    return value == null ? null : limit.form().column().apply(value);
  }
}
