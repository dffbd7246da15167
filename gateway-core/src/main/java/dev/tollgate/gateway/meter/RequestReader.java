package dev.tollgate.gateway.meter;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Reads the top-level members of a request body, with the {@link RequestTable} of its protocol. A
 * member whose name matches only without regard to case can raise the price of the request, but
 * never lower it. For one thread.
 */
final class RequestReader {
  private static final Set<String> MODEL_OBJECT = Set.of("model");
  private static final Set<String> THINKING_BOUNDS = Set.of("max_tokens", "budget_tokens");
  private static final Set<String> EDITS = Set.of("edits");
  private static final Set<String> TYPE = Set.of("type");

  private final JsonParser parser;
  private final byte[] body;
  private final int bodyBytes;
  private final RequestTable table;
  private final Findings findings = new Findings();
  private final ContentReader content;
  private final ToolReader tools;
  private final ProviderReader provider;

  private final Set<String> models = new LinkedHashSet<>();
  private boolean modelNamed;
  private boolean modelUnknown;
  private final Map<String, Long> bounds = new HashMap<>();
  private final Set<String> nullBounds = new HashSet<>();
  private boolean boundNamed;
  private long thinkingTokens;
  private long n = 1;
  private int prompts = 1;
  private int inputs = 1;
  private boolean stream;

  RequestReader(JsonParser parser, byte[] body, RequestKind kind) {
    this.parser = parser;
    this.body = body;
    this.bodyBytes = body.length;
    this.table = RequestTable.of(kind);
    this.content = new ContentReader(parser, body, table, findings);
    this.tools = new ToolReader(parser, table, findings);
    this.provider = new ProviderReader(parser, findings);
  }

  RequestSketch sketch() {
    return new RequestSketch(
        bodyBytes,
        promptTokens(),
        findings.pictures,
        inputs,
        tools.declared(),
        modelUnknown || !modelNamed ? List.of() : List.copyOf(models),
        maxTokens(),
        thinkingTokens,
        (int) Math.min(n * prompts, RequestSketch.MOST_ANSWERS),
        true,
        stream,
        findings.extras,
        models.stream().anyMatch(RequestReader::isFree),
        findings.others(),
        findings.unbounded(),
        provider.choice());
  }

  private long promptTokens() {
    DataUris uris = DataUris.in(body);
    return RequestSketch.tokens(
        bodyBytes - findings.payloadBytes - uris.bytes(), findings.payloads + uris.count());
  }

  /** The largest bound; empty if there is none, or if one is invalid or overridden by null. */
  private OptionalLong maxTokens() {
    boolean unknown =
        bounds.values().stream().anyMatch(bound -> bound < 1)
            || nullBounds.stream().anyMatch(bounds::containsKey);
    return !boundNamed || unknown
        ? OptionalLong.empty()
        : bounds.values().stream().mapToLong(Long::longValue).max();
  }

  private static boolean isFree(String model) {
    return model.endsWith(":free") || model.equals("openrouter/free");
  }

