package dev.tollgate.gateway.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Connection;
import java.io.IOException;

/** One metered request at the {@link OpenRouterUpstream}, and its answer. For one thread. */
final class Call {
  static final long PROMPT_TOKENS = 9;

  private static final long PAUSE_MILLIS = 50;

  private final OpenRouterUpstream upstream;
  private final String id;
  private final JsonNode body;
  private final Connection connection;

  Call(OpenRouterUpstream upstream, String id, JsonNode body, Connection connection) {
    this.upstream = upstream;
    this.id = id;
    this.body = body;
    this.connection = connection;
  }

  /** The generation's id. */
  String id() {
    return id;
  }

  /** The request. */
  JsonNode body() {
    return body;
  }

  String model() {
    return body.path("model").asText();
  }

  boolean streams() {
    return body.path("stream").asBoolean();
  }

  boolean is(String model) {
    return model().equals(model);
  }

  /** Enters what was answered into the books, and says what it costs. */
  String book(long completionTokens) {
    return upstream.book(id, model(), PROMPT_TOKENS, completionTokens);
  }

  /** A whole answer, with the white space before it by which a slow one is kept alive. */
  void json(String json) throws IOException {
    head(200, "application/json");
    connection.chunk("\n         \n").chunk(json).lastChunk();
  }

  /** Chunked, as all errors are. */
  void refuse(int status, String json) throws IOException {
    head(status, "application/json");
    connection.chunk(json).lastChunk();
  }

  void hangUp() throws IOException {
    connection.reset();
  }

  void beginStream() throws IOException {
    head(200, "text/event-stream");
  }

  void comment(String text) throws IOException {
    connection.chunk(":" + text + "\n\n");
  }

  void data(String json) throws IOException {
    send(dataEvent(json));
  }

  void event(String name, String json) throws IOException {
    send(namedEvent(name, json));
  }

  static String dataEvent(String json) {
    return "data: " + json + "\n\n";
  }

  static String namedEvent(String name, String json) {
    return "event: " + name + "\n" + dataEvent(json);
  }

  private void send(String event) throws IOException {
    connection.chunk(event);
  }

  void endStream() throws IOException {
    connection.lastChunk();
  }

  /** Sends the same again and again, until nobody listens; that much is then in the books. */
  void repeat(String event) throws IOException {
    long words = 0;
    while (!connection.closesWithin(PAUSE_MILLIS)) {
      try {
        send(event);
        words++;
      } catch (IOException e) {
        break;
      }
    }
    book(words);
    upstream.noteAbandoned(id);
    connection.close();
  }

  private void head(int status, String type) throws IOException {
    String retry = status == 429 || status == 503 ? "Retry-After: 1\r\n" : "";
    connection.write(
        "HTTP/1.1 "
            + status
            + " X\r\nContent-Type: "
            + type
            + "\r\nX-Generation-Id: "
            + id
            + "\r\nCache-Control: no-cache\r\nServer: cloudflare\r\nCF-RAY: 1\r\n"
            + "Set-Cookie: __cf_bm=1; HttpOnly; Secure; Domain=openrouter.ai\r\n"
            + "Access-Control-Allow-Origin: *\r\n"
            + retry
            + "Transfer-Encoding: chunked\r\n\r\n");
  }

  /** As a JSON string. */
  static String quoted(String text) {
    return JsonNodeFactory.instance.textNode(text).toString();
  }

  /** In the pieces in which it is streamed. */
  static String[] words(String text) {
    return text.split("(?<= )", -1);
  }
}
