package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.AnsweredRequests;
import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.AuditLog;
import dev.tollgate.gateway.account.KeyAdmin;
import dev.tollgate.gateway.account.KeyMint;
import dev.tollgate.gateway.account.KeyMint.Minted;
import dev.tollgate.gateway.account.Limits;
import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.ModelList;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.account.StoredText;
import dev.tollgate.gateway.account.Transactions;
import dev.tollgate.gateway.account.UpstreamAccess;
import dev.tollgate.gateway.account.UpstreamKeys;
import dev.tollgate.gateway.admin.Trail.Action;
import dev.tollgate.gateway.ledger.Balance;
import dev.tollgate.gateway.ledger.Credit;
import dev.tollgate.gateway.ledger.CreditOutcome;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Hold;
import dev.tollgate.gateway.ledger.HoldMode;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Reports;
import dev.tollgate.gateway.ledger.Reports.Spending;
import dev.tollgate.gateway.ledger.Reports.Violation;
import dev.tollgate.gateway.ledger.Settled;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
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

  /** How long the key of a request is remembered. */
  public static final Duration REPEATED_WITHIN = Duration.ofHours(24);

  private static final int MAX_ROWS = 10_000;
  private static final int SHOWN_UNRESOLVED = 100;

  private final Stores stores;
  private final KeyAdmin keys;
  private final Ledger ledger;
  private final Reports reports;
  private final InstantSource clock;
  private final KeyMint mint;
  private final Trail trail;
  private final ProjectKeys projectKeys;

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
    this(stores, clock, new KeyMint(), new Trail(stores.audit(), Actor.EMBEDDER, clock));
  }

  private AdminService(Stores stores, InstantSource clock, KeyMint mint, Trail trail) {
    this.stores = stores;
    this.keys = stores.keys();
    this.ledger = stores.ledger();
    this.reports = stores.reports();
    this.clock = clock;
    this.mint = mint;
    this.trail = trail;
    this.projectKeys = new ProjectKeys(keys, mint, clock, trail);
  }

  /** The same use cases, carried out for somebody else. */
  public AdminService as(Actor actor) {
    return new AdminService(stores, clock, mint, trail.of(actor));
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
    return inTransaction(
        () -> {
          Project project =
              new Project(
                  mint.mintProjectId(), name, true, upstreamKey, Markup.NONE, clock.instant());
          if (!keys.insertProject(project)) {
            throw AdminException.conflict("project " + name + " exists already");
          }
          Map<String, Object> detail = new LinkedHashMap<>();
          detail.put("project_name", name);
          putUpstream(detail, project.upstream());
          trail.write(Action.PROJECT_CREATE, project.id(), "", detail);
          Minted key = projectKeys.create(project.id(), KeyWish.INFERENCE, false);
          if (balance.isPositive()) {
            book(project, balance, "first balance", newCreditId());
          }
          return key;
        });
  }

  private <T> T inTransaction(Supplier<T> work) {
    return stores.transactions().inTransaction(work);
  }

  /** Changes a project in a transaction, in which nobody else changes it. */
  private <T> T change(String name, Function<Project, T> work) {
    return inTransaction(
        () -> {
          keys.lockProject(require(name).id());
          // Once more: it may have been changed while this waited for the lock.
          return work.apply(require(name));
        });
  }

  /** Never the key itself. */
  private static void putUpstream(Map<String, Object> detail, UpstreamAccess upstream) {
    detail.put("upstream_key", upstream.kind() == UpstreamAccess.Kind.OWN ? "set" : "cleared");
    if (upstream.kind() == UpstreamAccess.Kind.NONE) {
      detail.put("upstream", upstream.kind().toString());
    }
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
    var unused =
        change(
            name,
            project -> {
              if (project.enabled() != enabled) {
                keys.setEnabled(project.id(), enabled);
                trail.write(
                    enabled ? Action.PROJECT_ENABLE : Action.PROJECT_DISABLE,
                    project.id(),
                    "",
                    Map.of());
              }
              return project;
            });
  }

  /**
   * What is to be different about a project; the rest stays.
   *
   * @param markup null: as it is
   * @param upstream with which key its calls are sent; null: as it is
   * @param limits what it is kept to
   */
  public record Configuration(
      @Nullable Markup markup, @Nullable UpstreamAccess upstream, LimitsChange limits) {
    /** Refuses what says nothing. */
    public Configuration {
      if (markup == null && upstream == null && !limits.isMade()) {
        throw new AdminException("there is nothing to configure");
      }
    }

    /**
     * The limits stay.
     *
     * @param markup null: as it is
     * @param upstreamKey an upstream key of its own; null: as it is
     * @param useDefaultKey true: it uses the operator's default key from now on
     */
    public Configuration(
        @Nullable Markup markup, @Nullable Secret upstreamKey, boolean useDefaultKey) {
      this(markup, access(upstreamKey, useDefaultKey), LimitsChange.NONE);
    }

    private static @Nullable UpstreamAccess access(
        @Nullable Secret upstreamKey, boolean useDefaultKey) {
      if (upstreamKey != null && useDefaultKey) {
        throw new AdminException(
            "a project has its own upstream key or uses the default, not both");
      }
      if (upstreamKey != null) {
        return UpstreamAccess.own(upstreamKey);
      }
      return useDefaultKey ? UpstreamAccess.DEFAULT : null;
    }
  }

  /** Changes what a project pays, with which key it calls, its limits, from the next request on. */
  public void configure(String name, Configuration configuration) {
    ModelList models = configuration.limits().models().value();
    if (models != null) {
      models.patterns().forEach(pattern -> requireStorable("models", pattern));
    }
    var unused =
        change(
            name,
            project -> {
              Map<String, @Nullable Object> detail = new LinkedHashMap<>();
              Markup markup = configuration.markup();
              if (markup != null) {
                keys.setMarkup(project.id(), markup);
                detail.put("markup", markup.toString());
              }
              UpstreamAccess upstream = configuration.upstream();
              if (upstream != null) {
                keys.setUpstream(project.id(), upstream);
                putUpstream(detail, upstream);
              }
              if (configuration.limits().isMade()) {
                Limits limits = configuration.limits().after(project.limits());
                keys.setLimits(project.id(), limits);
                putLimits(detail, configuration.limits(), limits);
              }
              trail.write(Action.PROJECT_CONFIGURE, project.id(), "", detail);
              return project;
            });
  }

  /** Those that were named, as they are from now on. */
  private static void putLimits(
      Map<String, @Nullable Object> detail, LimitsChange change, Limits limits) {
    Map<String, @Nullable Object> all = Fields.limits(limits);
    all.keySet().removeIf(name -> !change.names().contains(name));
    detail.putAll(all);
  }

  /**
   * Adds a key to a project.
   *
   * @return the key, which cannot be shown again
   */
  public Minted createKey(String name, KeyWish wish) {
    return change(name, project -> projectKeys.create(project.id(), wish, false));
  }

  /** The keys of a project, oldest first, revoked ones included. */
  public List<ApiKey> listKeys(String name) {
    return keys.listKeys(require(name).id());
  }

  /**
   * A key that was made in another's place.
   *
   * @param key cannot be shown again
   * @param replaced the other one, as it is now
   */
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
    return change(name, project -> projectKeys.rotate(project, keyId, grace));
  }

  /**
   * Changes what may be spent with a key for inference.
   *
   * @return the key as it is now
   */
  public ApiKey configureKey(String name, String keyId, CapsChange caps) {
    if (!caps.isMade()) {
      throw new AdminException("there is nothing to configure");
    }
    return change(name, project -> projectKeys.setCaps(project, keyId, caps));
  }

  /**
   * Revokes a key for good. Doing it twice is harmless.
   *
   * @return the key as it is now
   */
  public ApiKey revokeKey(String name, String keyId) {
    return change(name, project -> projectKeys.revoke(project, keyId));
  }

  // --- what a project does by itself, with a key for management that was checked before

  /**
   * Whether a project has a key that it made for itself.
   *
   * @param createdAt since when; null: it has none
   */
  public record InferenceStatus(boolean enabled, @Nullable Instant createdAt) {}

  /**
   * Makes a key for inference, and revokes those that a project made like this before.
   *
   * @param actorKeyId the key for management that asks for it
   * @return the key, which cannot be shown again
   */
  public Minted enableInference(String projectId, String actorKeyId) {
    return selfService(projectId, actorKeyId, made -> made.replaceSelfMade(projectId));
  }

  /** Whether a project has a live key that it made for itself. */
  public InferenceStatus inferenceStatus(String projectId) {
    return projectKeys.selfMadeStatus(projectId);
  }

  /**
   * Revokes the keys that a project made for itself, and no others.
   *
   * @param actorKeyId the key for management that asks for it
   * @return whether there was one
   */
  public boolean disableInference(String projectId, String actorKeyId) {
    return selfService(projectId, actorKeyId, made -> made.revokeSelfMade(projectId));
  }

  private <T> T selfService(String projectId, String keyId, Function<ProjectKeys, T> work) {
    return inTransaction(
        () -> {
          if (!keys.lockProject(projectId)) {
            throw AdminException.unknownProject(projectId);
          }
          return work.apply(projectKeys.writingTo(trail.of(Actor.key(keyId))));
        });
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
    requireStorable("note", note);
    if (id != null) {
      requireStorable("id", id);
    }
    if (id != null && id.startsWith(REQUEST_PREFIX)) {
      throw new AdminException("the id of a credit does not begin with " + REQUEST_PREFIX);
    }
    return inTransaction(() -> book(require(name), amount, note, id == null ? newCreditId() : id));
  }

  private CreditOutcome book(Project project, Money amount, String note, String id) {
    CreditOutcome outcome;
    try {
      outcome = ledger.credit(new Credit(id, project.id(), amount, note, clock.instant()));
    } catch (ArithmeticException e) {
      throw new AdminException("the balance would be larger than can be counted");
    }
    return switch (outcome.result()) {
      case BOOKED -> {
        Map<String, Object> detail = new LinkedHashMap<>();
        detail.put("amount", amount.toString());
        detail.put("note", note);
        trail.write(Action.CREDIT, project.id(), id, detail);
        yield outcome;
      }
      case REPEATED -> outcome;
      case ID_TAKEN ->
          throw AdminException.conflict(
              "credit " + AdminException.quoted(id) + " was booked before, with another amount");
      case BELOW_HELD ->
          throw AdminException.conflict(
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
   * A project's credits and corrections, newest first.
   *
   * @param limit as in {@link #entries}
   */
  public List<Entry> credits(String name, int limit) {
    requireLimit(limit);
    return reports.credits(require(name).id(), limit);
  }

  /**
   * A line of the audit log.
   *
   * @param projectName whose; null: no project's
   */
  public record Audited(@Nullable String projectName, AuditLog.Line line) {}

  /**
   * Who changed what, newest first.
   *
   * @param name of one project; null: of all
   * @param limit as in {@link #entries}
   */
  public List<Audited> audit(@Nullable String name, int limit) {
    requireLimit(limit);
    Map<String, String> names = projectNames();
    return stores.audit().lines(name == null ? null : require(name).id(), limit).stream()
        .map(
            line -> {
              String id = line.projectId();
              return new Audited(id == null ? null : names.getOrDefault(id, id), line);
            })
        .toList();
  }

  /**
   * What is answered to a request.
   *
   * @param status the HTTP status
   * @param body as it is sent
   * @param kept the same without secrets
   */
  public record Answer(int status, String body, String kept) {}

  /**
   * Carries out a request once: what it changes, and what was answered, are written in one
   * transaction. One with the same key within {@link #REPEATED_WITHIN} gets the same answer,
   * without secrets, and changes nothing; if it comes at the same time, it waits.
   *
   * @param key given by whoever sends the request
   * @param fingerprint of the request: with the same key but another fingerprint it is refused
   */
  public Answer once(String key, String fingerprint, Supplier<Answer> work) {
    requireStorable("Idempotency-Key", key);
    return inTransaction(
        () -> {
          Instant now = clock.instant();
          AnsweredRequests requests = stores.requests();
          if (requests.take(key, fingerprint, now, now.minus(REPEATED_WITHIN))) {
            Answer answer = work.get();
            requests.answer(key, answer.status(), answer.kept());
            return answer;
          }
          AnsweredRequests.Answered before = requests.find(key).orElseThrow();
          if (!before.fingerprint().equals(fingerprint)) {
            throw new AdminException(
                AdminException.Reason.KEY_REUSED,
                "another request came before with this idempotency key");
          }
          return new Answer(before.status(), before.body(), before.body());
        });
  }

  /** Carries out several changes as one: all of them, or none if one throws. */
  public <T> T together(Supplier<T> work) {
    return inTransaction(work);
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
    if (charge != null && charge.isNegative()) {
      throw new AdminException("the charge is " + charge + " USD, but must not be negative");
    }
    return inTransaction(
        () -> {
          Hold hold = requirePending(holdId);
          if (charge != null
              && hold.request().mode() == HoldMode.STRICT
              && charge.compareTo(hold.placed()) > 0) {
            throw new AdminException(
                "the charge is %s USD, but hold %s is strict: at most %s USD"
                    .formatted(charge, holdId, hold.placed()));
          }
          try {
            if (ledger.settle(holdId, charge, clock.instant().truncatedTo(ChronoUnit.MILLIS))
                != Settled.DONE) {
              // The reconciler or another operator settled it after it was read.
              throw notPending(requireHold(holdId));
            }
          } catch (ArithmeticException e) {
            throw new AdminException("the charge is " + charge + " USD, more than can be counted");
          }
          String projectId = hold.request().projectId();
          Entry entry = charge == null ? null : reports.entry(projectId, holdId).orElseThrow();
          Map<String, @Nullable Object> detail = new LinkedHashMap<>();
          detail.put("charge", entry == null ? null : entry.amount().toString());
          trail.write(Action.HOLD_SETTLE, projectId, holdId, detail);
          return new SettledByHand(
              projectNames().getOrDefault(projectId, projectId),
              holdId,
              entry,
              ledger.balance(projectId));
        });
  }

  private Hold requirePending(String holdId) {
    Hold hold = requireHold(holdId);
    if (hold.state() != Hold.State.PENDING) {
      throw notPending(hold);
    }
    return hold;
  }

  private Hold requireHold(String holdId) {
    requireStorable("hold id", holdId);
    return reports.hold(holdId).orElseThrow(() -> AdminException.unknownHold(holdId));
  }

  private static AdminException notPending(Hold hold) {
    return AdminException.conflict(
        "hold "
            + hold.id()
            + " is "
            + hold.state().name().toLowerCase(Locale.ROOT)
            + "; only a pending hold can be settled");
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

  /**
   * Seals all upstream keys anew, by the newest master key, so that the older ones are not needed
   * any more. Servers that run on the database must have the newest key.
   *
   * @return how many there were
   */
  public int sealAnew() {
    return inTransaction(
        () -> {
          int sealed = keys.sealAnew();
          trail.write(Action.MASTER_KEY_ROTATE, null, "", Map.of("upstream_keys", sealed));
          return sealed;
        });
  }

  /** As {@link #check(Duration)}; pending holds may be due as late as tomorrow. */
  public Checkup check() {
    return check(Duration.ofDays(1));
  }

  /**
   * Goes over the whole database, beside whatever server runs on it.
   *
   * @param maxDelay how far ahead a server asks for the cost of a pending hold at most
   */
  public Checkup check(Duration maxDelay) {
    List<Violation> violations = reports.violations(clock.instant(), maxDelay);
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
    return new DriftCheck(reports, stores.upstreamKeys(), upstream, clock).run(newBaseline);
  }

  private static String newCreditId() {
    return "credit_" + UUID.randomUUID();
  }

  /** Refuses what a database would refuse, or keep in another form. */
  private static void requireStorable(String field, String text) {
    try {
      StoredText.require(field, text);
    } catch (IllegalArgumentException e) {
      throw new AdminException(String.valueOf(e.getMessage()));
    }
  }

  private Project require(String name) {
    requireStorable("project name", name);
    return keys.findProject(name).orElseThrow(() -> AdminException.unknownProject(name));
  }
}
