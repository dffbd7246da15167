package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.AnsweredRequests;
import dev.tollgate.gateway.account.AuditLog;
import dev.tollgate.gateway.account.KeyAdmin;
import dev.tollgate.gateway.account.KeyStore;
import dev.tollgate.gateway.account.MasterKey;
import dev.tollgate.gateway.account.OwnerOnly;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.account.StoreUnavailableException;
import dev.tollgate.gateway.account.Transactions;
import dev.tollgate.gateway.account.UpstreamKeys;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Reports;
import dev.tollgate.gateway.threads.OwnThreads;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * All that is kept in one database. Safe for use by many threads; to be closed by who opened it.
 */
public final class JdbcStores implements AutoCloseable {
  private static final Logger LOG = System.getLogger(JdbcStores.class.getName());
  static final String CHECK = "master-key-check";
  private static final String MASTER_KEY = ".master-key";
  private static final String LOCK = ".lock";
  private static final Secret CHECK_TEXT = Secret.of("tollgate");

  private final Database database;
  private final Optional<Path> file;
  private final @Nullable ServerLock serverLock;
  private final JdbcKeyStore keys;
  private final OwnThreads threads = new OwnThreads();
  private final Lease lease;
  private final JdbcLedger ledger;
  private final JdbcUpstreamKeys upstreamKeys;
  private final JdbcReports reports;
  private final JdbcAuditLog audit;
  private final JdbcAnsweredRequests requests;

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
    CommitQueue commits = new CommitQueue(database, node, threads);
    this.lease = new Lease(node, leaseTtl, serverLock != null, database, commits, threads);
    this.ledger = new JdbcLedger(database, lease, commits);
    this.upstreamKeys = new JdbcUpstreamKeys(database, masterKey);
    this.reports = new JdbcReports(database);
    this.audit = new JdbcAuditLog(database);
    this.requests = new JdbcAnsweredRequests(database);
  }

  /**
   * Opens the database beside whatever server runs on it. Its ledger holds nothing.
   *
   * @param masterKey null: read from the file beside the database, which is made when the database
   *     is; a database on a server has no such file
   * @throws DatabaseException if it cannot be opened, or the master key is missing or not the one
   *     it was made with
   */
  public static JdbcStores open(DatabaseOptions options, @Nullable MasterKey masterKey) {
    Place place = Place.of(options);
    place.requireNotLost(MASTER_KEY);
    return open(place, masterKey, Duration.ZERO, null);
  }

  /**
   * Makes an empty database where one was lost, which all that opens it refuses to do.
   *
   * @param masterKey as in {@link #open}
   * @throws DatabaseException if a database is there, it is not a SQLite file, a server runs on it,
   *     or as in {@link #open}
   */
  public static void create(DatabaseOptions options, @Nullable MasterKey masterKey) {
    Place place = Place.of(options);
    if (place.file().isEmpty()) {
      throw new DatabaseException(
          "database " + place.name() + " is on a server; --new-database is for a SQLite file");
    }
    if (!place.isMissing()) {
      throw new DatabaseException(
          "database " + place.name() + " is there; start without --new-database");
    }
    openAlone(place, masterKey).close();
  }

  /**
   * Opens the database while no server has it open, where that can be known: on a SQLite file.
   *
   * @param masterKey as in {@link #open}
   * @throws DatabaseException as in {@link #open}, and if a server has the file open
   */
  public static JdbcStores openAlone(DatabaseOptions options, @Nullable MasterKey masterKey) {
    Place place = Place.of(options);
    place.requireNotLost(MASTER_KEY);
    return openAlone(place, masterKey);
  }

  private static JdbcStores openAlone(Place place, @Nullable MasterKey masterKey) {
    ServerLock lock = lock(place);
    try {
      return open(place, masterKey, Duration.ZERO, lock);
    } catch (RuntimeException e) {
      if (lock != null) {
        lock.close();
      }
      throw e;
    }
  }

  private static @Nullable ServerLock lock(Place place) {
    return place.beside(LOCK).map(file -> ServerLock.acquire(file, place.name())).orElse(null);
  }

  /** Where the master key of a database is, if nobody configures one; empty: somebody must. */
  public static Optional<Path> masterKeyFile(DatabaseOptions options) {
    return Place.of(options).beside(MASTER_KEY);
  }

  /**
   * Opens the database for a server: on a SQLite file there is one at a time.
   *
   * @param masterKey as in {@link #open}
   * @param leaseTtl after how long without a sign of life another server may take over what this
   *     one left
   * @throws DatabaseException as in {@link #open}, and if another server has it open
   */
  public static JdbcStores openForServer(
      DatabaseOptions options, @Nullable MasterKey masterKey, Duration leaseTtl) {
    return openForServer(Place.of(options), masterKey, leaseTtl);
  }

  /**
   * Opens an application's own database for a server.
   *
   * @param source leads to a PostgreSQL database; it is not closed
   * @param masterKey needed
   * @param leaseTtl as in {@link #openForServer(DatabaseOptions, MasterKey, Duration)}
   * @throws DatabaseException as there
   */
  public static JdbcStores openForServer(
      DataSource source, @Nullable MasterKey masterKey, Duration leaseTtl) {
    return openForServer(Place.of(source), masterKey, leaseTtl);
  }

  /**
   * Where the database is.
   *
   * @param name what messages call it
   * @param options null: it is an application's
   */
  private record Place(
      String name, @Nullable DatabaseOptions options, Function<Migrator, Database> opener) {
    static Place of(DatabaseOptions options) {
      return new Place(options.name(), options, migrator -> Database.open(options, migrator));
    }

    static Place of(DataSource source) {
      return new Place(
          Database.OF_THE_APPLICATION, null, migrator -> Database.open(source, migrator));
    }

    Optional<Path> file() {
      return options == null ? Optional.empty() : options.file();
    }

    /** The file of this name beside the database's, if that is a file. */
    Optional<Path> beside(String suffix) {
      return options == null ? Optional.empty() : options.beside(suffix);
    }

    /** Whether there is no file, or an empty one, which is no database yet. */
    boolean isMissing() {
      return file().map(Path::toFile).filter(file -> file.length() == 0).isPresent();
    }

    /**
     * @param traces the suffixes of files that are made with a database and stay
     * @throws DatabaseException if one of them is there, but not the database
     */
    void requireNotLost(String... traces) {
      if (!isMissing()) {
        return;
      }
      for (String trace : traces) {
        Path left = beside(trace).orElseThrow();
        if (Files.exists(left)) {
          throw new DatabaseException(
              "database "
                  + name
                  + " is missing, but "
                  + left
                  + " shows that there was one; put the database back, or make an empty one"
                  + " by serve --new-database, or by moving that file away");
        }
      }
    }
  }

  private static JdbcStores openForServer(
      Place place, @Nullable MasterKey masterKey, Duration leaseTtl) {
    // Before the lock, which leaves its file.
    place.requireNotLost(MASTER_KEY, LOCK);
    ServerLock lock = lock(place);
    try {
      JdbcStores stores = open(place, masterKey, leaseTtl, lock);
      try {
        stores.lease.start();
        warnOfReaders(place);
        return stores;
      } catch (StoreUnavailableException e) {
        stores.ledger.close();
        stores.database.close();
        throw new DatabaseException(
            "cannot open database " + place.name() + ": " + e.getMessage(), e);
      }
    } catch (RuntimeException e) {
      if (lock != null) {
        lock.close();
      }
      throw e;
    }
  }

  private static void warnOfReaders(Place place) {
    for (Optional<Path> each : List.of(place.file(), place.beside(MASTER_KEY))) {
      each.ifPresent(
          file ->
              OwnerOnly.readableByOthers(file)
                  .ifPresent(
                      permissions ->
                          LOG.log(
                              Level.WARNING,
                              "{0} can be read by others ({1}): chmod 600 {0}",
                              file.toAbsolutePath(),
                              permissions)));
    }
  }

  private static JdbcStores open(
      Place place, @Nullable MasterKey masterKey, Duration leaseTtl, @Nullable ServerLock lock) {
    if (masterKey == null && place.beside(MASTER_KEY).isEmpty()) {
      throw new DatabaseException(
          "tollgate.master.key is not set; database " + place.name() + " needs one");
    }
    Database database = place.opener().apply(Migrator.ofThisBuild());
    try {
      // In a transaction: two processes that start at once agree on one master key.
      MasterKey checked =
          database.inTransaction(() -> checkedMasterKey(database, place, masterKey));
      return new JdbcStores(database, place.file(), checked, leaseTtl, lock);
    } catch (RuntimeException e) {
      database.close();
      throw e;
    }
  }

  private static MasterKey checkedMasterKey(
      Database database, Place place, @Nullable MasterKey configured) {
    Optional<String> check = database.read(JdbcStores::readCheck);
    MasterKey key = configured;
    if (key == null) {
      key = masterKeyFromFile(place, check.isPresent());
    }
    if (check.isEmpty()) {
      String sealed = key.seal(CHECK_TEXT, CHECK);
      database.write(
          sql ->
              sql.query("INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING")
                  .text(CHECK, sealed)
                  .update());
      // Perhaps another server's, which came first.
      check = database.read(JdbcStores::readCheck);
    }
    try {
      key.open(check.orElseThrow(), CHECK);
    } catch (IllegalArgumentException e) {
      throw new DatabaseException(
          "the master key is not the one that database " + place.name() + " was made with", e);
    }
    return key;
  }

  private static MasterKey masterKeyFromFile(Place place, boolean mustExist) {
    Path file = place.beside(MASTER_KEY).orElseThrow();
    if (mustExist && !Files.exists(file)) {
      throw new DatabaseException(
          "the master key file " + file + " is missing; put it back, or set tollgate.master.key");
    }
    try {
      return MasterKey.readOrCreate(file);
    } catch (IllegalArgumentException e) {
      throw new DatabaseException(String.valueOf(e.getMessage()), e);
    }
  }

  private static Optional<String> readCheck(SqlSession sql) throws SQLException {
    return sql.query("SELECT value FROM setting WHERE name = ?")
        .text(CHECK)
        .first(row -> row.text("value"));
  }

  /** Keys and projects, for the gateway. */
  public KeyStore keys() {
    return keys;
  }

  /** Keys and projects, for the operator. */
  public KeyAdmin keyAdmin() {
    return keys;
  }

  /** The books. */
  public Ledger ledger() {
    return ledger;
  }

  /** How many changes of the books wait to be written. */
  public int waitingChanges() {
    return ledger.waiting();
  }

  /** The threads that write the ledger and renew the lease. */
  public OwnThreads threads() {
    return threads;
  }

  /** The file that the database is in; empty: it is on a server. */
  public Optional<Path> file() {
    return file;
  }

  /** What the books say. */
  public Reports reports() {
    return reports;
  }

  /** The upstream keys that requests were sent with. */
  public UpstreamKeys upstreamKeys() {
    return upstreamKeys;
  }

  /** Who changed what. */
  public AuditLog audit() {
    return audit;
  }

  /** The operator's requests that are carried out once. */
  public AnsweredRequests answeredRequests() {
    return requests;
  }

  /** Transactions over all of them. */
  public Transactions transactions() {
    return database;
  }

  @Override
  public void close() {
    ledger.close();
    database.close();
    if (serverLock != null) {
      serverLock.close();
    }
  }
}
