package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Fallback;
import dev.tollgate.gateway.ledger.Flag;
import dev.tollgate.gateway.ledger.Hold;
import dev.tollgate.gateway.ledger.HoldMode;
import dev.tollgate.gateway.ledger.Reports.Violation;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The invariants of the ledger's tables, each with a query for the rows that violate it. A query
 * returns the project, the id of the hold or entry, and the figures in nano-dollars. The database
 * computes the sums; only violations are read. The queries are the same on every database.
 */
final class LedgerInvariants {
  /** The maximum number of violations reported for one invariant. */
  private static final int MAX_OF_AN_INVARIANT = 1_000;

  /** The condition for a hold that {@link HoldTable#hold} can read. */
  static final String READABLE_HOLD =
      """
      (state IN (%s) AND mode IN (%s) AND wanted_nanos > 0 AND markup_ppm BETWEEN 0 AND %d
      AND fallback_source IN (%s) AND estimate_nanos >= 0 AND fallback_cost_nanos >= 0)\
      """
          .formatted(
              names(Hold.State.values()),
              names(HoldMode.values()),
              Markup.MAX_PPM,
              names(Fallback.Source.values()));

  /** The condition for an entry that {@link EntryTable#entry} can read. */
  static final String READABLE_ENTRY =
      "(kind IN (%s) AND %s = '')".formatted(names(Entry.Kind.values()), unknownFlags());

