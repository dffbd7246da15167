package dev.tollgate.gateway.meter;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
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
      rows(
          Map.of(),
          """
          MODEL     model
          MODELS    models fallbacks
          ANSWERS   n best_of
          STREAM    stream
          PROVIDER  provider
          PRESET    preset
          PLUGINS   plugins
          USER      user safety_identifier
          PLAIN     metadata session_id trace route transforms usage debug
          """);

  /**
   * Members of every protocol that generates text. A bound of another protocol is a plain number.
   */
  private static final Map<String, MemberKind> GENERATION =
      rows(
          EVERY_PROTOCOL,
          """
          NUMBER      max_tokens max_completion_tokens max_output_tokens max_tool_calls
          NUMBER      temperature top_p top_k top_a min_p seed top_logprobs
          NUMBER      frequency_penalty presence_penalty repetition_penalty
          THINKING    reasoning thinking
          TOOLS       tools
          MODALITIES  modalities
          TIER        service_tier
          REMOTE      web_search_options mcp_servers container
          PLAIN       tool_choice parallel_tool_calls stop_server_tools_when
          PLAIN       stream_options stop logit_bias logprobs response_format
          PLAIN       structured_outputs reasoning_effort include_reasoning
          PLAIN       enable_thinking verbosity store cache_control
          PLAIN       prompt_cache_key prompt_cache_retention truncation
          """);

  private static final Map<String, MemberKind> CHAT =
      rows(
          GENERATION,
          """
          BOUND      max_tokens max_completion_tokens
          MESSAGES   messages
          PROMPTS    prompt
          FUNCTIONS  functions
          PLAIN      function_call
          """);

  private static final Map<String, MemberKind> COMPLETION =
      rows(
          GENERATION,
          """
          BOUND    max_tokens
          PROMPTS  prompt
          PLAIN    suffix echo
          """);

  private static final Map<String, MemberKind> RESPONSE =
      rows(
          GENERATION,
          """
          BOUND       max_output_tokens
          ITEMS       input instructions
          REMOTE      previous_response_id conversation prompt
          BACKGROUND  background
          PLAIN       text include client_metadata
          """);

  private static final Map<String, MemberKind> MESSAGE =
      rows(
          GENERATION,
          """
          BOUND     max_tokens
          MESSAGES  messages
          CONTENT   system
          EDITS     context_management
          METADATA  metadata
          PLAIN     stop_sequences output_config output_format
          """);

  private static final Map<String, MemberKind> EMBEDDING =
      rows(
          EVERY_PROTOCOL,
          """
          INPUTS  input
          NUMBER  dimensions
          PLAIN   input_type encoding_format
          """);

  /**
   * The meaning of members on routes that do not know them. An upstream may still honour such a
   * member, so its cost counts. The members in the last row cost more than the list price: rejected
   * prediction tokens, another price for all tokens, or output that is not text.
   */
  private static final Map<String, MemberKind> ELSEWHERE = elsewhere();

  private static Map<String, MemberKind> elsewhere() {
    Map<String, MemberKind> all = new HashMap<>(RESPONSE);
    all.putAll(MESSAGE);
    all.putAll(CHAT);
    all.putAll(GENERATION);
    return rows(all, "REMOTE prediction speed inference_geo audio image_config");
  }

  /** The members of a block that are read. */
  static final Set<String> BLOCK_MEMBERS =
      words(
          """
          type id encrypted_content content output images image image_url image_file input_image
          audio audio_url input_audio video video_url input_video
          file file_id file_url file_data document source data inline_data result url
          """);

  /** The types and members of pictures. */
  static final Set<String> PICTURES = words("image_url image input_image computer_screenshot");

  /** The parts whose tokens can be estimated if the body contains them. */
  static final Set<String> SEEN_OR_HEARD =
      words(
          PICTURES,
          "image_generation_call input_audio audio audio_url input_video video video_url");

  /** The members of a message that are read, and those that cost no more than their bytes. */
  static final Set<String> MESSAGE_MEMBERS =
      words(
          BLOCK_MEMBERS,
          """
          role name tool_calls tool_call_id function_call refusal
          reasoning reasoning_content reasoning_details thinking thinking_blocks
          annotations cache_control prefix partial status phase
          extra_content provider_specific_fields
          """);

  /** The members of {@code provider}, which only choose among the model's endpoints. */
  static final Set<String> PROVIDER_MEMBERS =
      words(
          """
          only ignore order allow_fallbacks max_price require_parameters data_collection zdr
          enforce_distillable_text quantizations sort preferred_min_throughput
          preferred_max_latency
          """);

  /** The tiers at list price or below. Upstreams use {@code auto} if no tier is given. */
  static final Set<String> LISTED_TIERS =
      Set.of("auto", "default", "standard", "standard_only", "flex");

  private static final Set<String> PARTS =
      words(
          """
          text refusal input_text output_text summary_text reasoning_text
          thinking redacted_thinking tool_use tool_result search_result
          """);

  private static final Set<String> ITEM_TYPES =
      words(
          PARTS,
          """
          message reasoning
          function_call function_call_output custom_tool_call custom_tool_call_output
          local_shell_call local_shell_call_output apply_patch_call apply_patch_call_output
          """);

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
    this.members =
        switch (kind) {
          case CHAT -> CHAT;
          case COMPLETION -> COMPLETION;
          case RESPONSE -> RESPONSE;
          case MESSAGE -> MESSAGE;
          case EMBEDDING -> EMBEDDING;
        };
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

  /** Parses rows of a kind and its members. They replace members of the same name below. */
  private static Map<String, MemberKind> rows(Map<String, MemberKind> below, String table) {
    Map<String, MemberKind> rows = new HashMap<>(below);
    for (String row : table.lines().toList()) {
      String[] words = row.split(" +", -1);
      for (int i = 1; i < words.length; i++) {
        rows.put(words[i], MemberKind.valueOf(words[0]));
      }
    }
    return rows;
  }

  /** Parses words that are separated by white space. */
  private static Set<String> words(String text) {
    return words(Set.of(), text);
  }

  private static Set<String> words(Set<String> others, String text) {
    Set<String> all = new HashSet<>(others);
    all.addAll(List.of(text.strip().split("\\s+", -1)));
    return Set.copyOf(all);
  }
}
