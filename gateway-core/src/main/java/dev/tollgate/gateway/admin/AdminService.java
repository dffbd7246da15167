package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.KeyAdmin;
import dev.tollgate.gateway.account.KeyMint;
import dev.tollgate.gateway.account.KeyMint.Minted;
import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.account.Transactions;
import dev.tollgate.gateway.account.UpstreamAccess;
import dev.tollgate.gateway.account.UpstreamKeys;
import dev.tollgate.gateway.ledger.Balance;
import dev.tollgate.gateway.ledger.Credit;
import dev.tollgate.gateway.ledger.CreditOutcome;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Hold;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Reports;
import dev.tollgate.gateway.ledger.Reports.Spending;
import dev.tollgate.gateway.ledger.Reports.Violation;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The operator's use cases. Each does all of what it says or nothing, and throws {@link
 * AdminException} where the operator is at fault. Safe for use by many threads; methods may block
 * and throw {@link dev.tollgate.gateway.account.StoreUnavailableException}.
 */
public final class AdminService {
  private static final int MAX_NOTE_CHARACTERS = 500;
  private static final int MAX_ID_CHARACTERS = 200;
  // What the ids of requests, and of their charges, begin with.
  private static final String REQUEST_PREFIX = "req_";

  private static final int MAX_ROWS = 10_000;
  private static final int SHOWN_UNRESOLVED = 100;

  private final KeyAdmin keys;
  private final Ledger ledger;
  private final Reports reports;
  private final UpstreamKeys upstreamKeys;
  private final Transactions transactions;
  private final InstantSource clock;
  private final KeyMint mint = new KeyMint();

  /**
   * What the use cases work on: the stores of one database.
   *
   * @param transactions over all the others
   */
  public record Stores(
      KeyAdmin keys,
      Ledger ledger,
      Reports reports,
      UpstreamKeys upstreamKeys,
      Transactions transactions) {}

  /** The use cases over these stores. */
  public AdminService(Stores stores, InstantSource clock) {
    this.keys = stores.keys();
    this.ledger = stores.ledger();
    this.reports = stores.reports();
    this.upstreamKeys = stores.upstreamKeys();
    this.transactions = stores.transactions();
    this.clock = clock;
  }

  /**
   * A project and what it has.
   *
   * @param project the project
   * @param balance its balance as of now
   */
  public record Account(Project project, Balance balance) {}

  /**
   * Makes an enabled project with one key.
   *
   * @param name see {@link Project#requireValidName}
   * @param balance its first credit; zero for none, never negative
   * @param upstreamKey its own upstream key; null: it uses the operator's default
   * @return the key, which cannot be shown again
   */
  public Minted createProject(String name, Money balance, @Nullable Secret upstreamKey) {
    try {
      Project.requireValidName(name);
    } catch (IllegalArgumentException e) {
      throw new AdminException(String.valueOf(e.getMessage()));
    }
    if (balance.isNegative()) {
      throw new AdminException("the first balance of a project is not negative");
    }
    return transactions.inTransaction(
        () -> {
          Project project =
              new Project(
                  mint.mintProjectId(), name, true, upstreamKey, Markup.NONE, clock.instant());
          if (!keys.insertProject(project)) {
            throw new AdminException("project " + name + " exists already");
          }
          Minted key = addKey(project, null);
          if (balance.isPositive()) {
            book(project, balance, "first balance", newCreditId());
          }
          return key;
        });
  }

  /** All projects, ordered by name. */
  public List<Account> listProjects() {
    return keys.listProjects().stream().map(this::account).toList();
  }

  /** One project. */
  public Account showProject(String name) {
    return account(require(name));
  }

  private Account account(Project project) {
    return new Account(project, ledger.balance(project.id()));
  }

  /** Lets a project's calls through, or refuses them all. Doing it twice is harmless. */
  public void setEnabled(String name, boolean enabled) {
    keys.setEnabled(require(name).id(), enabled);
  }

