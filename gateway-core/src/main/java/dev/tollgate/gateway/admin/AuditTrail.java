package dev.tollgate.gateway.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.tollgate.gateway.account.AuditLog;
import dev.tollgate.gateway.json.Json;
import java.time.InstantSource;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Writes the audit log for one actor. Thread-safe.
 *
 * @param lines the number of lines so far; ids contain it, so lines of one millisecond stay in
 *     order
 */
record AuditTrail(AuditLog log, Actor actor, InstantSource clock, AtomicInteger lines) {
  /** The audited actions. */
  enum Action {
    PROJECT_CREATE("project.create"),
    PROJECT_CONFIGURE("project.configure"),
    PROJECT_ENABLE("project.enable"),
    PROJECT_DISABLE("project.disable"),
    PROJECT_ARCHIVE("project.archive"),
    PROJECT_UNARCHIVE("project.unarchive"),
    PROJECT_ERASE("project.erase"),
    KEY_CREATE("key.create"),
    KEY_ROTATE("key.rotate"),
    KEY_REVOKE("key.revoke"),
    KEY_CONFIGURE("key.configure"),
    CREDIT("credit"),
    HOLD_SETTLE("hold.settle"),
    MASTER_KEY_ROTATE("master-key.rotate");

    private final String word;

    Action(String word) {
      this.word = word;
    }

    /** The word that is stored and shown, such as {@code key.create}. */
    @Override
    public String toString() {
      return word;
    }
  }

  AuditTrail(AuditLog log, Actor actor, InstantSource clock) {
    this(log, actor, clock, new AtomicInteger());
  }

  AuditTrail of(Actor other) {
    return new AuditTrail(log, other, clock, lines);
  }

  /**
   * Appends a line. Call this in the transaction of the action itself.
   *
   * @param projectId null: the action concerns no project
   */
  void write(Action action, @Nullable String projectId, String subject, Fields detail) {
    String text;
    try {
      text = Json.mapper().writeValueAsString(detail);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("strings, numbers and lists are always JSON", e);
    }
    String id =
        "aud_%08x%s"
            .formatted(lines.getAndIncrement(), UUID.randomUUID().toString().replace("-", ""));
    log.append(
        new AuditLog.Line(
            id, clock.instant(), actor.name(), action.toString(), projectId, subject, text));
  }
}
