package dev.tollgate.gateway.meter;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.tollgate.gateway.json.Json;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a request's body says about its cost. Where a member is there several times, every one
 * counts: nobody can tell which of them the upstream takes.
 *
 * @param bodyBytes how long the body is
 * @param models every model that may answer, each once; empty: none was named, or one of the names
 *     is none
 * @param maxTokens the largest bound on what is written, at most {@link #MOST_TOKENS}; empty: none,
 *     or one of those given is none
 * @param n how many answers are asked for, 1 to {@link #MOST_ANSWERS}
 * @param extras whether it asks for what its own length says nothing of: parts that are not text,
 *     plugins, tools of the upstream's
 * @param readable whether the body is one JSON object, not encoded; if not, the rest is the default
 * @param stream whether an event stream was asked for
 * @param free whether one of the models named is a free variant, as far as can be read
 * @param others what else may bring in a model: presets, routers, models that the upstream's own
 *     tools and plugins are told to ask
 */
public record RequestSketch(
    int bodyBytes,
    List<String> models,
    OptionalLong maxTokens,
    int n,
    boolean readable,
    boolean stream,
    boolean extras,
    boolean free,
    List<String> others) {
  /** What a larger bound is taken for. */
  public static final long MOST_TOKENS = 1_000_000_000L;

  /** What a larger number of answers is taken for. */
  public static final int MOST_ANSWERS = 1_000_000;

  // The names in a body are a client's: a table of them would grow with every new one.
  private static final JsonFactory JSON =
      Json.factory()
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .build();
  private static final Set<String> TEXT = Set.of("text", "refusal");
  private static final Set<String> FUNCTION = Set.of("function");
  private static final Set<String> LISTED_TIERS = Set.of("default", "standard", "flex");
  private static final Pattern MEDIA = Pattern.compile("image|file|audio|video|document");

  /** The upstream's own tools that ask no model. */
  private static final Set<String> MODELLESS =
      Set.of("openrouter:web_search", "openrouter:web_fetch", "openrouter:datetime");

  /** Copies the list. */
  public RequestSketch {
    models = List.copyOf(models);
    others = List.copyOf(others);
  }

  /**
   * Reads a body.
   *
   * @param kind what is asked for
   * @param contentEncoding the request's header; null: it has none
   */
  public static RequestSketch of(byte[] body, RequestKind kind, @Nullable String contentEncoding) {
    String coding = contentEncoding == null ? "" : contentEncoding.strip().toLowerCase(Locale.ROOT);
    if ((coding.isEmpty() || coding.equals("identity")) && Json.isUtf8(body)) {
      try (JsonParser parser = JSON.createParser(body)) {
        Members members = new Members(kind);
        if (parser.nextToken() == JsonToken.START_OBJECT) {
          members.read(parser);
          if (parser.nextToken() == null) {
            return members.sketch(body.length);
          }
        }
      } catch (IOException e) {
        // The upstream is to judge it; for us it is a body that says nothing.
      }
    }
    return new RequestSketch(
        body.length, List.of(), OptionalLong.empty(), 1, false, false, true, false, List.of());
  }

  /** The model named first, fit for a log line and a database; empty if none was. */
  public String model() {
    return models.isEmpty() ? "" : printable(models.get(0));
  }

  /** The name of a model, of a client's making, as it may be shown. */
  public static String printable(String model) {
    return Text.bounded(model, JsonScanner.MODEL_CHARACTERS);
  }

  private static final class Members {
    private final RequestKind kind;
    private final Set<String> models = new LinkedHashSet<>();
    private final Set<String> others = new LinkedHashSet<>();
    private boolean modelUnknown;
    private long maxTokens = -1;
    private boolean unbounded;
    private long n = 1;
    private int prompts = 1;
    private boolean stream;
    private boolean extras;

    Members(RequestKind kind) {
      this.kind = kind;
    }

    void read(JsonParser parser) throws IOException {
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        // Servers written in Go do not tell upper from lower case here.
        String name = parser.currentName().toLowerCase(Locale.ROOT);
        JsonToken value = parser.nextToken();
        if (kind.isBound(name)) {
          addBound(parser, value);
        }
        switch (name) {
          case "model" -> addModel(parser, value);
          case "models", "fallbacks" -> addModels(parser, value);
          case "n", "best_of" -> n = Math.max(n, number(parser, value, MOST_ANSWERS));
          case "prompt" -> readPrompt(parser, value);
          case "input" -> readInput(parser, value);
          case "modalities" -> readModalities(parser, value);
          case "service_tier" -> readTier(parser, value);
          case "stream" -> stream = value == JsonToken.VALUE_TRUE;
          case "messages" -> readMessages(parser, value);
          case "tools" -> readTyped(parser, value, FUNCTION);
          case "plugins" -> {
            extras |= value != JsonToken.VALUE_NULL;
            readTyped(parser, value, Set.of());
          }
          case "web_search_options" -> extras |= value != JsonToken.VALUE_NULL;
          case "preset" -> addPreset(parser, value);
          default -> {}
        }
        parser.skipChildren();
      }
    }

    RequestSketch sketch(int bodyBytes) {
      OptionalLong bound =
          maxTokens < 0 || unbounded ? OptionalLong.empty() : OptionalLong.of(maxTokens);
      return new RequestSketch(
          bodyBytes,
          modelUnknown ? List.of() : List.copyOf(models),
          bound,
          (int) Math.min(n * prompts, MOST_ANSWERS),
          true,
          stream,
          extras,
          models.stream().anyMatch(Members::isFree),
          List.copyOf(others));
    }

    private static boolean isFree(String model) {
      return model.endsWith(":free") || model.equals("openrouter/free");
    }

    /** Who gives the upstream's default by {@code null}, or nonsense, has given no bound. */
    private void addBound(JsonParser parser, JsonToken value) throws IOException {
      long bound = number(parser, value, MOST_TOKENS);
      unbounded |= bound < 1;
      maxTokens = Math.max(maxTokens, bound);
    }

    private void addModel(JsonParser parser, JsonToken value) throws IOException {
      if (value == JsonToken.VALUE_STRING) {
        models.add(parser.getText());
      } else {
        modelUnknown = true;
      }
    }

    private void addModels(JsonParser parser, JsonToken value) throws IOException {
      if (value != JsonToken.START_ARRAY) {
        modelUnknown |= value != JsonToken.VALUE_NULL;
        return;
      }
      for (JsonToken item = parser.nextToken();
          item != JsonToken.END_ARRAY;
          item = parser.nextToken()) {
        if (item == JsonToken.START_OBJECT) {
          addModelOf(parser);
        } else {
          addModel(parser, item);
          parser.skipChildren();
        }
      }
    }

    /** A fallback of the messages route: an object with the model's name in it. */
    private void addModelOf(JsonParser parser) throws IOException {
      boolean named = false;
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        boolean model = parser.currentName().equals("model");
        JsonToken value = parser.nextToken();
        if (model) {
          addModel(parser, value);
          named = true;
        }
        parser.skipChildren();
      }
      modelUnknown |= !named;
    }

    /** A list of prompts is answered prompt by prompt; one of numbers is one prompt, in tokens. */
    private void readPrompt(JsonParser parser, JsonToken value) throws IOException {
      if (value != JsonToken.START_ARRAY) {
        return;
      }
      int count = 0;
      for (JsonToken item = parser.nextToken();
          item != JsonToken.END_ARRAY;
          item = parser.nextToken()) {
        count += item.isNumeric() ? 0 : 1;
        parser.skipChildren();
      }
      prompts = Math.max(prompts, count);
    }

    /** Looks, however deep, for parts that are not text. */
    private void readInput(JsonParser parser, JsonToken value) throws IOException {
      if (!value.isStructStart()) {
        return;
      }
      int depth = 1;
      while (depth > 0) {
        JsonToken token = parser.nextToken();
        if (token.isStructStart()) {
          depth++;
        } else if (token.isStructEnd()) {
          depth--;
        } else if (token == JsonToken.VALUE_STRING && "type".equals(parser.currentName())) {
          extras |= MEDIA.matcher(parser.getText()).find();
        }
      }
    }

    private void readModalities(JsonParser parser, JsonToken value) throws IOException {
      if (value != JsonToken.START_ARRAY) {
        extras |= value != JsonToken.VALUE_NULL;
        return;
      }
      for (JsonToken item = parser.nextToken();
          item != JsonToken.END_ARRAY;
          item = parser.nextToken()) {
        extras |= item != JsonToken.VALUE_STRING || !parser.getText().equals("text");
        parser.skipChildren();
      }
    }

    /** Another tier may be dearer than the list says. */
    private void readTier(JsonParser parser, JsonToken value) throws IOException {
      extras |=
          value != JsonToken.VALUE_NULL
              && (value != JsonToken.VALUE_STRING || !LISTED_TIERS.contains(parser.getText()));
    }

    /** Looks for parts of a message that are not text. */
    private void readMessages(JsonParser parser, JsonToken value) throws IOException {
      if (value != JsonToken.START_ARRAY) {
        return;
      }
      for (JsonToken message = parser.nextToken();
          message != JsonToken.END_ARRAY;
          message = parser.nextToken()) {
        if (message == JsonToken.START_OBJECT) {
          while (parser.nextToken() == JsonToken.FIELD_NAME) {
            boolean content = parser.currentName().equals("content");
            if (parser.nextToken() == JsonToken.START_ARRAY && content) {
              readTypes(parser, TEXT);
            } else {
              parser.skipChildren();
            }
          }
        } else {
          parser.skipChildren();
        }
      }
    }

    private void addPreset(JsonParser parser, JsonToken value) throws IOException {
      if (value != JsonToken.VALUE_NULL) {
        // It may bring whatever a body may.
        extras = true;
        others.add("preset " + (value == JsonToken.VALUE_STRING ? parser.getText() : "of no name"));
      }
    }

    /** Goes through tools or plugins; those of {@code harmless} types are the client's own. */
    private void readTyped(JsonParser parser, JsonToken value, Set<String> harmless)
        throws IOException {
      if (value != JsonToken.START_ARRAY) {
        return;
      }
      for (JsonToken item = parser.nextToken();
          item != JsonToken.END_ARRAY;
          item = parser.nextToken()) {
        if (item == JsonToken.START_OBJECT) {
          readTool(parser, harmless);
        } else {
          extras = true;
          parser.skipChildren();
        }
      }
    }

    private void readTool(JsonParser parser, Set<String> harmless) throws IOException {
      Set<String> named = new LinkedHashSet<>();
      Set<String> types = new LinkedHashSet<>();
      // The member that a value is, or in which the array lies that it is an element of.
      String name = "";
      Deque<String> outer = new ArrayDeque<>();
      JsonToken token = JsonToken.START_OBJECT;
      do {
        if (token.isStructStart()) {
          outer.push(name);
        } else if (token.isStructEnd()) {
          name = outer.pop();
        } else if (token == JsonToken.FIELD_NAME) {
          name = parser.currentName();
        } else if (token == JsonToken.VALUE_STRING) {
          if (outer.size() == 1 && (name.equals("type") || name.equals("id"))) {
            types.add(parser.getText());
          } else if (name.endsWith("model") || name.endsWith("models")) {
            named.add(parser.getText());
          }
        }
        token = outer.isEmpty() ? token : parser.nextToken();
      } while (!outer.isEmpty());
      // A tool that says no type is the client's own, too.
      boolean own = !harmless.isEmpty() && harmless.containsAll(types);
      if (!own) {
        extras = true;
        others.addAll(named);
        types.stream().filter(type -> picksModels(type, named.isEmpty())).forEach(others::add);
      }
    }

    /**
     * What asks a model that it picks by itself, as far as is known.
     *
     * @param unnamed whether it is told no model
     */
    private static boolean picksModels(String type, boolean unnamed) {
      boolean router = type.endsWith("router") || type.endsWith("fusion");
      boolean tool = type.startsWith("openrouter:") && !MODELLESS.contains(type);
      return router || (unnamed && (tool || type.contains("image_generation")));
    }

    /** Goes through an array of objects, which may be of these types only. */
    private void readTypes(JsonParser parser, Set<String> types) throws IOException {
      for (JsonToken item = parser.nextToken();
          item != JsonToken.END_ARRAY;
          item = parser.nextToken()) {
        if (item != JsonToken.START_OBJECT) {
          parser.skipChildren();
          continue;
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          boolean type = parser.currentName().equals("type");
          JsonToken member = parser.nextToken();
          extras |= type && (member != JsonToken.VALUE_STRING || !types.contains(parser.getText()));
          parser.skipChildren();
        }
      }
    }

    /** A number rounded up, for {@code 1e3} is 1000 to most readers of JSON; below 0: none. */
    private static long number(JsonParser parser, JsonToken value, long most) throws IOException {
      if (!value.isNumeric()) {
        return -1;
      }
      double number = parser.getDoubleValue();
      return number < 0 ? -1 : (long) Math.ceil(Math.min(number, (double) most));
    }
  }
}
