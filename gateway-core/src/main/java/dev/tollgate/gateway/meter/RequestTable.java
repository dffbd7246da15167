package dev.tollgate.gateway.meter;

import static dev.tollgate.gateway.meter.MemberKind.ANSWERS;
import static dev.tollgate.gateway.meter.MemberKind.BACKGROUND;
import static dev.tollgate.gateway.meter.MemberKind.BOUND;
import static dev.tollgate.gateway.meter.MemberKind.CONTENT;
import static dev.tollgate.gateway.meter.MemberKind.EDITS;
import static dev.tollgate.gateway.meter.MemberKind.FUNCTIONS;
import static dev.tollgate.gateway.meter.MemberKind.INPUTS;
import static dev.tollgate.gateway.meter.MemberKind.ITEMS;
import static dev.tollgate.gateway.meter.MemberKind.MESSAGES;
import static dev.tollgate.gateway.meter.MemberKind.MODALITIES;
import static dev.tollgate.gateway.meter.MemberKind.MODEL;
import static dev.tollgate.gateway.meter.MemberKind.MODELS;
import static dev.tollgate.gateway.meter.MemberKind.NUMBER;
import static dev.tollgate.gateway.meter.MemberKind.PLAIN;
import static dev.tollgate.gateway.meter.MemberKind.PLUGINS;
import static dev.tollgate.gateway.meter.MemberKind.PRESET;
import static dev.tollgate.gateway.meter.MemberKind.PROMPTS;
import static dev.tollgate.gateway.meter.MemberKind.PROVIDER;
import static dev.tollgate.gateway.meter.MemberKind.REMOTE;
import static dev.tollgate.gateway.meter.MemberKind.STREAM;
import static dev.tollgate.gateway.meter.MemberKind.THINKING;
import static dev.tollgate.gateway.meter.MemberKind.TIER;
import static dev.tollgate.gateway.meter.MemberKind.TOOLS;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The known members of one protocol, the types of its content, and the tools that its clients run.
 * Strict mode refuses everything else, so add a row only if the body or a number bounds its cost.
 */
final class RequestTable {
  private static final Map<String, MemberKind> EVERY_PROTOCOL =
      new Rows()
          .put(MODEL, "model")
          .put(MODELS, "models", "fallbacks")
          .put(ANSWERS, "n", "best_of")
          .put(STREAM, "stream")
          .put(PROVIDER, "provider")
          .put(PRESET, "preset")
          .put(PLUGINS, "plugins")
          .put(PLAIN, "user", "metadata", "session_id", "trace", "route", "transforms", "usage")
          .put(PLAIN, "debug", "safety_identifier")
          .rows;

  /**
   * Members of every protocol that generates text. A bound of another protocol is a plain number.
   */
  private static final Map<String, MemberKind> GENERATION =
      new Rows()
          .put(NUMBER, "max_tokens", "max_completion_tokens", "max_output_tokens")
          .put(NUMBER, "temperature", "top_p", "top_k", "top_a", "min_p", "seed", "top_logprobs")
          .put(NUMBER, "frequency_penalty", "presence_penalty", "repetition_penalty")
          .put(NUMBER, "max_tool_calls")
          .put(THINKING, "reasoning", "thinking")
          .put(TOOLS, "tools")
          .put(MODALITIES, "modalities")
          .put(TIER, "service_tier")
          .put(REMOTE, "web_search_options", "mcp_servers", "container")
          .put(PLAIN, "tool_choice", "parallel_tool_calls", "stop_server_tools_when")
          .put(PLAIN, "stream_options", "stop", "logit_bias", "logprobs", "response_format")
          .put(PLAIN, "structured_outputs", "reasoning_effort", "include_reasoning")
          .put(PLAIN, "enable_thinking", "verbosity", "store", "cache_control")
          .put(PLAIN, "prompt_cache_key", "prompt_cache_retention", "truncation")
          .rows;

  private static final Map<String, MemberKind> CHAT =
      new Rows()
          .putAll(GENERATION)
          .put(BOUND, "max_tokens", "max_completion_tokens")
          .put(MESSAGES, "messages")
          .put(PROMPTS, "prompt")
          .put(FUNCTIONS, "functions")
          .put(PLAIN, "function_call")
          .rows;

  private static final Map<String, MemberKind> COMPLETION =
      new Rows()
          .putAll(GENERATION)
          .put(BOUND, "max_tokens")
          .put(PROMPTS, "prompt")
          .put(PLAIN, "suffix", "echo")
          .rows;

  private static final Map<String, MemberKind> RESPONSE =
      new Rows()
          .putAll(GENERATION)
          .put(BOUND, "max_output_tokens")
          .put(ITEMS, "input", "instructions")
          .put(REMOTE, "previous_response_id", "conversation", "prompt")
          .put(BACKGROUND, "background")
          .put(PLAIN, "text", "include", "client_metadata")
          .rows;

  private static final Map<String, MemberKind> MESSAGE =
      new Rows()
          .putAll(GENERATION)
          .put(BOUND, "max_tokens")
          .put(MESSAGES, "messages")
          .put(CONTENT, "system")
          .put(EDITS, "context_management")
          .put(PLAIN, "stop_sequences", "output_config", "output_format")
          .rows;

  private static final Map<String, MemberKind> EMBEDDING =
      new Rows()
          .put(INPUTS, "input")
          .put(NUMBER, "dimensions")
          .put(PLAIN, "input_type", "encoding_format")
          .rows;

