package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.AnsweredRequests;
import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.AuditLog;
import dev.tollgate.gateway.account.InferenceKeys;
import dev.tollgate.gateway.account.KeyAdmin;
import dev.tollgate.gateway.account.KeyMint;
import dev.tollgate.gateway.account.KeyMint.Minted;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.account.Transactions;
import dev.tollgate.gateway.account.UpstreamKeys;
import dev.tollgate.gateway.ledger.Balance;
import dev.tollgate.gateway.ledger.CreditOutcome;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Hold;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Reports;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The operator's use cases. Each does all of what it says or nothing, and throws {@link
 * AdminException} where the operator is at fault. Safe for use by many threads; methods may block
 * and throw {@link dev.tollgate.gateway.account.StoreUnavailableException}.
 */
public final class AdminService {
  private final AdminContext context;
  private final KeyMint mint;
  private final ProjectKeys keys;
  private final ProjectAdmin projects;
  private final CreditAdmin credits;
  private final HoldAdmin holds;
  private final AdminReports reports;

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
      AuditLog audit,
      AnsweredRequests requests,
      Transactions transactions) {}

  /** The use cases over these stores, carried out for {@link Actor#EMBEDDER}. */
  public AdminService(Stores stores, InstantSource clock) {
    this(
        new AdminContext(stores, clock, new AuditTrail(stores.audit(), Actor.EMBEDDER, clock)),
        new KeyMint());
  }

  private AdminService(AdminContext context, KeyMint mint) {
    this.context = context;
    this.mint = mint;
    this.keys = new ProjectKeys(context, mint);
    this.credits = new CreditAdmin(context);
    this.projects = new ProjectAdmin(context, mint, keys, credits);
    this.holds = new HoldAdmin(context);
    this.reports = new AdminReports(context);
  }

  /** The same use cases, carried out for somebody else. */
  public AdminService as(Actor actor) {
    return new AdminService(context.as(actor), mint);
  }

  /** A project and its balance as of now. */
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
    return projects.create(name, balance, upstreamKey);
  }

  /** All projects, ordered by name. */
  public List<Account> listProjects() {
    return projects.list();
  }

  /** One project. */
  public Account showProject(String name) {
    return projects.show(name);
  }

  /** Lets a project's calls through, or refuses them all. Doing it twice is harmless. */
  public void setEnabled(String name, boolean enabled) {
    projects.setEnabled(name, enabled);
  }

  /** Changes what a project pays, with which key it calls, its limits, from the next request on. */
  public void configure(String name, ProjectChange change) {
    projects.configure(name, change);
  }

  /**
   * Adds a key to a project.
   *
   * @return the key, which cannot be shown again
   */
  public Minted createKey(String name, KeySpec spec) {
    return context.change(name, project -> keys.create(project.id(), spec, false));
  }

  /** The keys of a project, oldest first, revoked ones included. */
  public List<ApiKey> listKeys(String name) {
    return context.stores().keys().listKeys(context.project(name).id());
  }

  /** A key that replaces another one, which is shown as it is now. */
  public record Rotated(Minted key, ApiKey replaced) {}

  /**
   * Makes a second key of the same kind, with the same caps and, if the first was made for a time,
   * for as long a time from now on. The first one opens what it opens for the grace period, unless
   * it ends earlier by itself.
   *
   * @param keyId of a key that is neither revoked nor expired
   * @param grace not negative; zero: the first one is revoked at once
   */
  public Rotated rotateKey(String name, String keyId, Duration grace) {
    if (grace.isNegative()) {
      throw new AdminException("the time of grace is not negative");
    }
    return context.change(name, project -> keys.rotate(project, keyId, grace));
  }

  /** Changes what may be spent with a key for inference; returns the key as it is now. */
  public ApiKey configureKey(String name, String keyId, CapsChange caps) {
    if (!caps.isMade()) {
      throw new AdminException("there is nothing to configure");
    }
    return context.change(name, project -> keys.setCaps(project, keyId, caps));
  }

  /** Revokes a key for good and returns it as it is now. Doing it twice is harmless. */
  public ApiKey revokeKey(String name, String keyId) {
    return context.change(name, project -> keys.revoke(project, keyId));
  }

  /** The keys that projects make for themselves, with a management key that was checked before. */
  public InferenceKeys inferenceKeys() {
    return new SelfMadeKeys(context, keys);
  }

  /**
   * Credits a project, or takes back what is not held.
   *
   * @param amount not zero; negative for a correction
   * @param note free text for people
   * @param id makes a repeat harmless; null: this is not a repeat
   */
  public CreditOutcome credit(String name, Money amount, String note, @Nullable String id) {
    return credits.credit(name, amount, note, id);
  }

  /**
   * What a project used of late.
   *
   * @param span until now, more than zero
   */
  public UsageReport usage(String name, Duration span) {
    return reports.usage(name, span);
  }

  /**
   * A project's entries, newest first.
   *
   * @param limit how many at most, from 1 to 10,000
   */
  public List<Entry> entries(String name, int limit) {
    return reports.entries(name, limit);
  }

  /**
   * A project's credits and corrections, newest first.
   *
   * @param limit as in {@link #entries}
   */
  public List<Entry> credits(String name, int limit) {
    return reports.credits(name, limit);
  }

  /** A line of the audit log; the name is null if it is about no project. */
  public record Audited(@Nullable String projectName, AuditLog.Line line) {}

  /**
   * Who changed what, newest first.
   *
   * @param name of one project; null: of all
   * @param limit as in {@link #entries}
   */
  public List<Audited> audit(@Nullable String name, int limit) {
    return reports.audit(name, limit);
  }

  /** Requests that are carried out once. */
  IdempotentRequests idempotentRequests() {
    return new IdempotentRequests(context);
  }

  /** Carries out several changes as one: all of them, or none if one throws. */
  public <T> T together(Supplier<T> work) {
    return context.inTransaction(work);
  }

  /** A request that is not settled. */
  public record Unsettled(String projectName, Hold hold) {}

  /**
   * The requests that are open or whose cost is being asked for, oldest first.
   *
   * @param name of one project; null: of all
   * @param limit as in {@link #entries}
   */
  public List<Unsettled> unsettled(@Nullable String name, int limit) {
    return holds.unsettled(name, limit);
  }

  /**
   * A pending request that was settled by hand.
   *
   * @param charge the entry of the charge; null: the hold was released
   * @param balance the project's, after it
   */
  public record SettledByHand(
      String projectName, String holdId, @Nullable Entry charge, Balance balance) {}

  /**
   * Settles a request whose cost is not known. This is final: a cost that the upstream names later
   * changes nothing.
   *
   * @param holdId of a pending request, as {@link #unsettled} lists it
   * @param charge what the project is charged, zero or more; null: nothing, the hold is released
   */
  public SettledByHand settle(String holdId, @Nullable Money charge) {
    return holds.settle(holdId, charge);
  }

  /** The names of all projects, by their ids. */
  public Map<String, String> projectNames() {
    return context.projectNames();
  }

  /**
   * Seals all upstream keys anew, by the newest master key, so that the older ones are not needed
   * any more. Servers that run on the database must have the newest key.
   *
   * @return how many there were
   */
  public int sealAnew() {
    return projects.sealAnew();
  }

  /**
   * Goes over the whole database, beside whatever server runs on it.
   *
   * @param maxDelay how far ahead a server asks for the cost of a pending hold at most
   */
  public Checkup check(Duration maxDelay) {
    return reports.check(maxDelay);
  }

  /**
   * Compares what was captured with each upstream key with what the upstream says was spent with
   * it, since the baseline, which is taken the first time.
   *
   * @param newBaseline compare nothing, take a baseline anew
   */
  public List<Drift> drift(UpstreamSpending upstream, boolean newBaseline) {
    Stores stores = context.stores();
    return new DriftCheck(stores.reports(), stores.upstreamKeys(), upstream, context.clock())
        .run(newBaseline);
  }
}
