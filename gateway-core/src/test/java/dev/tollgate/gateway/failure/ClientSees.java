package dev.tollgate.gateway.failure;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * What the client gets.
 *
 * @param status the HTTP status; 0: its connection is broken off without one, or it has left
 * @param body the very bytes, a character each
 * @param end how the body ends
 * @param advice the headers, beside those of the upstream, that say what to do next
 */
record ClientSees(int status, String body, End end, Set<String> advice) {
  private static final Set<String> ADVICE = Set.of("retry-after", "x-should-retry", "allow");
  private static final String ANY = "*";

  /** How a body ends. */
  enum End {
    /** By its length or its last chunk. */
    WHOLE,
    /** With the connection, short of that. */
    BROKEN,
    /** The client does not wait for it. */
    LEFT,
    /** No answer began. */
    NONE
  }

  /** It has gone away by itself. */
  static final ClientSees LEFT = new ClientSees(0, "", End.LEFT, Set.of());

  /** Its connection is broken off before it has an answer. */
  static final ClientSees BROKEN_OFF = new ClientSees(0, "", End.NONE, Set.of());

  /** The whole answer of what it asked for. */
  static final ClientSees ALL = new ClientSees(200, ANY, End.WHOLE, Set.of());

  static final ClientSees UNREACHABLE = refused(502, "error", "LLM service unavailable", "");
  static final ClientSees SENT_IN_VAIN =
      refused(502, "error", "LLM service unavailable", "x-should-retry: false");
  static final ClientSees UNAVAILABLE =
      refused(503, "error", "Service temporarily unavailable", "retry-after");
  static final ClientSees TOO_LARGE = refused(413, "error", "Request body too large (max 1MB)", "");
  static final ClientSees MALFORMED = refused(400, "invalid params", "Malformed request: body", "");
  static final ClientSees LATE =
      refused(400, "invalid params", "Malformed request: body (it did not come in time)", "");

  /** It may have been billed, so the client is not to try again by itself. */
  static final ClientSees STOPPED =
      new ClientSees(
          UNAVAILABLE.status,
          UNAVAILABLE.body,
          End.WHOLE,
          new TreeSet<>(List.of("retry-after", "x-should-retry: false")));

  private static ClientSees refused(int status, String message, String error, String advice) {
    String body =
        "{\"code\":"
            + status
            + ",\"msg\":\""
            + message
            + "\",\"data\":{\"error\":\""
            + error
            + "\"}}";
    return new ClientSees(status, body, End.WHOLE, advice.isEmpty() ? Set.of() : Set.of(advice));
  }

  /** A whole answer with that body. */
  static ClientSees whole(int status, String body) {
    return new ClientSees(status, raw(body), End.WHOLE, Set.of());
  }

  /** A whole answer with those bytes. */
  static ClientSees whole(int status, byte[] body) {
    return new ClientSees(status, new String(body, ISO_8859_1), End.WHOLE, Set.of());
  }

  /** A whole answer of somebody in front of the gateway, with whatever body. */
  static ClientSees containers(int status) {
    return new ClientSees(status, ANY, End.WHOLE, Set.of());
  }

  /** An answer that ends short, after that much. */
  static ClientSees broken(int status, String body) {
    return new ClientSees(status, raw(body), End.BROKEN, Set.of());
  }

  /** An answer that ends short, wherever. */
  static ClientSees broken(int status) {
    return new ClientSees(status, ANY, End.BROKEN, Set.of());
  }

  private static String raw(String text) {
    return new String(text.getBytes(UTF_8), ISO_8859_1);
  }

  /** What came, as the client has it. */
  static ClientSees of(String head, String body, boolean whole) {
    Set<String> advice = new TreeSet<>();
    head.lines()
        .map(line -> line.toLowerCase(Locale.ROOT))
        .filter(line -> ADVICE.contains(line.replaceFirst(":.*", "")))
        // When it is worth trying again depends on who says so.
        .forEach(line -> advice.add(line.replaceFirst("(retry-after): [1-9]\\d*$", "$1")));
    int status = Integer.parseInt(head.substring(9, 12));
    return new ClientSees(status, body, whole ? End.WHOLE : End.BROKEN, advice);
  }

  /** The same, where an expectation says nothing of the body, with what has come. */
  ClientSees fillIn(ClientSees seen, Asked asked) {
    if (!body.equals(ANY)) {
      return this;
    }
    boolean isAll = status == 200 && end == End.WHOLE;
    return new ClientSees(status, isAll ? asked.answer() : seen.body, end, advice);
  }

  @Override
  public String toString() {
    return switch (end) {
      case LEFT -> "-";
      case NONE -> "its connection is broken off";
      case BROKEN ->
          status
              + ", "
              + (body.equals(ANY) ? "what there is by then" : body.length() + " bytes")
              + ", then it is broken off";
      case WHOLE -> status + ", " + wholeBody();
    };
  }

  private String wholeBody() {
    if (body.equals(ANY)) {
      return status == 200 ? "the whole answer" : "from the container";
    }
    int error = body.indexOf("\"data\":{\"error\":\"");
    if (error < 0) {
      return body.length() + " bytes, whole";
    }
    String message = body.substring(error + 17, body.length() - 3);
    StringBuilder text = new StringBuilder("`").append(message).append('`');
    advice.forEach(header -> text.append(", `").append(header).append('`'));
    return text.toString();
  }
}
