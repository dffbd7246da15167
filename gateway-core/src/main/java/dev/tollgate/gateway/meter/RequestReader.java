package dev.tollgate.gateway.meter;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Reads the top-level members of a request body, with the {@link RequestTable} of its protocol. A
 * member whose name matches only without regard to case can raise the price of the request, but
 * never lower it. For one thread.
 */
final class RequestReader {
  private static final Set<String> THINKING_BOUNDS = Set.of("max_tokens", "budget_tokens");
  private static final Set<String> TYPE = Set.of("type");

  private final BodyCursor cursor;
  private final byte[] body;
  private final RequestTable table;
  private final Findings findings = new Findings();
  private final ModelsReader models;
  private final ContentReader content;
  private final ToolReader tools;
  private final ProviderReader provider;
  private final EndUserReader endUser;

  private final Map<String, Long> bounds = new HashMap<>();
  private final Set<String> nullBounds = new HashSet<>();
  private boolean boundNamed;
  private long thinkingTokens;
  private long n = 1;
  private int prompts = 1;
  private int inputs = 1;
  private boolean stream;

  RequestReader(JsonParser parser, byte[] body, RequestKind kind) {
    this.cursor = new BodyCursor(parser);
    this.body = body;
    this.table = RequestTable.of(kind);
    this.models = new ModelsReader(cursor, findings);
    this.content = new ContentReader(cursor, new Payloads(parser, body), table, findings);
    this.tools = new ToolReader(cursor, table, findings);
    this.provider = new ProviderReader(cursor, findings);
    this.endUser = new EndUserReader(parser, cursor, body);
  }

  RequestSketch sketch() {
    return new RequestSketch(
        body.length,
        promptTokens(),
        findings.pictures,
        inputs,
        tools.declared(),
        models.models(),
        maxTokens(),
        thinkingTokens,
        (int) Math.min(n * prompts, RequestSketch.MOST_ANSWERS),
        true,
        stream,
        findings.extras,
        models.hasFree(),
        findings.others(),
        findings.unbounded(),
        provider.choice(),
        endUser.endUser());
  }

  private long promptTokens() {
    DataUris uris = DataUris.in(body);
    return RequestSketch.tokens(
        body.length - findings.payloadBytes - uris.bytes(), findings.payloads + uris.count());
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

  /** Reads the current object of the parser. */
  void read() throws IOException {
    BodyCursor.Walk members = cursor.members(JsonToken.START_OBJECT);
    while (members.next()) {
      readMember(members.name(), members.value());
    }
  }

  private void readMember(String written, JsonToken value) throws IOException {
    if (!table.knows(written) && value != JsonToken.VALUE_NULL) {
      findings.unbounded("member", written);
    }
    boolean exact = table.kindOf(written) != null;
    String name = exact ? written : Findings.folded(written);
    MemberKind kind = table.kindOf(name);
    if (kind != null) {
      read(kind, name, value, exact);
    }
  }

  private void read(MemberKind kind, String name, JsonToken value, boolean exact)
      throws IOException {
    switch (kind) {
      case PLAIN -> {}
      case USER -> readUser(name, value, exact);
      case METADATA -> endUser.readMetadata(value);
      case NUMBER -> number(name, value, RequestSketch.MOST_TOKENS);
      case MODEL -> models.addModel(value, exact);
      case MODELS -> models.addModels(value, exact);
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
      case EDITS -> readContextManagement(value);
      case PRESET -> addPreset(value);
      case REMOTE -> readRemote(name, value);
      case BACKGROUND -> {
        if (value != JsonToken.VALUE_NULL && value != JsonToken.VALUE_FALSE) {
          findings.unbounded("member", name);
        }
      }
    }
  }

  private void readUser(String name, JsonToken value, boolean exact) throws IOException {
    if (exact) {
      endUser.readName(name, value);
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
  private void readThinking(JsonToken thinking) throws IOException {
    BodyCursor.Walk members = cursor.members(thinking);
    while (members.next()) {
      String name = findings.known(members.name(), THINKING_BOUNDS);
      if (THINKING_BOUNDS.contains(name)) {
        long tokens = number(name, members.value(), RequestSketch.MOST_TOKENS);
        thinkingTokens = Math.max(thinkingTokens, tokens);
      }
    }
  }

  private void readModalities(JsonToken modalities) throws IOException {
    BodyCursor.Walk items = cursor.elements(modalities);
    if (items.isOther()) {
      findings.extra("modalities that are not a list");
    }
    while (items.next()) {
      if (!cursor.string(items.value()).equals("text")) {
        findings.extra("modality", cursor.text(items.value()));
      }
    }
  }

  /** Other tiers may be more expensive than the list. */
  private void readTier(JsonToken tier) throws IOException {
    boolean listed = RequestTable.LISTED_TIERS.contains(cursor.string(tier));
    if (!listed && tier != JsonToken.VALUE_NULL) {
      findings.extra("service_tier", cursor.text(tier));
    }
  }

  /** Clearing context costs no tokens; summarising it does. */
  private void readContextManagement(JsonToken management) throws IOException {
    BodyCursor.Walk members = cursor.members(management);
    if (members.isOther()) {
      findings.unbounded("member", "context_management");
    }
    while (members.next()) {
      BodyCursor.Walk edits = cursor.elements(members.value());
      if (!members.name().equals("edits") || members.value() != JsonToken.START_ARRAY) {
        findings.unbounded("member of context_management", members.name());
        continue;
      }
      while (edits.next()) {
        readEdit(edits.value());
      }
    }
  }

  private void readEdit(JsonToken edit) throws IOException {
    boolean typed = false;
    BodyCursor.Walk members = cursor.members(edit);
    while (members.next()) {
      if (findings.known(members.name(), TYPE).equals("type")) {
        typed = true;
        if (!cursor.string(members.value()).startsWith("clear_")) {
          findings.unbounded("edit of type", cursor.text(members.value()));
        }
      }
    }
    if (!typed) {
      findings.unbounded("edit without a type");
    }
  }

  private void addPreset(JsonToken preset) throws IOException {
    if (preset != JsonToken.VALUE_NULL) {
      // A preset may contain any member of a body.
      findings.extra("member", "preset");
      findings.addOther(
          "preset " + (preset == JsonToken.VALUE_STRING ? cursor.text(preset) : "of no name"));
    }
  }

  /** Clients that do not use such a member often send an empty list. */
  private void readRemote(String name, JsonToken value) throws IOException {
    boolean none =
        value == JsonToken.VALUE_NULL
            || value == JsonToken.VALUE_FALSE
            || (value == JsonToken.START_ARRAY && cursor.next() == JsonToken.END_ARRAY);
    if (!none) {
      findings.extra("member", name);
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
    double number = cursor.number();
    return number < 0 ? -1 : (long) Math.ceil(Math.min(number, (double) most));
  }
}
