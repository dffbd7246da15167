package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.AnsweredRequests;
import dev.tollgate.gateway.account.AuditLog;
import dev.tollgate.gateway.account.KeyAdmin;
import dev.tollgate.gateway.account.KeyStore;
import dev.tollgate.gateway.account.MasterKey;
import dev.tollgate.gateway.account.StoreUnavailableException;
import dev.tollgate.gateway.account.Transactions;
import dev.tollgate.gateway.account.UpstreamKeys;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Reports;
import dev.tollgate.gateway.threads.OwnThreads;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * All stores of one database. Safe for use by many threads; the caller that opened it must close
 * it.
 */
public final class JdbcStores implements AutoCloseable {
  private final Database database;
  private final Optional<Path> file;
  private final @Nullable ServerLock serverLock;
  private final JdbcKeyStore keys;
  private final OwnThreads threads = new OwnThreads();
  private final CommitQueue commits;
  private final Lease lease;
  private final JdbcLedger ledger;
  private final JdbcUpstreamKeys upstreamKeys;
  private final JdbcReports reports;
  private final JdbcAuditLog audit;
  private final JdbcAnsweredRequests requests;
  private final UncleanStop unclean;

  private JdbcStores(
      Database database,
      Optional<Path> file,
      MasterKey masterKey,
      Duration leaseTtl,
      @Nullable ServerLock serverLock) {
    this.database = database;
    this.file = file;
    this.serverLock = serverLock;
    this.keys = new JdbcKeyStore(database, masterKey);
    String node = "node_" + UUID.randomUUID();
    this.commits = new CommitQueue(database, node, threads);
    this.lease = new Lease(node, leaseTtl, serverLock != null, database, commits, threads);
    this.ledger = new JdbcLedger(database, lease, commits);
    this.upstreamKeys = new JdbcUpstreamKeys(database, masterKey);
    this.reports = new JdbcReports(database);
    this.audit = new JdbcAuditLog(database);
    this.requests = new JdbcAnsweredRequests(database);
    this.unclean = new UncleanStop(database);
  }

  /**
   * Opens the database for a command, not for a server; a server may have it open at the same time.
   * The ledger of this instance cannot place holds.
   *
   * @param masterKey null: read from the file next to the database, which is created with the
   *     database; a PostgreSQL database has no such file
   * @throws DatabaseException if the database cannot be opened, or if the master key is missing or
   *     is not the one that the database was created with
   */
  public static JdbcStores open(DatabaseOptions options, @Nullable MasterKey masterKey) {
    DatabaseLocation location = DatabaseLocation.of(options);
    location.requireNotLost();
    return open(location, masterKey, Duration.ZERO, null);
  }

  /**
   * Creates an empty database in place of one that was lost. The other methods refuse to do so.
   *
   * @param masterKey as in {@link #open}
   * @throws DatabaseException if the database exists, if it is not a SQLite file, if a server runs
   *     on it, or as in {@link #open}
   */
  public static void create(DatabaseOptions options, @Nullable MasterKey masterKey) {
    DatabaseLocation location = DatabaseLocation.of(options);
    if (location.file().isEmpty()) {
      throw new DatabaseException(
          "database " + location.name() + " is on a server; --new-database needs a SQLite file");
    }
    if (!location.isMissing()) {
      throw new DatabaseException(
          "database " + location.name() + " already exists; start without --new-database");
    }
    openAlone(location, masterKey).close();
  }

  /**
   * Opens the database and makes sure that no server has it open. Only a SQLite file can be
   * checked.
   *
   * @param masterKey as in {@link #open}
   * @throws DatabaseException as in {@link #open}, and if a server has the file open
   */
  public static JdbcStores openAlone(DatabaseOptions options, @Nullable MasterKey masterKey) {
    DatabaseLocation location = DatabaseLocation.of(options);
    location.requireNotLost();
    return openAlone(location, masterKey);
  }

  private static JdbcStores openAlone(DatabaseLocation location, @Nullable MasterKey masterKey) {
    return locked(location, lock -> open(location, masterKey, Duration.ZERO, lock));
  }

  /** Opens with the lock on the database; null: it is on a server and needs none. */
  private static JdbcStores locked(
      DatabaseLocation location, Function<@Nullable ServerLock, JdbcStores> opener) {
    ServerLock lock = location.lock();
    try {
      return opener.apply(lock);
    } catch (RuntimeException e) {
      if (lock != null) {
        lock.close();
      }
      throw e;
    }
  }

  /**
   * The file of a database's master key, used if no key is configured; empty: a key must be
   * configured.
   */
  public static Optional<Path> masterKeyFile(DatabaseOptions options) {
    return DatabaseLocation.of(options).masterKeyFile();
  }

