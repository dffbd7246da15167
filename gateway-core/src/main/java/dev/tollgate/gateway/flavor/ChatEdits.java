package dev.tollgate.gateway.flavor;

import com.fasterxml.jackson.core.JsonToken;
import dev.tollgate.gateway.flavor.ChatBody.JsonObject;
import dev.tollgate.gateway.flavor.ChatBody.Member;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What is changed in the body of a chat request before it goes to the upstream, and not a byte
 * besides: the body is never written anew, so white space, the order of members, duplicates,
 * escapes and the spelling of numbers stay. Immutable, for use by any number of threads.
 *
 * <ul>
 *   <li>The value of {@code model}, if it is an alias. The entries of {@code models} stay.
 *   <li>One cap on the answer's tokens, as <a
 *       href="https://docs.pinata.cloud/inference/chat-completions">Pinata</a> does it. The model
 *       decides its name, after the aliases: {@code model} if that is a string, else the first of
 *       {@code models}. OpenAI's gpt-5 and o-series refuse {@code max_tokens}, they have {@code
 *       max_completion_tokens}; every other model has {@code max_tokens}.
 *       <ul>
 *         <li>Neither member, or {@code null} only, which is the upstream's default and thus no
 *             cap: {@value #DEFAULT_MAX_TOKENS} by that name, in the place of its {@code null} or
 *             as a new member.
 *         <li>{@code max_tokens} with a value and no {@code max_completion_tokens} at all, for a
 *             model that refuses it: renamed.
 *         <li>Else nothing.
 *       </ul>
 *   <li>{@code include_usage} of {@code stream_options}, where the upstream has to be asked for
 *       usage and {@code stream} is true: added as true. A member that is there stays, whatever its
 *       value, and so does a {@code stream_options} that is not an object.
 * </ul>
 *
 * <p>Members count at the top level only; of several with one name the last counts and is edited. A
 * new member comes first in its object and never has a name that is there already. What was edited
 * once is not edited again.
 */
public final class ChatEdits {
  /** The cap on an answer, in tokens, for whoever gives none. */
  public static final int DEFAULT_MAX_TOKENS = 4096;

  static final String MODEL = "model";
  static final String MODELS = "models";
  static final String MAX_TOKENS = "max_tokens";
  static final String MAX_COMPLETION_TOKENS = "max_completion_tokens";
  static final String STREAM = "stream";
  static final String STREAM_OPTIONS = "stream_options";
  static final String INCLUDE_USAGE = "include_usage";

  /** gpt-5 and whatever begins so; an o, a number, and nothing or a new word. */
  private static final Pattern REFUSES_MAX_TOKENS =
      Pattern.compile("(?:openai/)?(?:gpt-5|o[0-9]++(?![A-Za-z0-9]))");

  private final ModelAliases aliases;
  private final boolean asksForUsage;

  /**
   * @param aliases the models that are called something else by the upstream
   * @param asksForUsage whether the upstream tells the usage of a stream only if it is asked to
   */
  public ChatEdits(ModelAliases aliases, boolean asksForUsage) {
    this.aliases = aliases;
    this.asksForUsage = asksForUsage;
  }

  /**
   * Edits a body.
   *
   * @param body of a chat request, not encoded; it is not changed. A byte order mark is ignored and
   *     kept
   * @return the body to send; the same array if nothing is edited
   * @throws MalformedBodyException if it is not one JSON object in UTF-8 (RFC 8259), or beyond what
   *     is read of it: 1000 levels, 50,000 characters of a name, 1000 of a number
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
   * Edits the body of a route whose bytes are relayed as they are, but for one thing: the upstream
   * is asked for the usage of a stream, where it has to be asked.
   *
   * @param body of a chat or a completion; it is not changed
   * @return the body to send; the same array if nothing is edited, as where it cannot be read
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

  /** Returns the model that decides, empty if there is none. */
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

  /** Gives a member this value, or adds it. */
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

  /** A string of JSON, in ASCII. */
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
