package dev.tollgate.gateway.meter;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.tollgate.gateway.json.Json;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What a request's body says about its cost. It decides for holds in both modes and for a project's
 * list of models. Where a member is there several times, every one counts: nobody can tell which of
 * them the upstream takes.
 *
 * @param bodyBytes how long the body is; no tokenizer makes more tokens of it
 * @param promptTokens the estimated tokens of the prompt: {@link #MEDIA_TOKENS} for each picture or
 *     file that the body contains, and a token for every three of the other bytes
 * @param pictures how many pictures the input has
 * @param inputs how many inputs or prompts are in a list of them, 1 or more; each is bounded by the
 *     model's context on its own
 * @param tools whether tools are declared
 * @param models every model that may answer, each once; empty: none was named, or one of the names
 *     is none
 * @param maxTokens the largest bound on what is written, at most {@link #MOST_TOKENS}; empty: none,
 *     or one of those given is none
 * @param thinkingTokens how many tokens the request leaves for thinking; 0: it does not say
 * @param n how many answers are asked for, those to each prompt of a list included, 1 to {@link
 *     #MOST_ANSWERS}
 * @param readable whether the body is one JSON object, not encoded; if not, the rest is the default
 * @param stream whether an event stream was asked for
 * @param extras whether it asks for what has no known price or bound: plugins, files, media by URL,
 *     presets, tools and state of the upstream's, output that is not text, dear tiers
 * @param free whether one of the models named is a free variant, as far as can be read
 * @param others what else may bring in a model: presets, routers, models that the upstream's own
 *     tools and plugins are told to ask
 * @param unbounded the first thing whose cost neither the body nor a number bounds, in a few words
 *     for the caller; null: there is none
 * @param provider which providers may answer
 */
public record RequestSketch(
    int bodyBytes,
    long promptTokens,
    int pictures,
    int inputs,
    boolean tools,
    List<String> models,
    OptionalLong maxTokens,
    long thinkingTokens,
    int n,
    boolean readable,
    boolean stream,
    boolean extras,
    boolean free,
    List<String> others,
    @Nullable String unbounded,
    ProviderChoice provider) {
  /** What a larger bound is taken for. */
  public static final long MOST_TOKENS = 1_000_000_000L;

  /** What a larger number of answers is taken for. */
  public static final int MOST_ANSWERS = 1_000_000;

  /** The estimated tokens of a picture or a file that a body contains. */
  public static final int MEDIA_TOKENS = 1000;

  /** English has about four bytes to a token, JSON and other scripts fewer. */
  private static final int BYTES_PER_TOKEN = 3;

  private static final JsonFactory JSON =
      Json.factory().disable(JsonFactory.Feature.INTERN_FIELD_NAMES).build();

  /** Copies the lists. */
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
      // The names in a body are a client's: a copy forgets its table of them with the body.
      try (JsonParser parser = JSON.copy().createParser(body)) {
        RequestReader reader = new RequestReader(parser, body, kind);
        if (parser.nextToken() == JsonToken.START_OBJECT) {
          reader.read();
          if (parser.nextToken() == null) {
            return reader.sketch();
          }
        }
      } catch (IOException e) {
        // The upstream is to judge it; for us it is a body that says nothing.
      }
    }
    return unreadable(body.length);
  }

  private static RequestSketch unreadable(int bodyBytes) {
    return new RequestSketch(
        bodyBytes,
        tokens(bodyBytes, 0),
        0,
        1,
        false,
        List.of(),
        OptionalLong.empty(),
        0,
        1,
        false,
        false,
        true,
        false,
        List.of(),
        "body that is not one plain JSON object",
        ProviderChoice.ANY);
  }

  /** The estimated tokens of a prompt. */
  static long tokens(long textBytes, long media) {
    return (textBytes + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN + media * MEDIA_TOKENS;
  }

  /** The model named first, fit for a log line and a database; empty if none was. */
  public String model() {
    return models.isEmpty() ? "" : printable(models.get(0));
  }

  /** The name of a model, of a client's making, as it may be shown. */
  public static String printable(String model) {
    return Text.bounded(model, AnswerReader.MODEL_CHARACTERS);
  }
}
