package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.MasterKey;
import dev.tollgate.gateway.account.Secret;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A sealed text in the database, which only the database's own master key can open. */
final class MasterKeyCheck {
  /** The name of the setting that stores the text; also the context that the text is sealed for. */
  static final String NAME = "master-key-check";

  private static final Secret TEXT = Secret.of("tollgate");

  private MasterKeyCheck() {}

  /**
   * The master key of an open database. Call this in a transaction: two processes that start at the
   * same time then agree on one key.
   *
   * @param configured null: read from the file next to the database, or created there
   * @throws DatabaseException if the key is missing, or is not the one that the database was
   *     created with
   */
  static MasterKey masterKey(
      Database database, DatabaseLocation location, @Nullable MasterKey configured) {
    Optional<String> check = read(database);
    MasterKey key = configured;
    if (key == null) {
      key = fromFile(location, check.isPresent());
    }
    if (check.isEmpty()) {
      String sealed = key.seal(TEXT, NAME);
      database.update(
          "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING",
          query -> query.text(NAME, sealed));
      // Another server may have inserted its text first.
      check = read(database);
    }
    try {
      key.open(check.orElseThrow(), NAME);
    } catch (IllegalArgumentException e) {
      throw new DatabaseException(
          "the master key is not the one that database "
              + location.name()
              + " was created"
              + " with",
          e);
    }
    return key;
  }

  private static MasterKey fromFile(DatabaseLocation location, boolean mustExist) {
    Path file = location.masterKeyFile().orElseThrow();
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

  private static Optional<String> read(Database database) {
    return database.first(
        "SELECT value FROM setting WHERE name = ?",
        query -> query.text(NAME),
        row -> row.text("value"));
  }
}