  /**
   * What is to be different about a project; the rest stays.
   *
   * @param markup null: as it is
   * @param upstreamKey an upstream key of its own; null: as it is
   * @param useDefaultKey true: it uses the operator's default key from now on
   */
  public record Configuration(
      @Nullable Markup markup, @Nullable Secret upstreamKey, boolean useDefaultKey) {
    /** Refuses what contradicts itself, or says nothing. */
    public Configuration {
      if (upstreamKey != null && useDefaultKey) {
        throw new AdminException(
            "a project has its own upstream key or uses the default, not both");
      }
      if (markup == null && upstreamKey == null && !useDefaultKey) {
        throw new AdminException("there is nothing to configure");
      }
    }
  }

  /** Changes a project's markup, its upstream key, or both, from the next request on. */
  public void configure(String name, Configuration configuration) {
    transactions.inTransaction(
        () -> {
          Project project = require(name);
          if (configuration.markup() != null) {
            keys.setMarkup(project.id(), configuration.markup());
          }
          if (configuration.upstreamKey() != null || configuration.useDefaultKey()) {
            Secret own = configuration.upstreamKey();
            keys.setUpstream(
                project.id(), own == null ? UpstreamAccess.DEFAULT : UpstreamAccess.own(own));
          }
          return project;
        });
  }

  /**
   * Adds a key to a project.
   *
   * @param lifetime after this long it is refused, more than zero; null: it does not expire
   * @return the key, which cannot be shown again
   */
  public Minted createKey(String name, @Nullable Duration lifetime) {
    if (lifetime != null && (lifetime.isNegative() || lifetime.isZero())) {
      throw new AdminException("the lifetime of a key is more than zero");
    }
    return transactions.inTransaction(() -> addKey(require(name), lifetime));
  }