  /**
   * The meaning of members on routes that do not know them. An upstream may still honour such a
   * member, so its cost counts. The members in the last row cost more than the list price: rejected
   * prediction tokens, another price for all tokens, or output that is not text.
   */
  private static final Map<String, MemberKind> ELSEWHERE =
      new Rows()
          .putAll(RESPONSE)
          .putAll(MESSAGE)
          .putAll(CHAT)
          .putAll(GENERATION)
          .put(REMOTE, "prediction", "speed", "inference_geo", "audio", "image_config")
          .rows;

  /** The members of a message that are read, and those that cost no more than their bytes. */
  static final Set<String> MESSAGE_MEMBERS =
      with(
          ContentReader.MEMBERS,
          Set.of(
              "role",
              "name",
              "tool_calls",
              "tool_call_id",
              "function_call",
              "refusal",
              "reasoning",
              "reasoning_content",
              "reasoning_details",
              "thinking",
              "thinking_blocks",
              "annotations",
              "cache_control",
              "prefix",
              "partial",
              "status",
              "phase",
              "extra_content",
              "provider_specific_fields"));

  /** The members of {@code provider}, which only choose among the model's endpoints. */
  static final Set<String> PROVIDER_MEMBERS =
      Set.of(
          "only",
          "ignore",
          "order",
          "allow_fallbacks",
          "max_price",
          "require_parameters",
          "data_collection",
          "zdr",
          "enforce_distillable_text",
          "quantizations",
          "sort",
          "preferred_min_throughput",
          "preferred_max_latency");

  /** The tiers at list price or below. Upstreams use {@code auto} if no tier is given. */
  static final Set<String> LISTED_TIERS =
      Set.of("auto", "default", "standard", "standard_only", "flex");

  private static final Set<String> PARTS =
      Set.of(
          "text",
          "refusal",
          "input_text",
          "output_text",
          "summary_text",
          "reasoning_text",
          "thinking",
          "redacted_thinking",
          "tool_use",
          "tool_result",
          "search_result");

  private static final Set<String> ITEM_TYPES =
      with(
          PARTS,
          Set.of(
              "message",
              "reasoning",
              "function_call",
              "function_call_output",
              "custom_tool_call",
              "custom_tool_call_output",
              "local_shell_call",
              "local_shell_call_output",
              "apply_patch_call",
              "apply_patch_call_output"));

  private static final Set<String> MESSAGE_TYPES = Set.of("message");

  /** Anthropic's tools that the client runs. Their names end with a date. */
  private static final Pattern DATED_TOOLS =
      Pattern.compile("(?:bash|text_editor|memory)_[0-9]{8}");

  private static final Set<String> CHAT_TOOLS = Set.of("function", "custom");
  private static final Set<String> RESPONSE_TOOLS =
      Set.of("function", "custom", "local_shell", "apply_patch");
  private static final Set<String> MESSAGE_TOOLS = Set.of("custom");

  private static final Map<RequestKind, RequestTable> TABLES = new EnumMap<>(RequestKind.class);

  static {
    for (RequestKind kind : RequestKind.values()) {
      TABLES.put(kind, new RequestTable(kind));
    }
  }

  private final Map<String, MemberKind> members;
  private final RequestKind kind;

  static RequestTable of(RequestKind kind) {
    return Objects.requireNonNull(TABLES.get(kind));
  }

  private RequestTable(RequestKind kind) {
    this.kind = kind;
    Map<String, MemberKind> own =
        switch (kind) {
          case CHAT -> CHAT;
          case COMPLETION -> COMPLETION;
          case RESPONSE -> RESPONSE;
          case MESSAGE -> MESSAGE;
          case EMBEDDING -> EMBEDDING;
        };
    this.members = new Rows().putAll(EVERY_PROTOCOL).putAll(own).rows;
  }

  /** Whether the protocol has a member with exactly this name. */
  boolean knows(String member) {
    return members.containsKey(member);
  }

  /** The kind of a member, on this route or on another; null: no route knows it. */
  @Nullable MemberKind kindOf(String member) {
    MemberKind own = members.get(member);
    return own == null ? ELSEWHERE.get(member) : own;
  }

  /** Whether the body bounds the cost of a block of this type. */
  boolean admits(ContentReader.Level level, String type) {
    return switch (level) {
      case MESSAGE -> MESSAGE_TYPES.contains(type);
      case ITEM -> ITEM_TYPES.contains(type);
      case PART -> PARTS.contains(type);
    };
  }

  /** Whether a tool of this type runs on the client, without a fee. */
  boolean runsOnClient(String type) {
    return switch (kind) {
      case CHAT, COMPLETION -> CHAT_TOOLS.contains(type);
      case RESPONSE -> RESPONSE_TOOLS.contains(type);
      case MESSAGE -> MESSAGE_TOOLS.contains(type) || DATED_TOOLS.matcher(type).matches();
      case EMBEDDING -> false;
    };
  }

  /** Whether a tool may omit its type, as Anthropic's custom tools do. */
  boolean admitsUntypedTool() {
    return kind == RequestKind.MESSAGE;
  }

  private static Set<String> with(Set<String> some, Set<String> others) {
    Set<String> all = new HashSet<>(some);
    all.addAll(others);
    return Set.copyOf(all);
  }

  /** A builder for tables. A later row replaces an earlier row of the same name. */
  private static final class Rows {
    private final Map<String, MemberKind> rows = new HashMap<>();

    Rows put(MemberKind kind, String... members) {
      for (String member : members) {
        rows.put(member, kind);
      }
      return this;
    }

    Rows putAll(Map<String, MemberKind> others) {
      rows.putAll(others);
      return this;
    }
  }
}
