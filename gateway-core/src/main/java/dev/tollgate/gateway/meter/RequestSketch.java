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
 * The facts in a request body that matter for its cost, and who made it. They decide the hold in
 * both modes, and whether a project's list of models allows the request. If a member occurs several
 * times, every occurrence counts, because the upstream may use any of them.
 *
 * @param bodyBytes the length of the body; a tokenizer makes at most one token per byte
 * @param promptTokens the estimated tokens of the prompt: {@link #MEDIA_TOKENS} for each picture or
 *     file that the body contains, and a token for every three of the other bytes
 * @param pictures the number of pictures in the input
 * @param inputs the number of inputs or prompts in a list, 1 or more; the model's context limits
 *     each of them separately
 * @param tools whether tools are declared
 * @param models every model that may answer, each once; empty: none was named, or one of the names
 *     is invalid
 * @param maxTokens the largest bound on the output, at most {@link #MOST_TOKENS}; empty: there is
 *     no bound, or one of the bounds is invalid
 * @param thinkingTokens the bound on thinking tokens; 0: none
 * @param n the number of answers, including those to each prompt of a list, 1 to {@link
 *     #MOST_ANSWERS}
 * @param readable whether the body is one JSON object without content encoding; if not, the other
 *     values are defaults
 * @param stream whether the client wants an event stream
 * @param extras whether the request asks for something without a known price or bound: plugins,
 *     files, media by URL, presets, the upstream's tools and state, output that is not text,
 *     expensive tiers
 * @param free whether one of the named models is a free variant, as far as the body can be read
 * @param others other things that may select a model: presets, routers, models that the upstream's
 *     own tools and plugins are told to use
 * @param unbounded the first thing whose cost is bounded neither by the body nor by a number, in a
 *     few words for the caller; null: there is none
 * @param provider the providers that may answer
 * @param endUser the user of the request as the body names it; empty: it names none
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
    ProviderChoice provider,
    String endUser) {
  /** The maximum bound; a larger bound is reduced to this. */
  public static final long MOST_TOKENS = 1_000_000_000L;

  /** The maximum number of answers; a larger number is reduced to this. */
  public static final int MOST_ANSWERS = 1_000_000;

  /** The estimated tokens of a picture or a file that a body contains. */
  public static final int MEDIA_TOKENS = 1000;

  /** English has about four bytes per token; JSON and other scripts have fewer. */
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
   * @param kind the kind of request
   * @param contentEncoding the request's header; null: it has none
   */
  public static RequestSketch of(byte[] body, RequestKind kind, @Nullable String contentEncoding) {
    String coding = contentEncoding == null ? "" : contentEncoding.strip().toLowerCase(Locale.ROOT);
    if ((coding.isEmpty() || coding.equals("identity")) && Json.isUtf8(body)) {
      // Clients choose the names in a body. A copy of the factory has its own symbol table, which
      // is dropped with the body.
      try (JsonParser parser = JSON.copy().createParser(body)) {
        RequestReader reader = new RequestReader(parser, body, kind);
        if (parser.nextToken() == JsonToken.START_OBJECT) {
          reader.read();
          if (parser.nextToken() == null) {
            return reader.sketch();
          }
        }
      } catch (IOException e) {
        // The upstream decides about an invalid body; here it counts as unreadable.
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
        ProviderChoice.ANY,
        "");
  }

  /** The estimated tokens of a prompt. */
  static long tokens(long textBytes, long media) {
    return (textBytes + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN + media * MEDIA_TOKENS;
  }

  /** The first model named, safe for a log line and a database; empty if none was named. */
  public String model() {
    return models.isEmpty() ? "" : printable(models.get(0));
  }

  /** A model name from a client, made safe for display. */
  public static String printable(String model) {
    return Text.bounded(model, AnswerReader.MODEL_CHARACTERS);
  }
}
