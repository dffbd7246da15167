package dev.tollgate.gateway.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.AuditLog;
import dev.tollgate.gateway.account.Erased;
import dev.tollgate.gateway.account.KeyAdmin;
import dev.tollgate.gateway.account.Limit;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.admin.AuditTrail.Action;
import dev.tollgate.gateway.json.Json;
import dev.tollgate.gateway.ledger.Reports.InFlight;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The use case of {@link AdminService} that erases what is personal in a project. A repeat erases
 * what a request that was still on its way has added since.
 */
record ProjectErasure(AdminContext context) {
  private static final String ERASED = "erased";

  /**
   * The fields of an audit line's detail that stay. All others go: names, notes, metadata, and
   * fields that this version does not know.
   */
  private static final Set<String> KEPT =
      Stream.concat(
              Stream.concat(Limit.OF_PROJECT.stream(), Limit.OF_KEY.stream()).map(Limit::name),
              Stream.of(
                  "amount",
                  "charge",
                  "corrects",
                  "disabled",
                  "entries",
                  "grace",
                  "keys",
                  "kind",
                  "lifetime",
                  "markup",
                  "new_key_id",
                  "origin",
                  "requests",
                  "self_made",
                  "upstream",
                  "upstream_key"))
          .collect(Collectors.toUnmodifiableSet());

  ErasedProject erase(String name) {
    return context.change(
        name,
        project -> {
          requireErasable(project);
          KeyAdmin keys = context.stores().keys();
          String erasedName = ERASED + "-" + project.id();
          if (!name.equals(erasedName) && keys.findProject(erasedName).isPresent()) {
            throw AdminException.conflict(
                "another project has the name " + erasedName + ", which this one would get");
          }
          Set<String> ids =
              keys.listKeys(project.id()).stream().map(ApiKey::id).collect(Collectors.toSet());
          Erased erased =
              keys.eraseProject(project, erasedName, context.now(), line -> erased(line, ids));
          Fields detail =
              new Fields()
                  .add("keys", erased.keys())
                  .add("entries", erased.entries())
                  .add("requests", erased.requests());
          context.audit().write(Action.PROJECT_ERASE, project.id(), "", detail);
          return new ErasedProject(erasedName, erased);
        });
  }

  private void requireErasable(Project project) {
    if (project.archivedAt() == null) {
      throw AdminException.conflict(
          "project %s is in use; only an archived project can be erased: run project archive %s"
              .formatted(project.name(), project.name()));
    }
    InFlight now = context.stores().reports().inFlight().getOrDefault(project.id(), InFlight.NONE);
    if (now.open() + now.pending() > 0) {
      throw AdminException.conflict(
          "project %s has %d open and %d pending requests; erase it when they are settled: see"
                  .formatted(project.name(), now.open(), now.pending())
              + " ledger --pending "
              + project.name());
    }
  }

  /**
   * The line without what is personal. The users of the command line stay, because they work for
   * the operator.
   *
   * @param keyIds the ids of the project's keys, which may be actors
   */
  private static AuditLog.Line erased(AuditLog.Line line, Set<String> keyIds) {
    String actor = line.actor();
    boolean kept =
        actor.startsWith(Actor.cli("").name())
            || actor.equals(Actor.EMBEDDER.name())
            || keyIds.contains(actor);
    if (!kept) {
      String api = Actor.api("").name();
      actor = actor.startsWith(api) ? api + ERASED : ERASED;
    }
    return new AuditLog.Line(
        line.id(),
        line.at(),
        actor,
        line.action(),
        line.projectId(),
        line.subject(),
        erased(line.detail()));
  }

  private static String erased(String detail) {
    try {
      JsonNode fields = Json.mapper().readTree(detail);
      return fields instanceof ObjectNode object
          ? Json.mapper().writeValueAsString(object.retain(KEPT))
          : "{}";
    } catch (JsonProcessingException e) {
      // Nothing of a text that cannot be read may stay.
      return "{}";
    }
  }
}
