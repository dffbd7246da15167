package dev.tollgate.gateway.meter;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
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

  private final JsonParser parser;
  private final RequestTable table;
  private final Findings findings;
  private boolean declared;

  ToolReader(JsonParser parser, RequestTable table, Findings findings) {
    this.parser = parser;
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

  void readTools(JsonToken value) throws IOException {
    if (value != JsonToken.START_ARRAY) {
      if (value != JsonToken.VALUE_NULL) {
        findings.extras = true;
        findings.unbounded("tools that are not a list");
      }
      return;
    }
    for (JsonToken item = parser.nextToken();
        item != JsonToken.END_ARRAY;
        item = parser.nextToken()) {
      declared = true;
      Tool tool = readTool(item, TYPE);
      boolean typed = !tool.types.isEmpty();
      boolean own = tool.object && tool.types.stream().allMatch(table::runsOnClient);
      if (!own) {
        findings.unbounded("tool of type", typed ? String.join(", ", tool.types) : "");
        addRemote(tool);
      } else if (!typed && !table.admitsUntypedTool()) {
        findings.unbounded("tool without a type");
      }
    }
  }

  void readPlugins(JsonToken value) throws IOException {
    if (value != JsonToken.START_ARRAY) {
      if (value != JsonToken.VALUE_NULL) {
        findings.extras = true;
        findings.unbounded("plugins that are not a list");
      }
      return;
    }
    for (JsonToken item = parser.nextToken();
        item != JsonToken.END_ARRAY;
        item = parser.nextToken()) {
      Tool plugin = readTool(item, TYPE_OR_ID);
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

  private static final class Tool {
    final Set<String> types = new LinkedHashSet<>();
    final Set<String> models = new LinkedHashSet<>();
    boolean object;
  }

  /** Walks through a tool, at any depth, and collects the models that it names. */
  private Tool readTool(JsonToken first, Set<String> typeNames) throws IOException {
    Tool tool = new Tool();
    tool.object = first == JsonToken.START_OBJECT;
    if (!tool.object) {
      parser.skipChildren();
      return tool;
    }
    // The name of the current member, or of the member whose array contains the current element.
    String name = "";
    Deque<String> outer = new ArrayDeque<>();
    JsonToken token = first;
    do {
      if (token.isStructStart()) {
        if (outer.size() == 1 && typeNames.contains(name)) {
          tool.types.add("");
        }
        outer.push(name);
      } else if (token.isStructEnd()) {
        name = outer.pop();
      } else if (token == JsonToken.FIELD_NAME) {
        name = parser.currentName();
        name = outer.size() == 1 ? findings.known(name, typeNames) : name;
      } else if (outer.size() == 1 && typeNames.contains(name)) {
        if (token != JsonToken.VALUE_NULL) {
          add(tool.types, token == JsonToken.VALUE_STRING ? parser.getText() : "");
        }
      } else if (token == JsonToken.VALUE_STRING && namesModels(name)) {
        add(tool.models, parser.getText());
      }
      token = outer.isEmpty() ? token : parser.nextToken();
    } while (!outer.isEmpty());
    return tool;
  }

  /** Keeps one name more than the limit of the findings, so that they notice the overflow. */
  private static void add(Set<String> names, String name) {
    if (names.size() <= Findings.MOST_NAMES) {
      names.add(name);
    }
  }

  private static boolean namesModels(String name) {
    String folded = Findings.folded(name);
    return folded.endsWith("model") || folded.endsWith("models");
  }
}
