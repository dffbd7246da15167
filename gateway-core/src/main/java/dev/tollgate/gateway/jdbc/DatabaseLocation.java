package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.OwnerOnly;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The location of a database, and of the files next to it.
 *
 * @param name the name in messages
 * @param options null: the database belongs to the application
 */
record DatabaseLocation(
    String name, @Nullable DatabaseOptions options, Function<Migrator, Database> opener) {
  private static final Logger LOG = System.getLogger(DatabaseLocation.class.getName());
  private static final String MASTER_KEY = ".master-key";
  private static final String LOCK = ".lock";

  static DatabaseLocation of(DatabaseOptions options) {
    return new DatabaseLocation(
        options.name(), options, migrator -> Database.open(options, migrator));
  }

  static DatabaseLocation of(DataSource source) {
    return new DatabaseLocation(
        Database.OF_THE_APPLICATION, null, migrator -> Database.open(source, migrator));
  }

  Optional<Path> file() {
    return options == null ? Optional.empty() : options.file();
  }

  /** The path of the database file with a suffix; empty if the database is not a file. */
  private Optional<Path> beside(String suffix) {
    return options == null ? Optional.empty() : options.beside(suffix);
  }

  Optional<Path> masterKeyFile() {
    return beside(MASTER_KEY);
  }

  /**
   * Locks the database for this server, which must be the only server on a SQLite file. Null: the
   * database is on a server and needs no lock.
   *
   * @throws DatabaseException if another server has the file open
   */
  @Nullable ServerLock lock() {
    return beside(LOCK).map(file -> ServerLock.acquire(file, name)).orElse(null);
  }

  /**
   * Opens and migrates the database.
   *
   * @throws DatabaseException as in {@link Database#open}
   */
  Database open() {
    return opener.apply(Migrator.ofThisBuild());
  }

  /** Whether the database file does not exist or is empty; false for a database on a server. */
  boolean isMissing() {
    return file().map(Path::toFile).filter(file -> file.length() == 0).isPresent();
  }

  /**
   * Rejects a missing database if its master key file exists.
   *
   * @throws DatabaseException if the database was lost
   */
  void requireNotLost() {
    requireNotLost(MASTER_KEY);
  }

  /** The same for a server. A server also leaves a lock file. */
  void requireNotLostForServer() {
    requireNotLost(MASTER_KEY);
    requireNotLost(LOCK);
  }

  private void requireNotLost(String trace) {
    if (!isMissing()) {
      return;
    }
    Path left = beside(trace).orElseThrow();
    if (Files.exists(left)) {
      throw new DatabaseException(
          "database "
              + name
              + " is missing, but "
              + left
              + " shows that there was one; restore the database, or create an empty one"
              + " with serve --new-database or by moving that file away");
    }
  }

  /** Logs a warning for each file with secrets that other users can read. */
  void warnOfReaders() {
    file().ifPresent(DatabaseLocation::warnOfReaders);
    masterKeyFile().ifPresent(DatabaseLocation::warnOfReaders);
  }

  private static void warnOfReaders(Path file) {
    OwnerOnly.readableByOthers(file)
        .ifPresent(
            permissions ->
                LOG.log(
                    Level.WARNING,
                    "other users can read {0} ({1}); run chmod 600 {0}",
                    file.toAbsolutePath(),
                    permissions));
  }
}