  private Minted addKey(Project project, @Nullable Duration lifetime) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    Instant expiresAt = lifetime == null ? null : now.plus(lifetime);
    Minted minted = mint.mintKey();
    // One in 2.8 million million is taken; there is always another.
    while (!keys.insertKey(
        new ApiKey(minted.id(), project.id(), now, expiresAt, null), minted.fingerprint())) {
      minted = mint.mintKey();
    }
    return minted;
  }

  /** The keys of a project, oldest first, revoked ones included. */
  public List<ApiKey> listKeys(String name) {
    return keys.listKeys(require(name).id());
  }

  /** Revokes a key for good. Doing it twice is harmless. */
  public void revokeKey(String name, String keyId) {
    if (!keys.revokeKey(require(name).id(), keyId, clock.instant())) {
      throw new AdminException("project " + name + " has no key " + quoted(keyId));
    }
  }

  /**
   * Credits a project, or takes back what is not held.
   *
   * @param amount not zero; negative for a correction
   * @param note free text for people
   * @param id makes a repeat harmless; null: this is not a repeat
   */
  public CreditOutcome credit(String name, Money amount, String note, @Nullable String id) {
    if (amount.nanos() == 0) {
      throw new AdminException("the amount of a credit is not zero");
    }
    if (note.length() > MAX_NOTE_CHARACTERS) {
      throw new AdminException("a note has at most " + MAX_NOTE_CHARACTERS + " characters");
    }
    if (id != null && (id.isBlank() || id.length() > MAX_ID_CHARACTERS)) {
      throw new AdminException(
          "the id of a credit is not blank and has at most " + MAX_ID_CHARACTERS + " characters");
    }
    if (id != null && id.startsWith(REQUEST_PREFIX)) {
      throw new AdminException("the id of a credit does not begin with " + REQUEST_PREFIX);
    }
    return transactions.inTransaction(
        () -> book(require(name), amount, note, id == null ? newCreditId() : id));
  }

  private CreditOutcome book(Project project, Money amount, String note, String id) {
    CreditOutcome outcome;
    try {
      outcome = ledger.credit(new Credit(id, project.id(), amount, note, clock.instant()));
    } catch (ArithmeticException e) {
      throw new AdminException("the balance would be larger than can be counted");
    }
    return switch (outcome.result()) {
      case BOOKED, REPEATED -> outcome;
      case ID_TAKEN ->
          throw new AdminException(
              "credit " + quoted(id) + " was booked before, with another amount");
      case BELOW_HELD ->
          throw new AdminException(
              "project "
                  + project.name()
                  + " has "
                  + outcome.balance().available()
                  + " USD available, less than is to be taken back");
    };
  }

  /**
   * What a project used of late.
   *
   * @param span until now, more than zero
   */
  public UsageReport usage(String name, Duration span) {
    if (span.isNegative() || span.isZero()) {
      throw new AdminException("the time to look back is more than zero");
    }
    Instant since = clock.instant().minus(span).truncatedTo(ChronoUnit.MILLIS);
    return new UsageReport(since, reports.usage(require(name).id(), since));
  }

  /**
   * A project's entries, newest first.
   *
   * @param limit how many at most, from 1 to 10,000
   */
  public List<Entry> entries(String name, int limit) {
    requireLimit(limit);
    return reports.entries(require(name).id(), limit);
  }

  /**
   * A request that is not settled.
   *
   * @param projectName whose it is
   * @param hold what is known of it
   */
  public record Unsettled(String projectName, Hold hold) {}

  /**
   * The requests that are open or whose cost is being asked for, oldest first.
   *
   * @param name of one project; null: of all
   * @param limit as in {@link #entries}
   */
  public List<Unsettled> unsettled(@Nullable String name, int limit) {
    requireLimit(limit);
    String only = name == null ? null : require(name).id();
    Map<String, String> names = projectNames();
    return reports.unsettled(only == null ? limit : Integer.MAX_VALUE).stream()
        .filter(hold -> only == null || hold.request().projectId().equals(only))
        .limit(limit)
        .map(
            hold -> {
              String id = hold.request().projectId();
              return new Unsettled(names.getOrDefault(id, id), hold);
            })
        .toList();
  }

  /** The names of all projects, by their ids. */
  public Map<String, String> projectNames() {
    return keys.listProjects().stream().collect(Collectors.toMap(Project::id, Project::name));
  }

  private static void requireLimit(int limit) {
    if (limit < 1 || limit > MAX_ROWS) {
      throw new AdminException("the limit is from 1 to " + MAX_ROWS);
    }
  }

  /** Goes over the whole database, beside whatever server runs on it. */
  public Checkup check() {
    List<Violation> violations = reports.violations();
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

  /** What breaks the rules may be more than can be counted; then it is the most there is. */
  private static Money held(List<Hold> holds) {
    BigInteger nanos =
        holds.stream()
            .map(hold -> BigInteger.valueOf(hold.amount().nanos()))
            .reduce(BigInteger.ZERO, BigInteger::add);
    return new Money(nanos.min(BigInteger.valueOf(Long.MAX_VALUE)).longValue());
  }

  /**
   * Compares what was captured with each upstream key with what the upstream says was spent with
   * it, since the baseline, which is taken the first time.
   *
   * @param newBaseline compare nothing, take a baseline anew
   */
  public List<Drift> drift(UpstreamSpending upstream, boolean newBaseline) {
    return new DriftCheck(reports, upstreamKeys, upstream, clock).run(newBaseline);
  }

  private static String newCreditId() {
    return "credit_" + UUID.randomUUID();
  }

  private Project require(String name) {
    return keys.findProject(name)
        .orElseThrow(() -> new AdminException("there is no project " + quoted(name)));
  }

  /** What was typed in goes back as one short line. */
  private static String quoted(String name) {
    String line = name.replaceAll("\\p{Cntrl}", "?");
    return "'" + (line.length() > 100 ? line.substring(0, 100) + "..." : line) + "'";
  }
}
