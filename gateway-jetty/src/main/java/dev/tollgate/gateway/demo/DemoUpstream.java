package dev.tollgate.gateway.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tollgate.gateway.account.Secret;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Upstream without a model. It listens on loopback and answers in OpenRouter's formats, with
 * keep-alive comments, usage and cost, word by word at reading speed.
 */
public final class DemoUpstream implements AutoCloseable {
  /** The model that the upstream claims to have. */
  public static final String MODEL = "demo/parrot";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PACE = Duration.ofMillis(60);
  private static final int MAX_GENERATIONS = 1000;

  private final Secret key;
  private final HttpServer server;
  private final ExecutorService threads;
  // Guarded by itself. Keeps the latest generations only.
  private final Map<String, ObjectNode> generations =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, ObjectNode> eldest) {
          return size() > MAX_GENERATIONS;
        }
      };

  /**
   * Starts to listen on a free loopback port.
   *
   * @param key the only accepted key
   */
  public DemoUpstream(Secret key) throws IOException {
    this.key = key;
    // Send each event at once. The server reads this property when it is created.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    threads =
        Executors.newCachedThreadPool(
            task -> {
              Thread thread = new Thread(task, "demo-upstream");
              thread.setDaemon(true);
              return thread;
            });
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  /** The upstream's base URL. */
  public URI baseUrl() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/api/v1");
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      String authorization = exchange.getRequestHeaders().getFirst("Authorization");
      switch (exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath()) {
        case "GET /api/v1/models" -> answer(exchange, 200, models());
        case "GET /api/v1/generation" -> generation(exchange);
        case "POST /api/v1/chat/completions" -> {
          if (("Bearer " + key.reveal()).equals(authorization)) {
            chat(exchange, body);
          } else {
            answer(exchange, 401, error(401, "User not found."));
          }
        }
        default -> answer(exchange, 404, error(404, "Not Found"));
      }
    }
  }

  private void chat(HttpExchange exchange, byte[] body) throws IOException {
    JsonNode request;
    try {
      request = JSON.readTree(body);
    } catch (IOException e) {
      request = JSON.nullNode();
    }
    JsonNode messages = request.path("messages");
    String question = messages.path(messages.size() - 1).path("content").asText("");
    if (question.isEmpty()) {
      answer(exchange, 400, error(400, "Input required: specify \"prompt\" or \"messages\""));
      return;
    }
    DemoAnswer answer = new DemoAnswer(request.path("model").asText(MODEL), question);
    exchange.getResponseHeaders().set("X-Generation-Id", answer.id());
    if (request.path("stream").asBoolean()) {
      int words = 0;
      try {
        words = stream(exchange, answer);
      } finally {
        // A broken-off stream counts the words that were sent.
        remember(answer, words);
      }
    } else {
      remember(answer, answer.words().size());
      answer(exchange, 200, answer.whole());
    }
  }

  private void remember(DemoAnswer answer, int words) {
    synchronized (generations) {
      generations.put(answer.id(), answer.generation(words));
    }
  }

  private void generation(HttpExchange exchange) throws IOException {
    String query = String.valueOf(exchange.getRequestURI().getQuery());
    String id = query.startsWith("id=") ? query.substring("id=".length()) : "";
    ObjectNode generation;
    synchronized (generations) {
      generation = generations.get(id);
    }
    if (generation == null) {
      answer(exchange, 404, error(404, "Generation not found"));
    } else {
      answer(exchange, 200, generation);
    }
  }

  /**
   * @return number of words sent
   */
  private static int stream(HttpExchange exchange, DemoAnswer answer) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
    exchange.getResponseHeaders().set("Cache-Control", "no-cache");
    exchange.sendResponseHeaders(200, 0);
    OutputStream out = exchange.getResponseBody();
    int said = 0;
    try {
      for (int i = 0; i < 3; i++) {
        write(out, ": OPENROUTER PROCESSING\n\n");
        Thread.sleep(PACE.toMillis());
      }
      for (String word : answer.words()) {
        write(out, "data: " + answer.chunk(word, null) + "\n\n");
        said++;
        Thread.sleep(PACE.toMillis());
      }
      write(out, "data: " + answer.chunk("", "stop") + "\n\n");
      ObjectNode last = answer.chunk("", "stop");
      last.set("usage", answer.usage());
      write(out, "data: " + last + "\n\n");
      write(out, "data: [DONE]\n\n");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      // The client disconnected; the words sent so far are charged.
    }
    return said;
  }

  private static void write(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  private static void answer(HttpExchange exchange, int status, ObjectNode json)
      throws IOException {
    byte[] body = JSON.writeValueAsBytes(json);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
  }

  private static ObjectNode error(int code, String message) {
    ObjectNode json = JSON.createObjectNode();
    json.putObject("error").put("message", message).put("code", code);
    return json;
  }

  private static ObjectNode models() {
    ObjectNode json = JSON.createObjectNode();
    ObjectNode model = json.putArray("data").addObject();
    model.put("id", MODEL).put("name", "Demo Parrot").put("context_length", 8192);
    model
        .putObject("pricing")
        .put("prompt", DemoAnswer.PROMPT_PRICE.toPlainString())
        .put("completion", DemoAnswer.COMPLETION_PRICE.toPlainString());
    return json;
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