  private static final List<Invariant> ALL =
      List.of(
          sum(
              "a project's credits are the sum of its credit entries",
              "credits",
              "ledger_entry WHERE kind = 'credit'"),
          sum(
              "a project's charges are the sum of its charge entries",
              "charges",
              "ledger_entry WHERE kind = 'charge'"),
          sum(
              "what a project holds is the sum of its open and pending holds",
              "held",
              "hold WHERE state IN ('open', 'pending')"),
          new Invariant(
              "available is below zero by recorded overruns at most",
              "SELECT p.id, '', 'credits ' || p.credits_nanos || ', charges ' || p.charges_nanos"
                  + " || ', held ' || p.held_nanos || ', overruns ' || coalesce(s.total, 0)"
                  + " FROM project p LEFT JOIN (SELECT project_id, "
                  + total("overrun_nanos")
                  + " AS total FROM ledger_entry WHERE kind = 'charge' GROUP BY project_id) s"
                  + " ON s.project_id = p.id"
                  + " WHERE CAST(p.credits_nanos AS NUMERIC) - p.charges_nanos - p.held_nanos"
                  + " < -coalesce(s.total, 0)"),
          holds("what is held is never above what was placed, nor that above what was wanted")
              .where("NOT (0 <= amount_nanos AND amount_nanos <= placed_nanos")
              .and("placed_nanos <= wanted_nanos)"),
          holds("a hold that has ended holds nothing")
              .where("state IN ('captured', 'released') AND amount_nanos <> 0"),
          holds("a pending hold says since when, and when its cost is asked for next")
              .where("state = 'pending' AND (pending_at IS NULL OR next_ask_at IS NULL)"),
          holds("state, mode, amount, markup and fallback of a hold are known")
              .where("NOT " + READABLE_HOLD),
          new Invariant(
              "a captured hold has one charge, any other none",
              "SELECT h.project_id, h.id, h.state || ', charges: ' || coalesce(s.charges, 0)"
                  + " FROM hold h LEFT JOIN (SELECT hold_id, count(*) AS charges"
                  + " FROM ledger_entry WHERE kind = 'charge' GROUP BY hold_id) s"
                  + " ON s.hold_id = h.id WHERE coalesce(s.charges, 0)"
                  + " <> CASE WHEN h.state = 'captured' THEN 1 ELSE 0 END"),
          new Invariant(
              "an entry about a request has its hold, in the same project",
              "SELECT e.project_id, e.id, e.kind || ', hold ' || coalesce(e.hold_id, '-')"
                  + " FROM ledger_entry e LEFT JOIN hold h ON h.id = e.hold_id"
                  + " WHERE e.kind <> 'credit' AND (h.id IS NULL OR h.project_id <> e.project_id)"),
          new Invariant(
              "a strict hold is never charged more than was placed, and never overrun",
              "SELECT e.project_id, e.id, 'charge ' || e.amount_nanos || ', overrun '"
                  + " || e.overrun_nanos || ', placed ' || h.placed_nanos"
                  + " FROM ledger_entry e JOIN hold h ON h.id = e.hold_id"
                  + " WHERE e.kind = 'charge' AND h.mode = 'strict'"
                  + " AND (e.amount_nanos > h.placed_nanos OR e.overrun_nanos <> 0)"),
          entries("a charge, a cost and an overrun are never negative")
              .where("kind <> 'credit'")
              .and("(amount_nanos < 0 OR cost_nanos < 0 OR overrun_nanos < 0)"),
          entries("an overrun is a part of its charge")
              .where("overrun_nanos > amount_nanos")
              .and("kind <> 'credit'"),
          entries("a credit is about no request")
              .where("kind = 'credit'")
              .and("(hold_id IS NOT NULL OR cost_nanos <> 0 OR overrun_nanos <> 0)"),
          entries("kind and flags of an entry are known").where("NOT " + READABLE_ENTRY),
          new Invariant(
              "an idempotency key is a hold's of the same project",
              "SELECT i.project_id, i.hold_id, 'age ' || i.created_at FROM idempotency i"
                  + " LEFT JOIN hold h ON h.id = i.hold_id"
                  + " WHERE h.id IS NULL OR h.project_id <> i.project_id"),
          charged("a project", "id, ''", "project"),
          charged("a key", "project_id, key_id", "key_spending"),
          new Invariant(
              "the corrections of an entry never exceed it, nor go the other way",
              "SELECT e.project_id, e.id, e.kind || ' ' || e.amount_nanos || ', corrections '"
                  + " || c.total FROM ledger_entry e JOIN (SELECT project_id, corrects, "
                  + total("amount_nanos")
                  + " AS total FROM ledger_entry WHERE corrects IS NOT NULL"
                  + " GROUP BY project_id, corrects) c"
                  + " ON c.project_id = e.project_id AND c.corrects = e.id"
                  + " WHERE NOT (CASE WHEN (e.kind = 'charge') = (e.amount_nanos > 0)"
                  + " THEN c.total BETWEEN 0 AND abs(e.amount_nanos)"
                  + " ELSE c.total BETWEEN -abs(e.amount_nanos) AND 0 END)"),
          new Invariant(
              "a correction is a credit, and a refund if it corrects a charge",
              "SELECT c.project_id, c.id, c.kind || ' ' || c.amount_nanos || ', refund '"
                  + " || c.refund_nanos || ', of ' || coalesce(e.kind, '-')"
                  + " FROM ledger_entry c LEFT JOIN ledger_entry e"
                  + " ON e.project_id = c.project_id AND e.id = c.corrects"
                  + " WHERE (c.corrects IS NOT NULL OR c.refund_nanos <> 0) AND NOT"
                  + " (c.kind = 'credit' AND coalesce(e.kind, '-') IN ('charge', 'credit')"
                  + " AND c.refund_nanos"
                  + " = CASE WHEN e.kind = 'charge' THEN c.amount_nanos ELSE 0 END)"),
          ofNoProject("hold"),
          ofNoProject("ledger_entry"));

  /** A rule, and a query for the rows that violate it. */
  record Invariant(String text, String query) {
    Invariant where(String condition) {
      return new Invariant(text, query + " WHERE " + condition);
    }

    Invariant and(String condition) {
      return new Invariant(text, query + " AND " + condition);
    }
  }

  private LedgerInvariants() {}

