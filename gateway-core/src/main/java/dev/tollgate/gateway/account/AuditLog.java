package dev.tollgate.gateway.account;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The audit log of changes. A line is added in the transaction of the change it describes, and is
 * never removed, nor changed but by {@link KeyAdmin#eraseProject}. Methods may block, and throw
 * {@link StoreUnavailableException} if the store does not answer.
 */
public interface AuditLog {
  /**
   * One change.
   *
   * @param id unique
   * @param actor who made the change, such as {@code cli:root}
   * @param action one of a few fixed words, such as {@code key.revoke}
   * @param projectId the project; null: the change belongs to no project
   * @param subject the id of the changed object, such as a key id; possibly empty
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
   * @param projectId the project; null: all lines, including those of no project
   * @param limit the maximum number of lines
   */
  List<Line> lines(@Nullable String projectId, int limit);
}
