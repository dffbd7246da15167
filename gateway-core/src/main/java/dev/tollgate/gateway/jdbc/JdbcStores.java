package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.KeyAdmin;
import dev.tollgate.gateway.account.KeyStore;
import dev.tollgate.gateway.account.MasterKey;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.account.Transactions;
import dev.tollgate.gateway.ledger.Ledger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * All that is kept in one database. Safe for use by many threads; to be closed by who opened it.
 */
public final class JdbcStores implements AutoCloseable {
  private static final String CHECK = "master-key-check";
  private static final Secret CHECK_TEXT = Secret.of("tollgate");

  private final Database database;
  private final @Nullable ServerLock serverLock;
  private final JdbcKeyStore keys;
  private final JdbcLedger ledger;

  private JdbcStores(Database database, MasterKey masterKey, @Nullable ServerLock serverLock) {
    this.database = database;
    this.serverLock = serverLock;
    this.keys = new JdbcKeyStore(database, masterKey);
    this.ledger = new JdbcLedger(database);
  }

  /**
   * Opens the database beside whatever server runs on it.
   *
   * @param masterKey null: read from the file beside the database, which is made when the database
   *     is
   * @throws DatabaseException if it cannot be opened, or the master key is not the one it was made
   *     with
   */
  public static JdbcStores open(DatabaseOptions options, @Nullable MasterKey masterKey) {
    return open(options, masterKey, null);
  }

  /**
   * Opens the database for a server: there is one at a time.
   *
   * @param masterKey as in {@link #open}
   * @throws DatabaseException as in {@link #open}, and if another server has it open
   */
  public static JdbcStores openForServer(DatabaseOptions options, @Nullable MasterKey masterKey) {
    ServerLock lock = ServerLock.acquire(options);
    try {
      return open(options, masterKey, lock);
    } catch (RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  private static JdbcStores open(
      DatabaseOptions options, @Nullable MasterKey masterKey, @Nullable ServerLock lock) {
    Database database = Database.open(options, Migrator.ofThisBuild());
    try {
      // In a transaction: two processes that start at once agree on one master key.
      MasterKey checked =
          database.inTransaction(() -> checkedMasterKey(database, options, masterKey));
      return new JdbcStores(database, checked, lock);
    } catch (RuntimeException e) {
      database.close();
      throw e;
    }
  }

  private static MasterKey checkedMasterKey(
      Database database, DatabaseOptions options, @Nullable MasterKey configured) {
    Optional<String> check = database.read(JdbcStores::readCheck);
    MasterKey key = configured;
    if (key == null) {
      key = masterKeyFromFile(options, check.isPresent());
    }
    if (check.isEmpty()) {
      String sealed = key.seal(CHECK_TEXT, CHECK);
      database.write(
          connection -> {
            try (PreparedStatement insert =
                connection.prepareStatement("INSERT INTO setting (name, value) VALUES (?, ?)")) {
              insert.setString(1, CHECK);
              insert.setString(2, sealed);
              return insert.executeUpdate();
            }
          });
    } else {
      try {
        key.open(check.get(), CHECK);
      } catch (IllegalArgumentException e) {
        throw new DatabaseException(
            "the master key is not the one that database " + options.file() + " was made with", e);
      }
    }
    return key;
  }

  private static MasterKey masterKeyFromFile(DatabaseOptions options, boolean mustExist) {
    Path file = options.beside(".master-key");
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

  private static Optional<String> readCheck(Connection connection) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT value FROM setting WHERE name = ?")) {
      select.setString(1, CHECK);
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
      }
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

  /** The books. */
  public Ledger ledger() {
    return ledger;
  }

  /** Transactions over all of them. */
  public Transactions transactions() {
    return database;
  }

  @Override
  public void close() {
    database.close();
    if (serverLock != null) {
      serverLock.close();
    }
  }
}
