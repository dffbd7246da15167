package dev.tollgate.gateway.failure;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Connection;
import java.io.IOException;
import java.util.List;

/** What the client asks for, and the answer that it gets if nothing fails. */
enum Asked {
  JSON,
  SSE;

  static final List<Asked> BOTH = List.of(JSON, SSE);
  static final String MODEL = "test/model";

  /** One that announces a body of unknown length. */
  static final String CHUNKED_JSON_HEAD =
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Generation-Id: gen-1\r\n"
          + "Transfer-Encoding: chunked\r\n\r\n";

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
  static final String HALF_AN_EVENT = "data: {\"id\":\"gen-1\",\"mod";
  static final String LAST_EVENT = "data: {\"id\":\"gen-1\",\"choices\":[]," + USAGE + "}\n\n";
  static final String DONE = "data: [DONE]\n\n";

  /** The same length in both cases, so that the prompt is estimated the same. */
  String request() {
    return "{\"model\":\""
        + MODEL
        + "\",\"max_tokens\":100,\"stream\":"
        + (this == SSE ? "true" : "null")
        + "}";
  }

  /** The body of the whole answer. */
  String answer() {
    return this == SSE ? EVENT + LAST_EVENT + DONE : FIRST_HALF + SECOND_HALF;
  }

  /** Status and headers of the answer. */
  String head() {
    return this == SSE ? ScriptedUpstream.streamHead() : head(answer().length());
  }

  /** The head of a JSON answer of that length. */
  static String head(int bodyBytes) {
    return CHUNKED_JSON_HEAD.replace("Transfer-Encoding: chunked", "Content-Length: " + bodyBytes);
  }

  /** Gives the whole answer, in order. */
  void answerWell(Connection connection) throws IOException {
    connection.write(head());
    answerRest(connection);
  }

  /** Gives all of it that comes behind its head. */
  void answerRest(Connection connection) throws IOException {
    if (this == SSE) {
      connection.chunk(EVENT).chunk(LAST_EVENT).chunk(DONE).lastChunk();
    } else {
      connection.write(answer().getBytes(UTF_8));
    }
  }
}