  private static Invariant sum(String text, String column, String from) {
    return new Invariant(
        text,
        """
        SELECT p.id, '', '%1$s ' || p.%1$s_nanos || ', sum ' || coalesce(s.total, 0)
        FROM project p LEFT JOIN
          (SELECT project_id, %2$s AS total FROM %3$s GROUP BY project_id) s
        ON s.project_id = p.id WHERE p.%1$s_nanos <> coalesce(s.total, 0)\
        """
            .formatted(column, total("amount_nanos"), from));
  }

  /**
   * A sum that does not overflow. SQLite would fail on an overflow, and its error would not name
   * the row at fault.
   */
  static String total(String column) {
    return "(sum(%1$s / 1000000000) * 1000000000 + sum(%1$s %% 1000000000))".formatted(column);
  }

  private static Invariant holds(String text) {
    return new Invariant(
        text,
        "SELECT project_id, id, state || ', ' || mode || ', amount ' || amount_nanos"
            + " || ', placed ' || placed_nanos || ', wanted ' || wanted_nanos FROM hold");
  }

  private static Invariant entries(String text) {
    return new Invariant(
        text,
        "SELECT project_id, id, kind || ' ' || amount_nanos || ', cost ' || cost_nanos"
            + " || ', overrun ' || overrun_nanos || ', flags ' || flags FROM ledger_entry");
  }

  /**
   * The daily counter must not exceed the monthly counter: each charge of the newest day is also
   * one of the newest month.
   */
  private static Invariant charged(String whose, String who, String table) {
    return new Invariant(
        "what " + whose + " was charged in a day is never negative, nor above its month's",
        "SELECT "
            + who
            + ", 'day ' || day_nanos || ', month ' || month_nanos FROM "
            + table
            + " WHERE NOT (0 <= day_nanos AND day_nanos <= month_nanos)");
  }

  private static Invariant ofNoProject(String table) {
    return new Invariant(
        "every row of " + table + " is of a project",
        "SELECT t.project_id, t.id, 'amount ' || t.amount_nanos FROM "
            + table
            + " t LEFT JOIN project p ON p.id = t.project_id WHERE p.id IS NULL");
  }

  private static String names(Enum<?>[] constants) {
    return Arrays.stream(constants)
        .map(constant -> "'" + constant.name().toLowerCase(Locale.ROOT) + "'")
        .collect(Collectors.joining(", "));
  }

  /** SQL for the rest of an entry's flags after the known flags and the commas are removed. */
  private static String unknownFlags() {
    String rest = "flags";
    for (Flag flag : Flag.values()) {
      rest = "replace(" + rest + ", '" + flag + "', '')";
    }
    return "replace(" + rest + ", ',', '')";
  }

  /**
   * All violations; if one invariant has more than {@link #MAX_OF_AN_INVARIANT}, one last violation
   * stands for the rest.
   */
  static List<Violation> check(SqlSession sql) throws SQLException {
    return check(sql, ALL);
  }

  static List<Violation> check(SqlSession sql, List<Invariant> invariants) throws SQLException {
    List<Violation> found = new ArrayList<>();
    for (Invariant invariant : invariants) {
      found.addAll(check(sql, invariant));
    }
    return found;
  }

  private static List<Violation> check(SqlSession sql, Invariant invariant) throws SQLException {
    // Sorted in Java: with ORDER BY, SQLite would read a million rows through an index, one by one.
    List<Violation> found =
        sql.composed(
                "WITH broken (project_id, id, figures) AS ("
                    + invariant.query()
                    + ") SELECT project_id, id, figures FROM broken LIMIT "
                    + (MAX_OF_AN_INVARIANT + 1))
            .list(
                row ->
                    new Violation(
                        invariant.text(),
                        row.text("project_id"),
                        row.text("id"),
                        row.text("figures")));
    boolean more = found.size() > MAX_OF_AN_INVARIANT;
    if (more) {
      found.remove(MAX_OF_AN_INVARIANT);
    }
    found.sort(Comparator.comparing(Violation::projectId).thenComparing(Violation::id));
    if (more) {
      found.add(new Violation(invariant.text(), "", "", "and more of them"));
    }
    return found;
  }
}
