package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.ledger.Balance;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Fallback;
import dev.tollgate.gateway.ledger.Flag;
import dev.tollgate.gateway.ledger.Hold;
import dev.tollgate.gateway.ledger.Hold.State;
import dev.tollgate.gateway.ledger.HoldMode;
import dev.tollgate.gateway.ledger.HoldRequest;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Pending;
import dev.tollgate.gateway.ledger.Period;
import dev.tollgate.gateway.ledger.ProjectTotals;
import dev.tollgate.gateway.ledger.Tokens;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The books as one transaction sees them. A project's row is locked when it is first asked for and
 * written once, at the end; whoever changes a hold has locked its project's row before, so what is
 * read of a hold then stays true.
 */
final class Books implements AutoCloseable {
  /** The columns of tokens, in the order of {@link #tokens}. */
  private static final String TOKENS =
      "prompt_tokens, cached_tokens, cache_write_tokens, completion_tokens, reasoning_tokens";

  /** True of a pending hold. SQLite takes the indexes of unsettled holds only if both are said. */
  static final String PENDING = "state IN ('open', 'pending') AND state = 'pending'";

  private static final String HOLD =
      "id, project_id, key_id, state, mode, wanted_nanos, placed_nanos, amount_nanos,"
          + " estimate_nanos, markup_ppm, model, upstream_key_id, idempotency_key, generation_id,"
          + " reason, attempts, created_at, pending_at, next_ask_at, fallback_source,"
          + " fallback_cost_nanos, fallback_literal, fallback_flags, "
          + Books.TOKENS;

  /** The columns of an entry, in the order of {@link #entry}. */
  static final String ENTRY =
      "project_id, id, kind, amount_nanos, cost_nanos, overrun_nanos, literal, flags, "
          + TOKENS
          + ", key_id, model, generation_id, note, created_at";

  private static final String SUMS =
      "SELECT credits_nanos, charges_nanos, held_nanos, day_number, day_nanos, month_number,"
          + " month_nanos, free_day_number, free_requests FROM project WHERE id = ?";

  private static final String UPDATE_SUMS =
      "UPDATE project SET credits_nanos = ?, charges_nanos = ?, held_nanos = ? WHERE id = ?";

  private static final String UPDATE_ALL =
      "UPDATE project SET credits_nanos = ?, charges_nanos = ?, held_nanos = ?, day_number = ?,"
          + " day_nanos = ?, month_number = ?, month_nanos = ?, free_day_number = ?,"
          + " free_requests = ? WHERE id = ?";

  private final Connection connection;
  private final String lock;
  private final String owner;
  private final Map<String, Account> accounts = new HashMap<>();
  private final Statements statements;
  private final OpenHolds openHolds;
  private final KeySpending keys = new KeySpending(this);

  /** A project's sums. */
  static final class Account {
    private Money credits;
    private Money charges;
    private Money held;
    private Spent spent;
    private long freeDay;
    private long freeRequests;
    private boolean changed;

    /** Whether what the limits go by changed, too: with a hold it mostly does not. */
    private boolean counted;

    Account(
        Money credits, Money charges, Money held, Spent spent, long freeDay, long freeRequests) {
      this.credits = credits;
      this.charges = charges;
      this.held = held;
      this.spent = spent;
      this.freeDay = freeDay;
      this.freeRequests = freeRequests;
    }

    ProjectTotals totals() {
      return new ProjectTotals(credits, charges, held);
    }

    Balance balance() {
      return totals().balance();
    }

    Money available() {
      return balance().available();
    }

    void credit(Money amount) {
      credits = credits.plus(amount);
      changed = true;
    }

    /** Throws {@link ArithmeticException} if a charge would leave sums that cannot be counted. */
    void requireCountable(Money charge) {
      var unused = credits.minus(charges.plus(charge)).minus(held);
    }

    /** Begins the periods of a charge that is about to be made. */
    void beginPeriods(Instant at, PeriodSums entries) throws SQLException {
      spent = spent.begun(at, entries);
    }

    void charge(Money amount, Money released, Instant at) {
      charges = charges.plus(amount);
      spent = spent.plus(amount, at);
      counted = true;
      hold(Money.ZERO.minus(released));
    }

    Spent spent() {
      return spent;
    }

    Money held() {
      return held;
    }

