package dev.tollgate.gateway.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Connection;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Received;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An upstream that answers as OpenRouter does, so that real clients can talk to a gateway before
 * it. What it answers follows from the request, as with a real one: JSON or an event stream, text,
 * a call of the first tool, or JSON where a schema is given. The model decides the rest:
 *
 * <ul>
 *   <li>{@link #MODEL} answers.
 *   <li>{@link #NAMED_EVENTS} does so with {@code event:} lines where OpenRouter has none.
 *   <li>{@link #ENDLESS} goes on until nobody listens.
 *   <li>{@link #FAILS_MIDWAY} says an error after the first word of a stream.
 *   <li>{@link #HANGS_UP} takes the request and answers nothing.
 *   <li>{@link #LIMITED_ONCE} is refused with 429 if it is the first request since {@link #forget}.
 *   <li>{@code acme/status-422}, or any other number, is refused with that status.
 * </ul>
 */
final class OpenRouterUpstream implements AutoCloseable {
  static final String MODEL = "acme/parrot";
  static final String NAMED_EVENTS = "acme/named-events";
  static final String ENDLESS = "acme/endless";
  static final String FAILS_MIDWAY = "acme/fails-midway";
  static final String HANGS_UP = "acme/hangs-up";
  static final String LIMITED_ONCE = "acme/limited-once";
  static final String STATUS = "acme/status-";

  /** Of one word; 17 digits, as JavaScript has them. */
  private static final BigDecimal COST = new BigDecimal("7.4123456789012345E-7");

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int SECONDS = 10;

  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private final AtomicInteger ids = new AtomicInteger();
  private final List<Received> calls = new CopyOnWriteArrayList<>();
  private final Map<String, Generation> books = new ConcurrentHashMap<>();
  private final BlockingQueue<String> abandoned = new LinkedBlockingQueue<>();

  OpenRouterUpstream() {
    upstream.script(this::answer);
    upstream.background(this::answer);
  }

  URI baseUrl() {
    return upstream.baseUrl();
  }

  /** Forgets what was, before the next test. */
  void forget() {
    upstream.forget();
    calls.clear();
    books.clear();
    abandoned.clear();
  }

  /** What has been taken since. */
  List<Generation> books() {
    return List.copyOf(books.values());
  }

  /** The metered requests that came since. */
  List<Received> calls() {
    return List.copyOf(calls);
  }

  /** Waits until somebody has left an endless stream. */
  void awaitAbandoned() throws InterruptedException {
    if (abandoned.poll(SECONDS, TimeUnit.SECONDS) == null) {
      throw new AssertionError("nobody left");
    }
  }

  /** What went wrong here, but for broken connections. */
  List<Throwable> failures() {
    return new ArrayList<>(upstream.failures());
  }

  private void answer(Received request, Connection connection) throws Exception {
    String path = request.target().replaceFirst("\\?.*", "").replaceFirst("^/api/v1", "");
    if (request.method().equals("POST")) {
      calls.add(request);
      JsonNode body = JSON.readTree(request.body());
      meter(path, new Call(this, "gen-1790000000-" + ids.incrementAndGet(), body, connection));
    } else if (path.equals("/models")) {
      connection.write(ScriptedUpstream.json(200, MODELS));
    } else if (path.equals("/generation")) {
      generation(request.target().replaceFirst(".*[?&]id=([^&]*).*", "$1"), connection);
    } else {
      connection.write(ScriptedUpstream.json(404, error(404)));
    }
  }

  private void meter(String path, Call call) throws Exception {
    if (call.model().equals(HANGS_UP)) {
      call.hangUp();
    } else if (call.model().equals(LIMITED_ONCE) && calls.size() == 1) {
      refuse(429, path, call);
    } else if (call.model().startsWith(STATUS)) {
      refuse(Integer.parseInt(call.model().substring(STATUS.length())), path, call);
    } else {
      switch (path) {
        case "/chat/completions" -> ChatAnswers.answer(call);
        case "/completions" -> CompletionAnswers.answer(call);
        case "/responses" -> ResponseAnswers.answer(call);
        case "/messages" -> MessageAnswers.answer(call);
        case "/embeddings" -> EmbeddingAnswers.answer(call);
        default -> call.refuse(404, error(404));
      }
    }
  }

  private static void refuse(int status, String path, Call call) throws IOException {
    call.refuse(status, path.equals("/messages") ? MessageAnswers.error(status) : error(status));
  }

  /** Enters an answer of so many words into the books, and says what it costs. */
  String book(String id, String model, long promptTokens, long completionTokens) {
    String cost = cost(promptTokens + Math.max(0, completionTokens));
    books.put(id, Generation.taken(id, model, cost, promptTokens, completionTokens));
    return cost;
  }

  /** Somebody left before the end. */
  void noteAbandoned(String id) {
    abandoned.add(id);
  }

  /** As JavaScript writes it: small numbers with an exponent. */
  private static String cost(long tokens) {
    return COST.multiply(BigDecimal.valueOf(tokens)).toString().toLowerCase(Locale.ROOT);
  }

  private void generation(String id, Connection connection) throws IOException {
    Generation generation = books.get(id);
    if (generation == null) {
      connection.write(ScriptedUpstream.json(404, error(404)));
      return;
    }
    connection.write(
        ScriptedUpstream.json(
            200,
            """
            {"data":{"id":"%s","total_cost":%s,"usage":%s,"is_byok":false,"model":"%s",\
            "native_tokens_prompt":%d,"native_tokens_completion":%d,"cancelled":true}}"""
                .formatted(
                    id,
                    generation.cost(),
                    generation.cost(),
                    generation.model(),
                    generation.promptTokens(),
                    generation.completionTokens())));
  }

  /** A number for a code, and somebody's account beside it. */
  private static String error(int status) {
    return """
        {"error":{"message":"Provider returned error","code":%d,"metadata":{"raw":"no",\
        "provider_name":"Acme"}},"user_id":"user_2abc"}"""
        .formatted(status);
  }

  /** No {@code object} and no {@code owned_by}, which OpenAI's list has. */
  private static final String MODELS =
      """
      {"data":[{"id":"acme/parrot","canonical_slug":"acme/parrot-20260701","name":"Acme Parrot",\
      "created":1782000000,"context_length":131072,"architecture":{"modality":"text->text",\
      "input_modalities":["text"],"output_modalities":["text"],"tokenizer":"Other",\
      "instruct_type":null},"pricing":{"prompt":"0.00000015","completion":"0.0000006"},\
      "top_provider":{"context_length":131072,"max_completion_tokens":16384,\
      "is_moderated":false},"per_request_limits":null,"supported_parameters":["tools"]},\
      {"id":"acme/endless","created":1782000000,"context_length":131072,\
      "pricing":{"prompt":"0.00000015","completion":"0.0000006"}}],\
      "total_count":2,"links":{"next":null}}""";

  @Override
  public void close() throws IOException {
    upstream.close();
  }
}
