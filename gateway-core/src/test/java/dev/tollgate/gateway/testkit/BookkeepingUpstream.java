package dev.tollgate.gateway.testkit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Connection;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Received;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A little OpenRouter that keeps books of its own, so that a test can compare what it took with
 * what the gateway charged. It answers chat completions, generations, models and the key's usage.
 *
 * <p>What a chat request wants is said in its body, so that many clients can ask for different
 * things at once: {@code x_cost} (of the whole answer; a text), {@code x_events} (how many tokens,
 * 3), {@code x_pause_ms} (before each event, or before the JSON answer), {@code x_status} (an
 * error, which costs nothing), {@code x_full_cost} (what an answer costs also if it is broken off),
 * {@code x_head_pause_ms} (before the head of a stream), {@code x_break_after} (a reset after that
 * many events; of a JSON answer, after its head), {@code x_no_usage}, {@code x_no_cost}, {@code
 * x_no_id} (no generation id is told), {@code x_name} (by which the test knows the request again).
 * They may stand in {@code metadata}, too, which strict holds let pass.
 *
 * <p>An answer that is broken off, by whichever side, costs what had been written: the prompt and
 * the events. It is in the books before the generation can be found.
 */
public final class BookkeepingUpstream implements AutoCloseable {
  /** What a model costs. */
  public record Model(
      String id,
      String promptPrice,
      String completionPrice,
      long contextLength,
      long maxCompletionTokens) {}

  private record Generation(
      String id,
      String model,
      BigDecimal cost,
      int promptTokens,
      int completionTokens,
      Instant foundFrom) {}

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int PROMPT_TOKENS = 7;
  private static final int DEFAULT_EVENTS = 3;
  private static final BigDecimal PRICE = new BigDecimal("0.00000012345678901234567");
  private static final MathContext DIGITS = new MathContext(17);

  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private final AtomicInteger ids = new AtomicInteger();
  private final Map<String, Generation> generations = new ConcurrentHashMap<>();
  private final Map<String, String> names = new ConcurrentHashMap<>();
  private final Map<String, AtomicInteger> asks = new ConcurrentHashMap<>();
  private final Map<String, Model> models = new ConcurrentHashMap<>();
  private final AtomicInteger priceLists = new AtomicInteger();
  private volatile int hiddenAsks;
  private volatile InstantSource clock = InstantSource.system();
  private volatile Duration generationDelay = Duration.ZERO;

  public BookkeepingUpstream() {
    upstream.script(this::answer);
    upstream.background(this::answer);
  }

  public URI baseUrl() {
    return upstream.baseUrl();
  }

  /** What each generation cost, exactly. */
  public Map<String, BigDecimal> books() {
    Map<String, BigDecimal> books = new TreeMap<>();
    generations.forEach((id, generation) -> books.put(id, generation.cost()));
    return books;
  }

  /** The generations of the requests that had a name; of an unfinished one, too. */
  public Map<String, String> names() {
    return new TreeMap<>(names);
  }

  /** All that was taken. */
  public BigDecimal usage() {
    return generations.values().stream()
        .map(Generation::cost)
        .reduce(BigDecimal.ZERO, BigDecimal::add);
  }

  /** How many chat requests came. */
  public int dispatched() {
    return ids.get();
  }

  /** How often the price list was read. */
  public int priceListsRead() {
    return priceLists.get();
  }

  /** How often {@code GET /generation} does not find an id at first. */
  public void hideGenerations(int times) {
    hiddenAsks = times;
  }

  /** How long after its end an answer is found by {@code GET /generation}. */
  public void delayGenerations(InstantSource clock, Duration delay) {
    this.clock = clock;
    this.generationDelay = delay;
  }

  /** Puts a model on the price list, or changes it. */
  public void price(Model model) {
    models.put(model.id(), model);
  }

  /** What went wrong here, but for broken connections. */
  public BlockingQueue<Throwable> failures() {
    return upstream.failures();
  }

