package dev.tollgate.gateway.jdbc;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;

/**
 * Mark in the database that shows whether the machine of the last server stopped without warning.
 * Then holds of the last moments may be missing, see {@link HoldDurability#PROCESS}. The mark is
 * the machine's boot id, which changes with each start of its kernel (random(4)), and the term of
 * the server's lease. A server that stops cleanly removes the mark. Without a boot id, as on other
 * systems than Linux, nothing is detected.
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
   * @param leaseTtl the term of this server's lease
   */
  void onStart(Duration leaseTtl, HoldDurability durability) {
    if (bootId.isEmpty()) {
      return;
    }
    Optional<String> warning =
        database.write(
            sql -> {
              Optional<String> before =
                  sql.query("SELECT value FROM setting WHERE name = ?")
                      .text(MARK)
                      .first(row -> row.text("value"));
              remove(sql);
              if (durability == HoldDurability.PROCESS) {
                sql.query("INSERT INTO setting (name, value) VALUES (?, ?)")
                    .text(MARK, bootId + " " + leaseTtl.toMillis())
                    .update();
                marked = true;
              }
              return before.isPresent() && !before.get().startsWith(bootId + " ")
                  ? Optional.of(lastRenewal(sql, before.get()))
                  : Optional.empty();
            });
    warning.ifPresent(
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

  /** When the last server renewed its lease: that put all commits before it on the disk. */
  private static String lastRenewal(SqlSession sql, String mark) throws SQLException {
    long ttlMillis = Long.parseLong(mark.substring(mark.lastIndexOf(' ') + 1));
    return sql.query("SELECT max(lease_until) AS until FROM node")
        .one(row -> Optional.ofNullable(row.timeOrNull("until")))
        .map(until -> until.minusMillis(ttlMillis).toString())
        .orElse("an unknown time");
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