  /**
   * Opens the database for a server. A SQLite file allows one server at a time.
   *
   * @param masterKey as in {@link #open}
   * @param leaseTtl how long after this server's last heartbeat another server may take over its
   *     holds
   * @throws DatabaseException as in {@link #open}, and if another server has the file open
   */
  public static JdbcStores openForServer(
      DatabaseOptions options, @Nullable MasterKey masterKey, Duration leaseTtl) {
    return openForServer(options, masterKey, leaseTtl, options.holdDurability());
  }

  /**
   * Opens the database for a server, as {@link #openForServer(DatabaseOptions, MasterKey,
   * Duration)} does, with another durability of holds than the default.
   *
   * @throws IllegalArgumentException for {@link HoldDurability#PROCESS} on PostgreSQL
   */
  public static JdbcStores openForServer(
      DatabaseOptions options,
      @Nullable MasterKey masterKey,
      Duration leaseTtl,
      HoldDurability durability) {
    if (durability == HoldDurability.PROCESS && options.file().isEmpty()) {
      throw new IllegalArgumentException("PostgreSQL makes each hold durable");
    }
    return openForServer(DatabaseLocation.of(options), masterKey, leaseTtl, durability);
  }

  /**
   * Opens an application's own database for a server.
   *
   * @param source connects to a PostgreSQL database; never closed
   * @param masterKey must not be null
   * @param leaseTtl as for other databases
   * @throws DatabaseException as for other databases, and if {@code masterKey} is null
   */
  public static JdbcStores openForServer(
      DataSource source, @Nullable MasterKey masterKey, Duration leaseTtl) {
    return openForServer(DatabaseLocation.of(source), masterKey, leaseTtl, HoldDurability.POWER);
  }

  private static JdbcStores openForServer(
      DatabaseLocation location,
      @Nullable MasterKey masterKey,
      Duration leaseTtl,
      HoldDurability durability) {
    // Before taking the lock, which leaves its file behind.
    location.requireNotLostForServer();
    return locked(
        location,
        lock -> open(location, masterKey, leaseTtl, lock).started(location, leaseTtl, durability));
  }

  private JdbcStores started(
      DatabaseLocation location, Duration leaseTtl, HoldDurability durability) {
    try {
      database.durability().start(durability, threads, commits::wake);
      unclean.onStart(leaseTtl, durability);
      lease.start();
      location.warnOfReaders();
      return this;
    } catch (RuntimeException e) {
      ledger.close();
      unclean.onStop();
      database.close();
      throw e instanceof StoreUnavailableException
          ? DatabaseException.cannotOpen(location.name(), e.getMessage(), e)
          : e;
    }
  }

  private static JdbcStores open(
      DatabaseLocation location,
      @Nullable MasterKey masterKey,
      Duration leaseTtl,
      @Nullable ServerLock lock) {
    if (masterKey == null && location.masterKeyFile().isEmpty()) {
      throw new DatabaseException(
          "tollgate.master.key is not set; database " + location.name() + " needs one");
    }
    Database database = location.open();
    try {
      // In a transaction: two processes that start at the same time agree on one master key.
      MasterKey checked =
          database.inTransaction(() -> MasterKeyCheck.masterKey(database, location, masterKey));
      return new JdbcStores(database, location.file(), checked, leaseTtl, lock);
    } catch (RuntimeException e) {
      database.close();
      throw e;
    }
  }

  /** Keys and projects, for the gateway. */
  public KeyStore keys() {
    return keys;
  }

  /** Keys and projects, for the operator. */
  public KeyAdmin keyAdmin() {
    return keys;
  }

  /** The ledger. */
  public Ledger ledger() {
    return ledger;
  }

  /** The number of ledger changes that wait to be written. */
  public int waitingChanges() {
    return ledger.waiting();
  }

  /** See {@link Durability#forcedLogBytes}. For proofs of what a power failure leaves. */
  OptionalLong forcedLogBytes() {
    return database.durability().forcedLogBytes();
  }

  /** The threads that write the ledger and renew the lease. */
  public OwnThreads threads() {
    return threads;
  }

  /** The database file; empty: the database is on a server. */
  public Optional<Path> file() {
    return file;
  }

  /** Reports of the ledger. */
  public Reports reports() {
    return reports;
  }

  /** The upstream keys that requests were sent with. */
  public UpstreamKeys upstreamKeys() {
    return upstreamKeys;
  }

  /** The audit log. */
  public AuditLog audit() {
    return audit;
  }

  /** The operator's requests that must run only once. */
  public AnsweredRequests answeredRequests() {
    return requests;
  }

  /** Transactions across all stores of this database. */
  public Transactions transactions() {
    return database;
  }

  @Override
  public void close() {
    ledger.close();
    unclean.onStop();
    database.close();
    if (serverLock != null) {
      serverLock.close();
    }
  }
}