  private void answer(Received request, Connection connection) throws Exception {
    // Nobody takes the requests from the queue here; a long test would keep them all.
    upstream.forget();
    String path = request.target().replaceFirst("\\?.*", "");
    if (path.endsWith("/chat/completions")) {
      ObjectNode wishes = (ObjectNode) JSON.readTree(request.body());
      if (wishes.path("metadata") instanceof ObjectNode metadata) {
        wishes.setAll(metadata);
      }
      chat(wishes, connection);
    } else if (path.endsWith("/generation")) {
      connection.write(generation(request.target().replaceFirst(".*[?&]id=([^&]*).*", "$1")));
    } else if (path.endsWith("/models")) {
      connection.write(models());
      priceLists.incrementAndGet();
    } else if (path.endsWith("/key")) {
      connection.write(
          ScriptedUpstream.json(200, "{\"data\":{\"usage\":" + usage().toPlainString() + "}}"));
    } else {
      connection.write(error(404, "Not found"));
    }
  }

  private static String error(int status, String message) {
    return ScriptedUpstream.json(
        status, "{\"error\":{\"message\":\"" + message + "\",\"code\":" + status + "}}");
  }

  // Chat.

  /** An answer that is being given. */
  private final class Chat {
    final JsonNode wishes;
    final String id = "gen-" + ids.incrementAndGet();
    final int events;
    final BigDecimal cost;
    final String model;

    Chat(JsonNode wishes) {
      this.wishes = wishes;
      this.events = wishes.path("x_events").asInt(DEFAULT_EVENTS);
      this.cost =
          wishes.has("x_cost") || wishes.has("x_full_cost")
              ? new BigDecimal(wishes.path("x_cost").asText(wishes.path("x_full_cost").asText()))
              : PRICE.multiply(BigDecimal.valueOf(PROMPT_TOKENS + events)).round(DIGITS);
      this.model = wishes.path("model").asText("test/model");
    }

    void book(int written) {
      BigDecimal part =
          written == events || wishes.has("x_full_cost")
              ? cost
              : cost.multiply(BigDecimal.valueOf(PROMPT_TOKENS + written))
                  .divide(BigDecimal.valueOf(PROMPT_TOKENS + events), DIGITS);
      generations.put(
          id,
          new Generation(
              id, model, part, PROMPT_TOKENS, written, clock.instant().plus(generationDelay)));
    }

    long pauseMillis() {
      return wishes.path("x_pause_ms").asLong(0);
    }

    boolean breaksAfter(int written) {
      return wishes.path("x_break_after").asInt(-1) == written;
    }

    String head(String type) {
      return "HTTP/1.1 200 OK\r\nContent-Type: "
          + type
          + "\r\n"
          + (wishes.path("x_no_id").asBoolean() ? "" : "X-Generation-Id: " + id + "\r\n");
    }

    String body(String object, String choice, boolean last) {
      String told = wishes.path("x_no_id").asBoolean() ? "null" : "\"" + id + "\"";
      String usage =
          last && !wishes.path("x_no_usage").asBoolean()
              ? ",\"usage\":{\"prompt_tokens\":"
                  + PROMPT_TOKENS
                  + ",\"completion_tokens\":"
                  + events
                  + ",\"total_tokens\":"
                  + (PROMPT_TOKENS + events)
                  + (wishes.path("x_no_cost").asBoolean() ? "" : ",\"cost\":" + literal(cost))
                  + ",\"is_byok\":false}"
              : "";
      return "{\"id\":"
          + told
          + ",\"object\":\""
          + object
          + "\",\"model\":"
          + quoted(model)
          + ",\"choices\":[{\"index\":0,"
          + choice
          + "}]"
          + usage
          + "}";
    }
  }

  private void chat(JsonNode wishes, Connection connection) throws Exception {
    Chat chat = new Chat(wishes);
    if (wishes.has("x_name")) {
      String before = names.put(wishes.get("x_name").asText(), chat.id);
      if (before != null) {
        throw new AssertionError(wishes.get("x_name") + " was dispatched twice");
      }
    }
    if (wishes.has("x_status")) {
      Thread.sleep(chat.pauseMillis());
      connection.write(error(wishes.get("x_status").asInt(), "as you wished"));
    } else if (wishes.path("stream").asBoolean()) {
      stream(chat, connection);
    } else {
      whole(chat, connection);
    }
  }

