package dev.tollgate.gateway.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.KeyMint.Minted;
import dev.tollgate.gateway.account.KeySettings;
import dev.tollgate.gateway.account.Limit;
import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.account.UpstreamAccess;
import dev.tollgate.gateway.admin.AdminRoute.Reply;
import dev.tollgate.gateway.json.Json;
import dev.tollgate.gateway.ledger.CreditOutcome;
import dev.tollgate.gateway.ledger.CreditOutcome.Result;
import dev.tollgate.gateway.ledger.Money;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The routes of the admin API. Each route is one use case. Stateless. */
final class AdminRoutes {
  private static final int OK = 200;
  private static final int CREATED = 201;
  private static final Set<String> NO_QUERY = Set.of();
  private static final String DEFAULT_GRACE = "24h";

  private final Function<String, Duration> durations;
  private final Object openApi;

  /**
   * @param durations parses a duration
   * @param openApi the OpenAPI document of the admin API
   */
  AdminRoutes(Function<String, Duration> durations, Object openApi) {
    this.durations = durations;
    this.openApi = openApi;
  }

  /** The OpenAPI 3.1 document of the admin API; the members for limits are from their table. */
  static JsonNode openApi() {
    try (InputStream in = AdminRoutes.class.getResourceAsStream("openapi.json")) {
      if (in == null) {
        throw new IllegalStateException("openapi.json is missing from the jar");
      }
      JsonNode document = Json.mapper().readTree(in);
      JsonNode schemas = document.at("/components/schemas");
      for (String ofProject : List.of("Project", "ConfigureProject")) {
        describe(Limit.OF_PROJECT, schemas.path(ofProject));
      }
      for (String ofKey : List.of("Key", "CreateKey", "ConfigureKey")) {
        describe(Limit.OF_KEY, schemas.path(ofKey));
      }
      return document;
    } catch (IOException e) {
      throw new IllegalStateException("openapi.json cannot be read", e);
    }
  }

  private static void describe(List<Limit<?>> limits, JsonNode schema) throws IOException {
    for (Limit<?> limit : limits) {
      String json = "{" + limit.form().schema().replace('\'', '"') + "}";
      ObjectNode property = (ObjectNode) Json.mapper().readTree(json);
      property.put("description", limit.description("null"));
      ((ObjectNode) schema.path("properties")).set(limit.name(), property);
      if (schema.path("required") instanceof ArrayNode required) {
        required.add(limit.name());
      }
    }
  }

  List<AdminRoute> all() {
    return Stream.concat(changes().stream(), new ReportRoutes(durations).all().stream()).toList();
  }

  private List<AdminRoute> changes() {
    return List.of(
        new AdminRoute("GET", "/projects", NO_QUERY, AdminRoutes::listProjects),
        new AdminRoute("POST", "/projects", NO_QUERY, AdminRoutes::createProject),
        new AdminRoute("GET", "/projects/{name}", NO_QUERY, AdminRoutes::showProject),
        new AdminRoute("PATCH", "/projects/{name}", NO_QUERY, AdminRoutes::configureProject),
        new AdminRoute("GET", "/projects/{name}/keys", NO_QUERY, AdminRoutes::listKeys),
        new AdminRoute("POST", "/projects/{name}/keys", NO_QUERY, this::createKey),
        new AdminRoute("PATCH", "/projects/{name}/keys/{id}", NO_QUERY, AdminRoutes::configureKey),
        new AdminRoute("DELETE", "/projects/{name}/keys/{id}", NO_QUERY, AdminRoutes::revokeKey),
        new AdminRoute("POST", "/projects/{name}/keys/{id}/rotate", NO_QUERY, this::rotateKey),
        new AdminRoute("POST", "/projects/{name}/credits", NO_QUERY, AdminRoutes::credit),
        new AdminRoute("GET", "/openapi.json", NO_QUERY, call -> new Reply(OK, openApi)));
  }

  static <T> Reply table(List<T> values, Function<T, Fields> row) {
    return new Reply(OK, ResultTable.of(values, row));
  }

  private static Reply listProjects(AdminCall call) {
    return table(call.admin().listProjects(), Fields::project);
  }

