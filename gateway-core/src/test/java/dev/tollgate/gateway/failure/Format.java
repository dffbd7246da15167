package dev.tollgate.gateway.failure;

import dev.tollgate.gateway.testkit.ScriptedUpstream.Connection;
import java.io.IOException;
import java.util.List;

/** What a client asks for, and the answer of an upstream that does not fail. */
enum Format {
  JSON("application/json"),
  STREAM("text/event-stream");

  static final String MODEL = "test/model";

  private static final String USAGE =
      "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4,\"cost\":0.05}";

  /** Eight characters, which count as two tokens. */
  private static final String TEXT = "\"content\":\"two toks\"";

  static final String FIRST_HALF =
      "{\"id\":\"gen-1\",\"model\":\"test/model\",\"choices\":[{\"message\":{" + TEXT + "}}],";
  static final String SECOND_HALF = USAGE + "}";

  static final String EVENT =
      "data: {\"id\":\"gen-1\",\"model\":\"test/model\",\"choices\":[{\"delta\":{"
          + TEXT
          + "}}]}\n\n";
  static final String LAST_EVENT = "data: {\"id\":\"gen-1\",\"choices\":[]," + USAGE + "}\n\n";
  static final String DONE = "data: [DONE]\n\n";

  private final String contentType;

  Format(String contentType) {
    this.contentType = contentType;
  }

  /** Of the same length for both, so that the estimate of the prompt is the same. */
  String request() {
    String stream = this == STREAM ? "true" : "null";
    return "{\"model\":\"" + MODEL + "\",\"max_tokens\":100,\"stream\":" + stream + "}";
  }

  /** Status line and headers of a chunked answer. */
  String chunkedHead() {
    return head("HTTP/1.1", "Transfer-Encoding: chunked\r\n");
  }

  /** The same of an answer that is chunked if it is a stream, and has a length if it is JSON. */
  String head() {
    return this == STREAM ? chunkedHead() : headWithLength(body().length());
  }

  String headWithLength(int bytes) {
    return head("HTTP/1.1", "Content-Length: " + bytes + "\r\n");
  }

  /** The same of an answer that only the end of the connection ends (RFC 9112 6.3). */
  String closeDelimitedHead(String version) {
    return head(version, "");
  }

  String head(String version, String headers) {
    return version
        + " 200 OK\r\nX-Generation-Id: gen-1\r\nContent-Type: "
        + contentType
        + "\r\n"
        + headers
        + "\r\n";
  }

  /** The body of the whole answer. */
  String body() {
    return this == STREAM ? EVENT + LAST_EVENT + DONE : FIRST_HALF + SECOND_HALF;
  }

  /** What comes first of the body: two tokens, and in a stream a part of the second event. */
  String half() {
    return this == STREAM ? EVENT + LAST_EVENT.substring(0, 24) : FIRST_HALF;
  }

  /** Sends the whole answer. */
  void answer(Connection connection) throws IOException {
    connection.write(head());
    if (this == JSON) {
      connection.write(body());
      return;
    }
    for (String event : List.of(EVENT, LAST_EVENT, DONE)) {
      connection.chunk(event);
    }
    connection.lastChunk();
  }
}
