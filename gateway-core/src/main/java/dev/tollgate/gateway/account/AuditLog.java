package dev.tollgate.gateway.account;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who changed what. Lines are only ever added, in the transaction of the change itself; nothing
 * changes or removes one. Methods may block, and throw {@link StoreUnavailableException} if the
 * store does not answer.
 */
public interface AuditLog {
  /**
   * One change.
   *
   * @param id unique
   * @param actor who made it, such as {@code cli:root}
   * @param action what was done, one of a few fixed words such as {@code key.revoke}
   * @param projectId whose; null: no project's
   * @param subject the id of what was changed, such as a key's; possibly empty
   * @param detail a JSON object, never with a secret in it
   */
  record Line(
      String id,
      Instant at,
      String actor,
      String action,
      @Nullable String projectId,
      String subject,
      String detail) {}

  /** Adds a line. */
  void append(Line line);

  /**
   * The newest lines, newest first.
   *
   * @param projectId of this project; null: of all, and of none
   * @param limit how many at most
   */
  List<Line> lines(@Nullable String projectId, int limit);
}