    /**
     * How many free requests there were on the day of {@code at}, or on a newer one that counts.
     */
    long freeRequests(Instant at) {
      return isFreeDayOf(at) ? freeRequests : 0;
    }

    void countFree(Instant at) {
      freeRequests = freeRequests(at) + 1;
      freeDay = isFreeDayOf(at) ? freeDay : Period.DAILY.number(at);
      counted = true;
      changed = true;
    }

    private boolean isFreeDayOf(Instant at) {
      return Period.DAILY.number(at) <= freeDay && !Period.DAILY.isAhead(freeDay, at);
    }

    /**
     * Begins the periods of now where a counter is ahead.
     *
     * @return how many were
     */
    int putRight(Instant now, PeriodSums entries) throws SQLException {
      Spent before = spent;
      spent = spent.putRight(now, entries);
      int ahead = spent.differences(before);
      if (Period.DAILY.isAhead(freeDay, now)) {
        freeDay = Period.DAILY.number(now);
        freeRequests = 0;
        ahead++;
      }
      if (ahead > 0) {
        counted = true;
        changed = true;
      }
      return ahead;
    }

    void hold(Money amount) {
      held = held.plus(amount);
      changed = true;
    }
  }

  /**
   * @param lock what makes a SELECT lock its rows
   * @param owner the node that new holds belong to
   * @param openHolds those that were placed here
   */
  Books(
      Connection connection,
      Statements statements,
      String lock,
      String owner,
      OpenHolds openHolds) {
    this.connection = connection;
    this.statements = statements;
    this.lock = lock;
    this.owner = owner;
    this.openHolds = openHolds;
  }

  Connection connection() {
    return connection;
  }

  /** What is spent with keys. */
  KeySpending keys() {
    return keys;
  }

  Statements statements() {
    return statements;
  }

  /** What the entries of a project say, or with a key's id those of that key. */
  PeriodSums entries(String projectId, @Nullable String keyId) {
    return new PeriodSums(statements, projectId, keyId);
  }

  PreparedStatement prepare(String sql) throws SQLException {
    return statements.prepare(sql);
  }

  /** A project's sums, locked; null if there is no such project. */
  @Nullable Account account(String projectId) throws SQLException {
    Account account = accounts.get(projectId);
    if (account == null) {
      PreparedStatement select = prepare(SUMS + lock);
      Statements.setText(select, 1, projectId);
      try (ResultSet row = select.executeQuery()) {
        if (row.next()) {
          account = sums(row);
          accounts.put(projectId, account);
        }
      }
    }
    return account;
  }

  /** A project's sums, without the lock; null if there is no such project. */
  static @Nullable Account sums(Statements statements, String projectId) throws SQLException {
    PreparedStatement select = statements.prepare(SUMS);
    Statements.setText(select, 1, projectId);
    try (ResultSet row = select.executeQuery()) {
      return row.next() ? sums(row) : null;
    }
  }

