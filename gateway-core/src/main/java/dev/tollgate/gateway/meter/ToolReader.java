package dev.tollgate.gateway.meter;

import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Reads tools and plugins. Tools that the upstream runs have a cost that the body does not state,
 * and may call other models. For one thread.
 */
final class ToolReader {
  private static final Set<String> TYPE = Set.of("type");
  private static final Set<String> TYPE_OR_ID = Set.of("type", "id");

  /** The upstream's own tools that call no model. */
  private static final Set<String> MODELLESS =
      Set.of("openrouter:web_search", "openrouter:web_fetch", "openrouter:datetime");

  private final BodyCursor cursor;
  private final RequestTable table;
  private final Findings findings;
  private boolean declared;

  ToolReader(BodyCursor cursor, RequestTable table, Findings findings) {
    this.cursor = cursor;
    this.table = table;
    this.findings = findings;
  }

  /** Whether tools are declared. */
  boolean declared() {
    return declared;
  }

  /** Reads functions in their older form, which has no types. */
  void readFunctions(JsonToken value) {
    declared |= value == JsonToken.START_ARRAY;
  }

  void readTools(JsonToken tools) throws IOException {
    BodyCursor.Walk items = cursor.elements(tools);
    if (items.isOther()) {
      findings.extra("tools that are not a list");
    }
    while (items.next()) {
      addTool(items.value());
    }
  }

  private void addTool(JsonToken item) throws IOException {
    declared = true;
    Tool tool = readTool(item, TYPE);
    boolean typed = !tool.types.isEmpty();
    boolean own =
        item == JsonToken.START_OBJECT && tool.types.stream().allMatch(table::runsOnClient);
    if (!own) {
      findings.unbounded("tool of type", String.join(", ", tool.types));
      addRemote(tool);
    } else if (!typed && !table.admitsUntypedTool()) {
      findings.unbounded("tool without a type");
    }
  }

  void readPlugins(JsonToken plugins) throws IOException {
    BodyCursor.Walk items = cursor.elements(plugins);
    if (items.isOther()) {
      findings.extra("plugins that are not a list");
    }
    while (items.next()) {
      Tool plugin = readTool(items.value(), TYPE_OR_ID);
      findings.unbounded("plugin", String.join(", ", plugin.types));
      addRemote(plugin);
    }
  }

  /** Records a tool or plugin that the upstream runs. */
  private void addRemote(Tool tool) {
    findings.extras = true;
    tool.models.forEach(findings::addOther);
    tool.types.stream()
        .filter(type -> picksModels(type, tool.models.isEmpty()))
        .forEach(findings::addOther);
  }

  /**
   * Whether a tool or plugin chooses a model by itself, as far as is known.
   *
   * @param unnamed whether the request names no model for it
   */
  private static boolean picksModels(String type, boolean unnamed) {
    boolean router = type.endsWith("router") || type.endsWith("fusion");
    boolean tool = type.startsWith("openrouter:") && !MODELLESS.contains(type);
    return router || (unnamed && (tool || type.contains("image_generation")));
  }

  /** The types and the models that a tool names. */
  private record Tool(Set<String> types, Set<String> models) {}

  /** Walks through a tool, at any depth, and collects the models that it names. */
  private Tool readTool(JsonToken value, Set<String> typeNames) throws IOException {
    Tool tool = new Tool(new LinkedHashSet<>(), new LinkedHashSet<>());
    BodyCursor.Walk members = cursor.members(value);
    while (members.next()) {
      String name = findings.known(members.name(), typeNames);
      if (typeNames.contains(name) && members.value() != JsonToken.VALUE_NULL) {
        add(tool.types, cursor.string(members.value()));
      }
      cursor.scalars(name, members.value(), (inner, scalar) -> addModel(tool, inner, scalar));
    }
    return tool;
  }

  private void addModel(Tool tool, String name, JsonToken scalar) throws IOException {
    String folded = Findings.folded(name);
    if (scalar == JsonToken.VALUE_STRING
        && (folded.endsWith("model") || folded.endsWith("models"))) {
      add(tool.models, cursor.string(scalar));
    }
  }

  /** Keeps one name more than the limit of the findings, so that they notice the overflow. */
  private static void add(Set<String> names, String name) {
    if (names.size() <= Findings.MOST_NAMES) {
      names.add(name);
    }
  }
}
