package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.StoredText;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** State that the use cases of one actor share: stores, clock and audit log. Immutable. */
record AdminContext(AdminStores stores, InstantSource clock, AuditTrail audit) {
  private static final int MAX_ROWS = 10_000;

  AdminContext as(Actor actor) {
    return new AdminContext(stores, clock, audit.of(actor));
  }

  /** The time in whole milliseconds, the precision of the databases. */
  Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }

  <T> T inTransaction(Supplier<T> work) {
    return stores.transactions().inTransaction(work);
  }

  /** Changes a project in a transaction that holds the project's lock. */
  <T> T change(String name, Function<Project, T> work) {
    return inTransaction(
        () -> {
          stores.keys().lockProject(project(name).id());
          // Read the project again: it may have changed before the lock was granted.
          return work.apply(project(name));
        });
  }

  Project project(String name) {
    requireStorable("project name", name);
    return stores.keys().findProject(name).orElseThrow(() -> AdminException.unknownProject(name));
  }

  /** The id of a project; null if the name is null, which stands for all projects. */
  @Nullable String projectId(@Nullable String name) {
    return name == null ? null : project(name).id();
  }

  /** The names of all projects, by project id. */
  Map<String, String> projectNames() {
    return stores.keys().listProjects().stream()
        .collect(Collectors.toMap(Project::id, Project::name));
  }

  /** Rejects text that a database would reject or change. */
  static void requireStorable(String field, String text) {
    var unused =
        AdminException.checked(
            () -> {
              StoredText.require(field, text);
              return text;
            });
  }

  static void requireLimit(int limit) {
    if (limit < 1 || limit > MAX_ROWS) {
      throw new AdminException("limit is " + limit + ", but must be from 1 to " + MAX_ROWS);
    }
  }
}