  /** The upstream key of the project's request whose answer has this id. */
  static Optional<String> upstreamKeyOf(
      Connection connection, String projectId, String generationId) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT upstream_key_id FROM hold WHERE generation_id = ? AND project_id = ?"
                + " ORDER BY created_at DESC LIMIT 1")) {
      Statements.setText(select, 1, generationId);
      Statements.setText(select, 2, projectId);
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
      }
    }
  }

  private static Account sums(ResultSet row) throws SQLException {
    return new Account(
        new Money(row.getLong(1)),
        new Money(row.getLong(2)),
        new Money(row.getLong(3)),
        spent(row, 4),
        row.getLong(8),
        row.getLong(9));
  }

  /** The four columns from this one on. */
  static Spent spent(ResultSet row, int column) throws SQLException {
    return new Spent(
        row.getLong(column),
        new Money(row.getLong(column + 1)),
        row.getLong(column + 2),
        new Money(row.getLong(column + 3)));
  }

  /** Sets the four parameters from this one on. */
  static void set(PreparedStatement statement, int parameter, Spent spent) throws SQLException {
    statement.setLong(parameter, spent.dayNumber());
    statement.setLong(parameter + 1, spent.day().nanos());
    statement.setLong(parameter + 2, spent.monthNumber());
    statement.setLong(parameter + 3, spent.month().nanos());
  }

  /** Writes the sums that changed. */
  void write() throws SQLException {
    for (Map.Entry<String, Account> each : accounts.entrySet()) {
      Account account = each.getValue();
      if (account.changed) {
        PreparedStatement update = prepare(account.counted ? UPDATE_ALL : UPDATE_SUMS);
        int parameter = 1;
        update.setLong(parameter++, account.credits.nanos());
        update.setLong(parameter++, account.charges.nanos());
        update.setLong(parameter++, account.held.nanos());
        if (account.counted) {
          set(update, parameter, account.spent);
          parameter += 4;
          update.setLong(parameter++, account.freeDay);
          update.setLong(parameter++, account.freeRequests);
        }
        Statements.setText(update, parameter, each.getKey());
        update.executeUpdate();
      }
    }
    keys.write();
  }

  /** How many holds of the project are open. */
  long open(String projectId) throws SQLException {
    PreparedStatement select =
        prepare(
            // By hold_unsettled_of_project, which SQLite takes only where its condition is said.
            "SELECT count(*) FROM hold WHERE project_id = ? AND state IN ('open', 'pending')"
                + " AND state = 'open'");
    Statements.setText(select, 1, projectId);
    try (ResultSet row = select.executeQuery()) {
      row.next();
      return row.getLong(1);
    }
  }

  /** The hold that is to be ended; as it was placed, if that was here. */
  Optional<Hold> hold(String id) throws SQLException {
    Hold placed = openHolds.take(id);
    if (placed != null) {
      return Optional.of(placed);
    }
    PreparedStatement select = prepare("SELECT " + HOLD + " FROM hold WHERE id = ?");
    Statements.setText(select, 1, id);
    try (ResultSet row = select.executeQuery()) {
      return row.next() ? Optional.of(hold(row)) : Optional.empty();
    }
  }

  /** What was held at first, and of which project. */
  record Placed(String projectId, Money amount) {}

  /** All that a repeat needs to know of the hold; empty: there is none with this id. */
  Optional<Placed> placed(String id) throws SQLException {
    PreparedStatement select = prepare("SELECT project_id, placed_nanos FROM hold WHERE id = ?");
    Statements.setText(select, 1, id);
    try (ResultSet row = select.executeQuery()) {
      return row.next()
          ? Optional.of(new Placed(row.getString(1), new Money(row.getLong(2))))
          : Optional.empty();
    }
  }

  /** The hold in a row of {@link #holds}. */
  static Hold hold(ResultSet row) throws SQLException {
    return new Hold(
        new HoldRequest(
            row.getString(1),
            row.getString(2),
            row.getString(3),
            new Money(row.getLong(6)),
            HoldMode.valueOf(upper(row.getString(5))),
            new Markup(row.getLong(10)),
            row.getString(11),
            row.getString(12),
            row.getString(13),
            Instant.ofEpochMilli(row.getLong(17))),
        State.valueOf(upper(row.getString(4))),
        new Money(row.getLong(7)),
        new Money(row.getLong(8)),
        new Fallback(
            Fallback.Source.valueOf(upper(row.getString(20))),
            new Money(row.getLong(21)),
            new Money(row.getLong(9)),
            row.getString(22),
            Flag.parse(row.getString(23)),
            tokens(row, 24)),
        row.getString(15),
        row.getString(14),
        instant(row, 18),
        row.getInt(16),
        instant(row, 19));
  }

  /** A query for holds, to be read by {@link #hold(ResultSet)}. */
  static String holds(String clause) {
    return "SELECT " + HOLD + " FROM hold " + clause;
  }

  /** The tokens in the five columns from this one on. */
  static Tokens tokens(ResultSet row, int column) throws SQLException {
    return new Tokens(
        row.getLong(column),
        row.getLong(column + 1),
        row.getLong(column + 2),
        row.getLong(column + 3),
        row.getLong(column + 4));
  }

  /** Sets the five parameters from this one on. */
  private static void set(PreparedStatement statement, int parameter, Tokens tokens)
      throws SQLException {
    statement.setLong(parameter, tokens.input());
    statement.setLong(parameter + 1, tokens.cached());
    statement.setLong(parameter + 2, tokens.cacheWrite());
    statement.setLong(parameter + 3, tokens.output());
    statement.setLong(parameter + 4, tokens.reasoning());
  }

  private static String upper(String name) {
    return name.toUpperCase(Locale.ROOT);
  }

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static @Nullable Instant instant(ResultSet row, int column) throws SQLException {
    long millis = row.getLong(column);
    return row.wasNull() ? null : Instant.ofEpochMilli(millis);
  }

  /**
   * @return false if there is a hold with this id
   */
  boolean insertHold(HoldRequest request, Money placed) throws SQLException {
    PreparedStatement insert =
        prepare(
            "INSERT INTO hold (id, project_id, key_id, state, mode, wanted_nanos, placed_nanos,"
                + " amount_nanos, markup_ppm, model, upstream_key_id, idempotency_key, owner,"
                + " created_at, estimate_nanos)"
                + " VALUES (?, ?, ?, 'open', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                + " ON CONFLICT DO NOTHING");
    Statements.setText(insert, 1, request.id());
    Statements.setText(insert, 2, request.projectId());
    Statements.setText(insert, 3, request.keyId());
    Statements.setText(insert, 4, lower(request.mode()));
    insert.setLong(5, request.amount().nanos());
    insert.setLong(6, placed.nanos());
    insert.setLong(7, placed.nanos());
    insert.setLong(8, request.markup().ppm());
    Statements.setText(insert, 9, request.model());
    Statements.setText(insert, 10, request.upstreamKeyId());
    Statements.setText(insert, 11, request.idempotencyKey());
    Statements.setText(insert, 12, owner);
    insert.setLong(13, request.at().toEpochMilli());
    insert.setLong(14, request.promptEstimate().nanos());
    if (insert.executeUpdate() != 1) {
      return false;
    }
    openHolds.placed(request, placed);
    return true;
  }

  /** The hold that has an idempotency key, if it took it after {@code since}. */
  Optional<String> namesake(String projectId, String key, Instant since) throws SQLException {
    PreparedStatement select =
        prepare(
            "SELECT hold_id FROM idempotency WHERE project_id = ? AND key = ? AND created_at > ?");
    Statements.setText(select, 1, projectId);
    Statements.setText(select, 2, key);
    select.setLong(3, since.toEpochMilli());
    try (ResultSet row = select.executeQuery()) {
      return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
    }
  }

  /** Gives an idempotency key to a hold, whoever had it. */
  void takeName(String projectId, String key, String holdId, Instant at) throws SQLException {
    PreparedStatement upsert =
        prepare(
            "INSERT INTO idempotency (project_id, key, hold_id, created_at) VALUES (?, ?, ?, ?)"
                + " ON CONFLICT (project_id, key) DO UPDATE"
                + " SET hold_id = excluded.hold_id, created_at = excluded.created_at");
    Statements.setText(upsert, 1, projectId);
    Statements.setText(upsert, 2, key);
    Statements.setText(upsert, 3, holdId);
    upsert.setLong(4, at.toEpochMilli());
    upsert.executeUpdate();
  }

  void freeName(Hold hold) throws SQLException {
    PreparedStatement delete =
        prepare("DELETE FROM idempotency WHERE project_id = ? AND key = ? AND hold_id = ?");
    Statements.setText(delete, 1, hold.request().projectId());
    Statements.setText(delete, 2, hold.request().idempotencyKey());
    Statements.setText(delete, 3, hold.id());
    delete.executeUpdate();
  }

  void setGeneration(String holdId, String generationId) throws SQLException {
    PreparedStatement update =
        prepare(
            "UPDATE hold SET generation_id = ? WHERE id = ? AND generation_id IS NULL"
                + " AND state IN ('open', 'pending')");
    Statements.setText(update, 1, generationId);
    Statements.setText(update, 2, holdId);
    update.executeUpdate();
    openHolds.answered(holdId, generationId);
  }

  void endHold(Hold hold, State state, @Nullable String generationId, Instant at)
      throws SQLException {
    PreparedStatement update =
        prepare(
            "UPDATE hold SET state = ?, amount_nanos = 0, next_ask_at = NULL, settled_at = ?,"
                + " generation_id = coalesce(?, generation_id)"
                + " WHERE id = ? AND state IN ('open', 'pending') AND amount_nanos = ?");
    Statements.setText(update, 1, lower(state));
    update.setLong(2, at.toEpochMilli());
    Statements.setText(update, 3, generationId);
    Statements.setText(update, 4, hold.id());
    update.setLong(5, hold.amount().nanos());
    requireOne(update.executeUpdate());
  }

  void pendHold(Pending pending, Money amount) throws SQLException {
    PreparedStatement update =
        prepare(
            "UPDATE hold SET state = 'pending', amount_nanos = ?, estimate_nanos = ?, reason = ?,"
                + " generation_id = coalesce(generation_id, ?), pending_at = ?, next_ask_at = ?,"
                + " attempts = 0, fallback_source = ?, fallback_cost_nanos = ?,"
                + " fallback_literal = ?, fallback_flags = ?, prompt_tokens = ?,"
                + " cached_tokens = ?, cache_write_tokens = ?, completion_tokens = ?,"
                + " reasoning_tokens = ? WHERE id = ? AND state = 'open'");
    update.setLong(1, amount.nanos());
    update.setLong(2, pending.fallback().charge().nanos());
    Statements.setText(update, 3, pending.reason());
    Statements.setText(update, 4, pending.generationId());
    update.setLong(5, pending.at().toEpochMilli());
    update.setLong(6, pending.at().plus(pending.askAfter()).toEpochMilli());
    Fallback fallback = pending.fallback();
    Statements.setText(update, 7, lower(fallback.source()));
    update.setLong(8, fallback.cost().nanos());
    Statements.setText(update, 9, fallback.literal());
    Statements.setText(update, 10, Flag.format(fallback.flags()));
    set(update, 11, fallback.tokens());
    Statements.setText(update, 16, pending.holdId());
    requireOne(update.executeUpdate());
  }

  /**
   * Another node made it its own, without the lock on the project, or it is not what was placed
   * here: the batch is made again, and reads it.
   */
  private static void requireOne(int rows) throws SQLException {
    if (rows != 1) {
      throw new SQLException("the hold changed meanwhile", "40001");
    }
  }

  Optional<Entry> entry(String projectId, String id) throws SQLException {
    PreparedStatement select =
        prepare("SELECT " + ENTRY + " FROM ledger_entry WHERE project_id = ? AND id = ?");
    Statements.setText(select, 1, projectId);
    Statements.setText(select, 2, id);
    try (ResultSet row = select.executeQuery()) {
      return row.next() ? Optional.of(entry(row)) : Optional.empty();
    }
  }

  /** The entry in a row of the columns {@link #ENTRY}. */
  static Entry entry(ResultSet row) throws SQLException {
    return new Entry(
        row.getString(1),
        row.getString(2),
        Entry.Kind.valueOf(upper(row.getString(3))),
        new Money(row.getLong(4)),
        new Money(row.getLong(5)),
        new Money(row.getLong(6)),
        row.getString(7),
        Flag.parse(row.getString(8)),
        tokens(row, 9),
        row.getString(14),
        row.getString(15),
        row.getString(16),
        row.getString(17),
        Instant.ofEpochMilli(row.getLong(18)));
  }

  /**
   * Adds a line to the books.
   *
   * @param of the hold that it is about; null for a credit
   * @return false if there is one with its id, which stays as it is
   */
  boolean insertEntry(Entry entry, @Nullable Hold of) throws SQLException {
    PreparedStatement insert =
        prepare(
            "INSERT INTO ledger_entry ("
                + ENTRY
                + ", hold_id, upstream_key_id)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                + " ON CONFLICT DO NOTHING");
    Statements.setText(insert, 1, entry.projectId());
    Statements.setText(insert, 2, entry.id());
    Statements.setText(insert, 3, entry.kind().toString());
    insert.setLong(4, entry.amount().nanos());
    insert.setLong(5, entry.cost().nanos());
    insert.setLong(6, entry.overrun().nanos());
    Statements.setText(insert, 7, entry.literal());
    Statements.setText(insert, 8, Flag.format(entry.flags()));
    set(insert, 9, entry.tokens());
    Statements.setText(insert, 14, entry.keyId());
    Statements.setText(insert, 15, entry.model());
    Statements.setText(insert, 16, entry.generationId());
    Statements.setText(insert, 17, entry.note());
    insert.setLong(18, entry.at().toEpochMilli());
    Statements.setText(insert, 19, of == null ? null : of.id());
    Statements.setText(insert, 20, of == null ? "" : of.request().upstreamKeyId());
    return insert.executeUpdate() == 1;
  }

  @Override
  public void close() throws SQLException {
    statements.close();
  }
}