  /** Reads the current object of the parser. */
  void read() throws IOException {
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String written = parser.currentName();
      boolean exact = table.kindOf(written) != null;
      String name = exact ? written : Findings.folded(written);
      JsonToken value = parser.nextToken();
      if (!table.knows(written) && value != JsonToken.VALUE_NULL) {
        findings.unbounded("member", written);
      }
      MemberKind kind = table.kindOf(name);
      if (kind != null) {
        read(kind, name, value, exact);
      }
      parser.skipChildren();
    }
  }

  private void read(MemberKind kind, String name, JsonToken value, boolean exact)
      throws IOException {
    switch (kind) {
      case PLAIN -> {}
      case NUMBER -> number(name, value, RequestSketch.MOST_TOKENS);
      case MODEL -> addModel(value, exact);
      case MODELS -> addModels(value, exact);
      case BOUND -> addBound(name, value, exact);
      case THINKING -> readThinking(value);
      case ANSWERS -> n = Math.max(n, number(name, value, RequestSketch.MOST_ANSWERS));
      case STREAM -> stream = value == JsonToken.VALUE_TRUE;
      case MESSAGES -> content.readMessages(value);
      case CONTENT -> content.readContent(value);
      case ITEMS -> content.readItems(value);
      case INPUTS -> inputs = Math.max(inputs, content.readInputs(value));
      case PROMPTS -> {
        prompts = Math.max(prompts, content.readPrompts(value));
        inputs = Math.max(inputs, prompts);
      }
      case TOOLS -> tools.readTools(value);
      case FUNCTIONS -> tools.readFunctions(value);
      case PLUGINS -> tools.readPlugins(value);
      case MODALITIES -> readModalities(value);
      case TIER -> readTier(value);
      case PROVIDER -> provider.read(value);
      case EDITS -> readEdits(value);
      case PRESET -> addPreset(value);
      case REMOTE -> readRemote(name, value);
      case BACKGROUND -> {
        if (value != JsonToken.VALUE_NULL && value != JsonToken.VALUE_FALSE) {
          findings.unbounded("member", name);
        }
      }
    }
  }

  /**
   * Records a bound. SDKs write null beside another bound to omit one. A null beside a number of
   * the same name makes the bound unknown, because the null may override the number.
   */
  private void addBound(String name, JsonToken value, boolean exact) throws IOException {
    if (value == JsonToken.VALUE_NULL) {
      nullBounds.add(name);
      return;
    }
    long bound = number(name, value, RequestSketch.MOST_TOKENS);
    boundNamed |= exact;
    bounds.merge(name, bound, (one, other) -> Math.min(one, other) < 1 ? -1 : Math.max(one, other));
  }

  /** Some upstreams raise the request's own bound if it leaves too little room for thinking. */
  private void readThinking(JsonToken value) throws IOException {
    if (value != JsonToken.START_OBJECT) {
      return;
    }
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = findings.known(parser.currentName(), THINKING_BOUNDS);
      JsonToken member = parser.nextToken();
      if (THINKING_BOUNDS.contains(name)) {
        thinkingTokens = Math.max(thinkingTokens, number(name, member, RequestSketch.MOST_TOKENS));
      }
      parser.skipChildren();
    }
  }

  /**
   * @param exact whether every upstream reads this member as a model; if none is exact, the
   *     account's default model may answer
   */
  private void addModel(JsonToken value, boolean exact) throws IOException {
    if (value != JsonToken.VALUE_STRING) {
      modelUnknown = true;
      return;
    }
    String model = parser.getText();
    if (models.size() >= Findings.MOST_NAMES) {
      modelUnknown = true;
      return;
    }
    models.add(model);
    modelNamed |= exact;
    if (model.endsWith(":online") || model.contains("@preset/")) {
      findings.extras = true;
      findings.unbounded("model", model);
    }
  }

  private void addModels(JsonToken value, boolean exact) throws IOException {
    if (value != JsonToken.START_ARRAY) {
      modelUnknown |= value != JsonToken.VALUE_NULL;
      return;
    }
    for (JsonToken item = parser.nextToken();
        item != JsonToken.END_ARRAY;
        item = parser.nextToken()) {
      if (item == JsonToken.START_OBJECT) {
        addModelOf(exact);
      } else {
        addModel(item, exact);
        parser.skipChildren();
      }
    }
  }

  /** Reads a fallback of the messages route: an object with the name of a model. */
  private void addModelOf(boolean exact) throws IOException {
    boolean named = false;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String written = parser.currentName();
      String name = findings.known(written, MODEL_OBJECT);
      JsonToken value = parser.nextToken();
      if (name.equals("model")) {
        addModel(value, exact);
        named |= name.equals(written);
      } else if (value != JsonToken.VALUE_NULL) {
        // The member may set another bound.
        findings.unbounded("member of a model", written);
      }
      parser.skipChildren();
    }
    modelUnknown |= !named;
  }

  private void readModalities(JsonToken value) throws IOException {
    if (value != JsonToken.START_ARRAY) {
      if (value != JsonToken.VALUE_NULL) {
        findings.extras = true;
        findings.unbounded("modalities that are not a list");
      }
      return;
    }
    for (JsonToken item = parser.nextToken();
        item != JsonToken.END_ARRAY;
        item = parser.nextToken()) {
      if (item != JsonToken.VALUE_STRING || !parser.getText().equals("text")) {
        findings.extras = true;
        findings.unbounded("modality", item.isScalarValue() ? parser.getText() : "");
      }
      parser.skipChildren();
    }
  }

  /** Other tiers may be more expensive than the list. */
  private void readTier(JsonToken value) throws IOException {
    boolean listed =
        value == JsonToken.VALUE_NULL
            || (value == JsonToken.VALUE_STRING
                && RequestTable.LISTED_TIERS.contains(parser.getText()));
    if (!listed) {
      findings.extras = true;
      findings.unbounded("service_tier", value.isScalarValue() ? parser.getText() : "");
    }
  }

  /** Clearing context costs no tokens; summarising it does. */
  private void readEdits(JsonToken value) throws IOException {
    if (value != JsonToken.START_OBJECT) {
      if (value != JsonToken.VALUE_NULL) {
        findings.unbounded("member", "context_management");
      }
      return;
    }
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      JsonToken edits = parser.nextToken();
      if (!EDITS.contains(name) || edits != JsonToken.START_ARRAY) {
        findings.unbounded("member of context_management", name);
        parser.skipChildren();
        continue;
      }
      for (JsonToken edit = parser.nextToken();
          edit != JsonToken.END_ARRAY;
          edit = parser.nextToken()) {
        readEdit(edit);
      }
    }
  }

  private void readEdit(JsonToken edit) throws IOException {
    boolean typed = false;
    if (edit == JsonToken.START_OBJECT) {
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        boolean type = findings.known(parser.currentName(), TYPE).equals("type");
        JsonToken value = parser.nextToken();
        if (type) {
          typed = true;
          if (value != JsonToken.VALUE_STRING || !parser.getText().startsWith("clear_")) {
            findings.unbounded("edit of type", value.isScalarValue() ? parser.getText() : "");
          }
        }
        parser.skipChildren();
      }
    } else {
      parser.skipChildren();
    }
    if (!typed) {
      findings.unbounded("edit without a type");
    }
  }

  private void addPreset(JsonToken value) throws IOException {
    if (value != JsonToken.VALUE_NULL) {
      // A preset may contain any member of a body.
      findings.extras = true;
      findings.unbounded("member", "preset");
      findings.addOther(
          "preset " + (value == JsonToken.VALUE_STRING ? parser.getText() : "of no name"));
    }
  }

  /** Clients that do not use such a member often send an empty list. */
  private void readRemote(String name, JsonToken value) throws IOException {
    boolean none =
        value == JsonToken.VALUE_NULL
            || value == JsonToken.VALUE_FALSE
            || (value == JsonToken.START_ARRAY && parser.nextToken() == JsonToken.END_ARRAY);
    if (!none) {
      findings.extras = true;
      findings.unbounded("member", name);
      if (value == JsonToken.START_ARRAY) {
        skipRestOfArray();
      }
    }
  }

  private void skipRestOfArray() throws IOException {
    JsonToken token = parser.currentToken();
    while (token != JsonToken.END_ARRAY) {
      parser.skipChildren();
      token = parser.nextToken();
    }
  }

  /** A number, rounded up; most JSON readers take {@code 1e3} as 1000. Below 0: invalid. */
  private long number(String name, JsonToken value, long most) throws IOException {
    if (!value.isNumeric()) {
      // Some upstreams read a number in a string, others ignore it.
      if (value != JsonToken.VALUE_NULL) {
        findings.unbounded("member that is not a number:", name);
      }
      return -1;
    }
    double number = parser.getDoubleValue();
    return number < 0 ? -1 : (long) Math.ceil(Math.min(number, (double) most));
  }
}
