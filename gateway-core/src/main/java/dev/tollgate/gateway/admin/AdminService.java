package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.KeyAdmin;
import dev.tollgate.gateway.account.KeyMint;
import dev.tollgate.gateway.account.KeyMint.Minted;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.account.Transactions;
import dev.tollgate.gateway.ledger.Balance;
import dev.tollgate.gateway.ledger.Credit;
import dev.tollgate.gateway.ledger.CreditOutcome;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Money;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The operator's use cases. Each does all of what it says or nothing, and throws {@link
 * AdminException} where the operator is at fault. Safe for use by many threads; methods may block
 * and throw {@link dev.tollgate.gateway.account.StoreUnavailableException}.
 */
public final class AdminService {
  private static final int MAX_NOTE_CHARACTERS = 500;
  private static final int MAX_ID_CHARACTERS = 200;

  private final KeyAdmin keys;
  private final Ledger ledger;
  private final Transactions transactions;
  private final InstantSource clock;
  private final KeyMint mint = new KeyMint();

  /** The use cases over these stores, which must share the transactions. */
  public AdminService(
      KeyAdmin keys, Ledger ledger, Transactions transactions, InstantSource clock) {
    this.keys = keys;
    this.ledger = ledger;
    this.transactions = transactions;
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
              new Project(mint.mintProjectId(), name, true, upstreamKey, clock.instant());
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