  private static Reply createProject(AdminCall call) {
    JsonBody body = call.body("project_name", "display_name", "balance", "upstream_key");
    String name = body.required("project_name");
    Money balance = JsonBody.read("balance", body.text("balance", "0"), Money::parse);
    Secret upstreamKey = body.secret("upstream_key");
    String displayName = body.text("display_name", "");
    Minted key = call.admin().createProject(name, displayName, balance, upstreamKey);
    return new Reply(CREATED, Fields.newProject(name, key));
  }

  private static Reply showProject(AdminCall call) {
    return new Reply(OK, Fields.project(call.admin().showProject(call.project())));
  }

  private static Reply configureProject(AdminCall call) {
    JsonBody body =
        call.body(
            Limit.OF_PROJECT,
            "display_name",
            "enabled",
            "archived",
            "markup",
            "upstream_key",
            "upstream");
    String displayName = body.textOrNone("display_name");
    Boolean enabled = body.flag("enabled");
    Boolean archived = body.flag("archived");
    Markup markup = body.read("markup", Markup::parse);
    UpstreamAccess upstream = upstream(body);
    LimitsChange limits = body.limits(Limit.OF_PROJECT);
    boolean configures =
        displayName != null || markup != null || upstream != null || limits.isMade();
    if (enabled == null && archived == null && !configures) {
      throw new AdminException("there is nothing to configure");
    }
    AdminService admin = call.admin();
    return admin.together(
        () -> {
          if (archived != null) {
            admin.setArchived(call.project(), archived);
          }
          if (enabled != null) {
            admin.setEnabled(call.project(), enabled);
          }
          if (configures) {
            admin.configure(
                call.project(), new ProjectChange(displayName, markup, upstream, limits));
          }
          return showProject(call);
        });
  }

  private static @Nullable UpstreamAccess upstream(JsonBody body) {
    Secret key = body.secret("upstream_key");
    UpstreamAccess other =
        body.read(
            "upstream",
            text ->
                switch (text) {
                  case "default" -> UpstreamAccess.DEFAULT;
                  case "none" -> UpstreamAccess.NONE;
                  default -> throw new IllegalArgumentException("must be default or none");
                });
    if (key != null && other != null) {
      throw new AdminException("upstream_key and upstream cannot be given together");
    }
    return key == null ? other : UpstreamAccess.own(key);
  }

  private static Reply listKeys(AdminCall call) {
    return table(call.admin().listKeys(call.project()), Fields::key);
  }

  private Reply createKey(AdminCall call) {
    JsonBody body = call.body(Limit.OF_KEY, "kind", "expires", "name", "metadata");
    ApiKey.Kind kind = JsonBody.read("kind", body.text("kind", "inference"), ApiKey.Kind::parse);
    KeySettings settings = keyChange(body).after(KeySettings.NONE);
    KeySpec spec = new KeySpec(kind, body.read("expires", durations), settings);
    Minted key = call.admin().createKey(call.project(), spec);
    return new Reply(CREATED, Fields.newKey(call.project(), key));
  }

  private static Reply configureKey(AdminCall call) {
    KeyChange change = keyChange(call.body(Limit.OF_KEY, "name", "metadata", "disabled"));
    return new Reply(
        OK, Fields.key(call.admin().configureKey(call.project(), call.name("id"), change)));
  }

  private static KeyChange keyChange(JsonBody body) {
    return new KeyChange(
        body.textOrNone("name"),
        body.metadata("metadata"),
        body.flag("disabled"),
        body.limits(Limit.OF_KEY));
  }

  private static Reply revokeKey(AdminCall call) {
    call.body();
    return new Reply(OK, Fields.key(call.admin().revokeKey(call.project(), call.name("id"))));
  }

  private Reply rotateKey(AdminCall call) {
    Duration grace =
        JsonBody.read("grace", call.body("grace").text("grace", DEFAULT_GRACE), durations);
    return new Reply(
        CREATED,
        Fields.rotated(
            call.project(), call.admin().rotateKey(call.project(), call.name("id"), grace)));
  }

  private static Reply credit(AdminCall call) {
    JsonBody body = call.body("amount", "corrects", "note", "id");
    Money amount = JsonBody.read("amount", body.required("amount"), Money::parse);
    String corrects = body.optional("corrects");
    String note = body.text("note", "");
    CreditOutcome outcome =
        call.admin().credit(call.project(), amount, corrects, note, body.optional("id"));
    return new Reply(
        outcome.result() == Result.REPEATED ? OK : CREATED,
        Fields.credited(call.project(), amount, outcome));
  }
}
