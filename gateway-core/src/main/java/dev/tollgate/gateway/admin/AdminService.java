package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.InferenceKeys;
import dev.tollgate.gateway.account.KeyMint;
import dev.tollgate.gateway.account.KeyMint.Minted;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.ledger.Balance;
import dev.tollgate.gateway.ledger.CreditOutcome;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Money;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The operator's use cases. Each is carried out in full or not at all. A method throws {@link
 * AdminException} if the operator is at fault, and {@link
 * dev.tollgate.gateway.account.StoreUnavailableException} if the store is unavailable. Thread-safe;
 * methods may block.
 */
public final class AdminService {
  private final AdminContext context;
  private final KeyMint mint;
  private final ProjectKeys keys;
  private final ProjectAdmin projects;
  private final CreditAdmin credits;
  private final HoldAdmin holds;
  private final AdminReports reports;

  /** Creates the use cases over these stores in the name of {@link Actor#EMBEDDER}. */
  public AdminService(AdminStores stores, InstantSource clock) {
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

  /** Returns the same use cases in the name of another actor. */
  public AdminService as(Actor actor) {
    return new AdminService(context.as(actor), mint);
  }

  /** A project and its present balance. */
  public record Account(Project project, Balance balance) {}

  /** Creates an enabled project without a display name, and one key. */
  public Minted createProject(String name, Money balance, @Nullable Secret upstreamKey) {
    return createProject(name, "", balance, upstreamKey);
  }

  /**
   * Creates an enabled project with one key.
   *
   * @param name see {@link Project#requireValidName}
   * @param displayName for people; empty: none
   * @param balance the project's first credit; zero for none, never negative
   * @param upstreamKey the project's own; null: the project uses the operator's default
   * @return the key, which cannot be shown again
   */
  public Minted createProject(
      String name, String displayName, Money balance, @Nullable Secret upstreamKey) {
    return projects.create(name, displayName, balance, upstreamKey);
  }

  /** All projects, ordered by name. */
  public List<Account> listProjects() {
    return projects.list();
  }

  /** One project. */
  public Account showProject(String name) {
    return projects.show(name);
  }

  /**
   * Enables or disables a project that is not archived. A disabled project's calls are refused. A
   * repeat changes nothing.
   */
  public void setEnabled(String name, boolean enabled) {
    projects.setEnabled(name, enabled);
  }

  /**
   * Retires a project, or takes it into use again. An archived project's calls are refused, as
   * those of a disabled one; its ledger stays. A repeat changes nothing.
   */
  public void setArchived(String name, boolean archived) {
    projects.setArchived(name, archived);
  }

  /**
   * Removes what is personal from an archived project without open and pending requests, and
   * revokes its keys. Amounts, times and ids stay. The project gets a new name. This cannot be
   * undone; a repeat is allowed.
   */
  public ErasedProject eraseProject(String name) {
    return new ProjectErasure(context).erase(name);
  }

  /**
   * Changes a project's display name, markup, upstream key and limits, from the next request on.
   */
  public void configure(String name, ProjectChange change) {
    projects.configure(name, change);
  }

  /**
   * Adds a key to a project.
   *
   * @return the key, which cannot be shown again
   */
  public Minted createKey(String name, KeySpec spec) {
    return context.change(name, project -> keys.create(project.id(), spec));
  }

  /** The keys of a project, oldest first, including revoked ones. */
  public List<KeyStatus> listKeys(String name) {
    return keys.list(context.project(name));
  }

  /**
   * Creates a second key of the same kind with the same settings. If the first key was created with
   * a lifetime, the second key gets the same lifetime, counted from now. The first key stays valid
   * for the grace period, unless it expires earlier.
   *
   * @param keyId the id of a key that is neither revoked nor disabled nor expired
   * @param grace zero or more; zero revokes the first key at once
   */
  public Rotated rotateKey(String name, String keyId, Duration grace) {
    return context.change(name, project -> keys.rotate(project, keyId, grace));
  }

  /** Changes a key and returns its new state. A management key cannot have limits. */
  public KeyStatus configureKey(String name, String keyId, KeyChange change) {
    return context.change(name, project -> keys.configure(project, keyId, change));
  }

  /** Revokes a key permanently and returns its new state. A repeat changes nothing. */
  public KeyStatus revokeKey(String name, String keyId) {
    return context.change(name, project -> keys.revoke(project, keyId));
  }

  /**
   * The self-service use cases: projects create their own keys. The caller must have checked the
   * management key.
   */
  public InferenceKeys inferenceKeys() {
    return new SelfMadeKeys(context, keys);
  }

  /**
   * Credits a project. A negative amount takes back money that is not held.
   *
   * @param amount not zero; negative for a correction
   * @param note free text for people
   * @param id idempotency id, which makes a repeat harmless; null: a fresh id is generated
   */
  public CreditOutcome credit(String name, Money amount, String note, @Nullable String id) {
    return credit(name, amount, null, note, id);
  }

  /**
   * Credits a project, refunds a charge or corrects a credit. The other parameters are those of
   * {@link #credit(String, Money, String, String)}.
   *
   * @param corrects the id of the entry to correct, as {@link
   *     dev.tollgate.gateway.ledger.Correction} allows; null: none
   */
  public CreditOutcome credit(
      String name, Money amount, @Nullable String corrects, String note, @Nullable String id) {
    return credits.credit(name, amount, corrects, note, id);
  }

  /** What was used and charged in a time, by project, key, model or day. */
  public UsageReport usage(UsageRequest request) {
    return reports.usage(request);
  }

  /** The projects that were charged within {@code span} or hold something; most charged first. */
  public List<Activity> top(Duration span) {
    return reports.top(span);
  }

  /**
   * A project's newest ledger entries, newest first.
   *
   * @param limit the maximum number of entries, from 1 to 10,000
   */
  public List<Entry> entries(String name, int limit) {
    return entries(EntryRequest.ofProject(name), limit);
  }

  /** The newest entries of {@code request}, which names a project, newest first. */
  public List<Entry> entries(EntryRequest request, int limit) {
    return reports.entries(request, limit);
  }

  /**
   * Any number of entries, in the order of booking.
   *
   * @param after the position to begin behind; null: the beginning
   * @param limit the largest number of entries, 1 or more; null: all
   */
  public EntryExport export(EntryRequest request, @Nullable String after, @Nullable Long limit) {
    return reports.export(request, after, limit);
  }

  /**
   * The audit log, newest line first.
   *
   * @param name the name of one project; null: all projects
   * @param limit as in {@link #entries}
   */
  public List<Audited> audit(@Nullable String name, int limit) {
    return reports.audit(name, limit);
  }

  IdempotentRequests idempotentRequests() {
    return new IdempotentRequests(context);
  }

  /** Carries out several changes in one transaction: all of them, or none if one throws. */
  public <T> T together(Supplier<T> work) {
    return context.inTransaction(work);
  }

  /**
   * The requests that are open or pending, oldest first; the parameters are as in {@link #audit}.
   */
  public List<Unsettled> unsettled(@Nullable String name, int limit) {
    return holds.unsettled(name, limit);
  }

  /**
   * Settles a request whose cost is unknown. This is final: a cost that the upstream reports later
   * changes nothing.
   *
   * @param holdId the id of a pending request, as {@link #unsettled} lists it
   * @param charge the project's charge, zero or more; null: the hold is released
   */
  public SettledByHand settle(String holdId, @Nullable Money charge) {
    return holds.settle(holdId, charge);
  }

  /** The names of all projects, by project id. */
  public Map<String, String> projectNames() {
    return context.projectNames();
  }

  /**
   * Encrypts all upstream keys again with the newest master key. The older master keys are not
   * needed afterwards. Servers that use the database must already have the newest key.
   *
   * @return the number of upstream keys
   */
  public int sealAnew() {
    return projects.sealAnew();
  }

  /**
   * Checks the whole database. Servers may keep running.
   *
   * @param maxDelay the longest time ahead for which a server schedules the next cost look-up of a
   *     pending hold
   */
  public Checkup check(Duration maxDelay) {
    return reports.check(maxDelay);
  }

  /**
   * Compares the captured amounts of each upstream key with the upstream's spending figure, both
   * counted from a baseline. The first run takes the baseline.
   *
   * @param newBaseline true: take a new baseline and compare nothing
   */
  public List<Drift> drift(UpstreamSpending upstream, boolean newBaseline) {
    return reports.drift(upstream, newBaseline);
  }
}
