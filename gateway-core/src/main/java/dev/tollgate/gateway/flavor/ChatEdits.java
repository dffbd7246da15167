package dev.tollgate.gateway.flavor;

import com.fasterxml.jackson.core.JsonToken;
import dev.tollgate.gateway.flavor.ChatBody.JsonObject;
import dev.tollgate.gateway.flavor.ChatBody.Member;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Edits the body of a chat request before it goes upstream. Only the bytes of these edits change.
 * The body is never serialised again, so white space, member order, duplicates, escapes and number
 * formats stay. Immutable; thread-safe.
 *
 * <ul>
 *   <li>The value of {@code model} is replaced if it is an alias. The entries of {@code models}
 *       stay.
 *   <li>One cap on the answer's tokens is set, as <a
 *       href="https://docs.pinata.cloud/inference/chat-completions">Pinata</a> does. The model
 *       decides the name of the cap, after the aliases: {@code model} if it is a string, else the
 *       first of {@code models}. OpenAI's gpt-5 and o-series reject {@code max_tokens} and take
 *       {@code max_completion_tokens}; every other model takes {@code max_tokens}.
 *       <ul>
 *         <li>If both members are absent or {@code null}, there is no cap. Then {@value
 *             #DEFAULT_MAX_TOKENS} is set under the model's name for it, in place of a {@code null}
 *             or as a new member.
 *         <li>If {@code max_tokens} has a value, {@code max_completion_tokens} is absent and the
 *             model rejects {@code max_tokens}, the member is renamed.
 *         <li>Otherwise nothing changes.
 *       </ul>
 *   <li>{@code include_usage} of {@code stream_options} is added as true, if the upstream reports
 *       usage only on request and {@code stream} is true. An existing member stays, whatever its
 *       value, and so does a {@code stream_options} that is not an object.
 * </ul>
 *
 * <p>Only top-level members count. If several have one name, the last one counts and is edited. A
 * new member comes first in its object, and its name is never there already. Editing a body twice
 * has the same result as editing it once.
 */
public final class ChatEdits {
  /** The default cap on an answer, in tokens. */
  public static final int DEFAULT_MAX_TOKENS = 4096;

  static final String MODEL = "model";
  static final String MODELS = "models";
  static final String MAX_TOKENS = "max_tokens";
  static final String MAX_COMPLETION_TOKENS = "max_completion_tokens";
  static final String STREAM = "stream";
  static final String STREAM_OPTIONS = "stream_options";
  static final String INCLUDE_USAGE = "include_usage";

  /** Matches gpt-5 with any suffix, and o with a number that ends there or before a separator. */
  private static final Pattern REFUSES_MAX_TOKENS =
      Pattern.compile("(?:openai/)?(?:gpt-5|o[0-9]++(?![A-Za-z0-9]))");

  private final ModelAliases aliases;
  private final boolean asksForUsage;

  /**
   * @param aliases the upstream's names for models that callers name differently
   * @param asksForUsage whether the upstream reports the usage of a stream only on request
   */
  public ChatEdits(ModelAliases aliases, boolean asksForUsage) {
    this.aliases = aliases;
    this.asksForUsage = asksForUsage;
  }

  /**
   * Edits a body.
   *
   * @param body a chat request's body, without a content coding; the array is not changed. A byte
   *     order mark is ignored and kept
   * @return the body to send; the same array if nothing is edited
   * @throws MalformedBodyException if the body is not one JSON object in UTF-8 (RFC 8259), or
   *     exceeds a limit: 1000 levels, 50,000 characters in a name, 1000 in a number
   */
  public byte[] apply(byte[] body) {
    JsonObject chat = ChatBody.read(body);
    Splice splice = new Splice(body);
    boolean refusesMaxTokens = REFUSES_MAX_TOKENS.matcher(editModel(chat, splice)).lookingAt();
    editCap(chat, refusesMaxTokens, splice);
    askForUsage(chat, splice);
    return splice.result();
  }

  /**
   * Asks for the usage of a stream, if the upstream reports it only on request. For routes whose
   * bodies are otherwise relayed unchanged.
   *
   * @param body the body of a chat or a completion; the array is not changed
   * @return the body to send; the same array if nothing is edited, for instance because the body
   *     cannot be read
   */
  public byte[] askForUsage(byte[] body) {
    if (!asksForUsage) {
      return body;
    }
    try {
      Splice splice = new Splice(body);
      askForUsage(ChatBody.read(body), splice);
      return splice.result();
    } catch (MalformedBodyException e) {
      // The upstream judges malformed bodies.
      return body;
    }
  }

  private void askForUsage(JsonObject chat, Splice splice) {
    if (asksForUsage
        && chat.member(STREAM).filter(m -> m.token() == JsonToken.VALUE_TRUE).isPresent()) {
      editStreamOptions(chat, splice);
    }
  }

  /**
   * Replaces an alias, and returns the model that decides the name of the cap; empty if there is
   * none.
   */
  private String editModel(JsonObject chat, Splice splice) {
    Optional<Member> member = chat.member(MODEL);
    Optional<String> model = member.flatMap(Member::string);
    if (model.isEmpty()) {
      return chat.member(MODELS).flatMap(Member::firstString).orElse("");
    }
    Optional<String> target = model.flatMap(aliases::find);
    target.ifPresent(id -> replaceValue(member.orElseThrow(), quoted(id), splice));
    return target.or(() -> model).orElseThrow();
  }

  private static void editCap(JsonObject chat, boolean refusesMaxTokens, Splice splice) {
    Optional<Member> maxTokens = chat.member(MAX_TOKENS);
    Optional<Member> maxCompletionTokens = chat.member(MAX_COMPLETION_TOKENS);
    if (hasValue(maxCompletionTokens)) {
      return;
    }
    if (hasValue(maxTokens)) {
      if (refusesMaxTokens && maxCompletionTokens.isEmpty()) {
        Member renamed = maxTokens.orElseThrow();
        splice.replace(renamed.nameFrom(), renamed.nameTo(), quoted(MAX_COMPLETION_TOKENS));
      }
      return;
    }
    String cap = Integer.toString(DEFAULT_MAX_TOKENS);
    if (refusesMaxTokens) {
      set(chat, MAX_COMPLETION_TOKENS, cap, splice);
    } else {
      set(chat, MAX_TOKENS, cap, splice);
    }
  }

  private static boolean hasValue(Optional<Member> member) {
    return member.isPresent() && !member.get().isNull();
  }

  private static void editStreamOptions(JsonObject chat, Splice splice) {
    Optional<Member> member = chat.member(STREAM_OPTIONS);
    JsonObject options = member.map(Member::object).orElse(null);
    if (member.isEmpty()) {
      set(chat, STREAM_OPTIONS, "{" + quoted(INCLUDE_USAGE) + ":true}", splice);
    } else if (options != null && options.member(INCLUDE_USAGE).isEmpty()) {
      set(options, INCLUDE_USAGE, "true", splice);
    }
  }

  /** Replaces a member's value, or adds the member. */
  private static void set(JsonObject object, String name, String json, Splice splice) {
    Optional<Member> member = object.member(name);
    if (member.isPresent()) {
      replaceValue(member.get(), json, splice);
    } else {
      String comma = object.isEmpty() ? "" : ",";
      splice.replace(object.inside(), object.inside(), quoted(name) + ":" + json + comma);
    }
  }

  private static void replaceValue(Member member, String json, Splice splice) {
    splice.replace(member.valueFrom(), member.valueTo(), json);
  }

  /** A JSON string in ASCII. */
  private static String quoted(String text) {
    StringBuilder json = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (c >= ' ' && c <= '~') {
        json.append(c);
      } else {
        json.append(String.format("\\u%04x", (int) c));
      }
    }
    return json.append('"').toString();
  }
}
