package dev.tollgate.gateway.jdbc;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Mark in the database that shows whether the machine of the last server stopped without warning.
 * Then holds of the last moments may be missing, see {@link HoldDurability#PROCESS}. The mark is
 * the machine's boot id, which changes with each start of its kernel (random(4)). A server that
 * stops cleanly removes the mark. Without a boot id, as on other systems than Linux, nothing is
 * detected.
 */
final class UncleanStop {
  private static final Logger LOG = System.getLogger(UncleanStop.class.getName());
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
  private static final String MARK = "server_boot_id";

  private final Database database;
  private final String bootId;
  private boolean marked;

  UncleanStop(Database database) {
    this(database, bootId());
  }

  /**
   * @param bootId empty: unknown
   */
  UncleanStop(Database database, String bootId) {
    this.database = database;
    this.bootId = bootId;
  }

  private static String bootId() {
    try {
      return Files.readString(BOOT_ID).strip();
    } catch (IOException e) {
      return "";
    }
  }

  /**
   * Warns if the last server was stopped by its machine. Leaves a mark if this server's holds do
   * not wait for the disk.
   *
   * @param leaseTtl the term of the last server's lease; each renewal has put all commits before it
   *     on the disk
   */
  void onStart(Duration leaseTtl, HoldDurability durability) {
    if (bootId.isEmpty()) {
      return;
    }
    Optional<Instant> lastRenewal =
        database.write(
            sql -> {
              Optional<String> before =
                  sql.query("SELECT value FROM setting WHERE name = ?")
                      .text(MARK)
                      .first(row -> row.text("value"));
              remove(sql);
              if (durability == HoldDurability.PROCESS) {
                sql.query("INSERT INTO setting (name, value) VALUES (?, ?)")
                    .text(MARK, bootId)
                    .update();
                marked = true;
              }
              return before.filter(id -> !id.equals(bootId)).isPresent()
                  ? lastRenewal(sql, leaseTtl)
                  : Optional.empty();
            });
    lastRenewal.ifPresent(
        time ->
            LOG.log(
                Level.WARNING,
                "the machine of the last server on this database stopped without warning: requests"
                    + " sent upstream after {0} may have no hold and no charge; tollgate check"
                    + " --drift compares with the upstream",
                time));
  }

  private static int remove(SqlSession sql) throws SQLException {
    return sql.query("DELETE FROM setting WHERE name = ?").text(MARK).update();
  }

  private static Optional<Instant> lastRenewal(SqlSession sql, Duration leaseTtl)
      throws SQLException {
    return sql.query("SELECT coalesce(max(lease_until), 0) AS until FROM node")
        .first(row -> row.time("until").minus(leaseTtl));
  }

  /** Removes the mark. */
  void onStop() {
    if (!marked) {
      return;
    }
    try {
      database.write(UncleanStop::remove);
    } catch (RuntimeException e) {
      LOG.log(Level.DEBUG, "no mark of a clean stop", e);
    }
  }
}