  private static void whole(Chat chat, Connection connection) throws Exception {
    Thread.sleep(chat.pauseMillis());
    String body =
        chat.body(
            "chat.completion",
            "\"finish_reason\":\"stop\",\"message\":{\"role\":\"assistant\",\"content\":\""
                + "w ".repeat(chat.events)
                + "\"}",
            true);
    // A whole answer is paid whole, whatever becomes of it on its way.
    chat.book(chat.events);
    connection.write(
        chat.head("application/json")
            + "Content-Length: "
            + body.getBytes(StandardCharsets.UTF_8).length
            + "\r\n\r\n");
    if (chat.wishes.has("x_break_after")) {
      connection.reset();
      return;
    }
    connection.write(body);
  }

  private static void stream(Chat chat, Connection connection) throws Exception {
    int written = 0;
    Thread.sleep(chat.wishes.path("x_head_pause_ms").asLong(0));
    try {
      connection.write(chat.head("text/event-stream") + "Transfer-Encoding: chunked\r\n\r\n");
      connection.chunk(": OPENROUTER PROCESSING\n\n");
      for (; written < chat.events && !chat.breaksAfter(written); written++) {
        if (chat.pauseMillis() > 0 && connection.closesWithin(chat.pauseMillis())) {
          chat.book(written);
          connection.close();
          return;
        }
        connection.chunk(
            event(chat, "\"finish_reason\":null,\"delta\":{\"content\":\"w \"}", false));
      }
      // In the books before anybody can know of the end, or of the break.
      chat.book(written);
      if (chat.breaksAfter(written)) {
        connection.reset();
        return;
      }
      connection.chunk(
          event(chat, "\"finish_reason\":\"stop\",\"delta\":{\"content\":\"\"}", true));
      connection.chunk("data: [DONE]\n\n").lastChunk();
    } catch (IOException e) {
      chat.book(written);
      throw e;
    }
  }

  private static String event(Chat chat, String choice, boolean last) {
    return "data: " + chat.body("chat.completion.chunk", choice, last) + "\n\n";
  }

  // What can be asked.

  private String generation(String id) {
    Generation generation = generations.get(id);
    if (generation == null
        || generation.foundFrom().isAfter(clock.instant())
        || asks.computeIfAbsent(id, ignored -> new AtomicInteger()).incrementAndGet()
            <= hiddenAsks) {
      return error(404, "Generation " + id + " not found");
    }
    return ScriptedUpstream.json(
        200,
        "{\"data\":{\"id\":"
            + quoted(id)
            + ",\"total_cost\":"
            + literal(generation.cost())
            + ",\"is_byok\":false,\"native_tokens_prompt\":"
            + generation.promptTokens()
            + ",\"native_tokens_completion\":"
            + generation.completionTokens()
            + ",\"model\":"
            + quoted(generation.model())
            + "}}");
  }

  private String models() throws JsonProcessingException {
    ObjectNode list = JSON.createObjectNode();
    var data = list.putArray("data");
    new TreeMap<>(models)
        .values()
        .forEach(
            model -> {
              ObjectNode each = data.addObject().put("id", model.id());
              each.putObject("pricing")
                  .put("prompt", model.promptPrice())
                  .put("completion", model.completionPrice());
              each.put("context_length", model.contextLength());
              each.putObject("top_provider")
                  .put("max_completion_tokens", model.maxCompletionTokens());
            });
    return ScriptedUpstream.json(200, JSON.writeValueAsString(list));
  }

  /** As JavaScript writes it: small numbers with an exponent. */
  private static String literal(BigDecimal cost) {
    return cost.toString().toLowerCase(Locale.ROOT);
  }

  private static String quoted(String text) {
    return JSON.getNodeFactory().textNode(text).toString();
  }

  @Override
  public void close() throws IOException {
    upstream.close();
  }
}
