package dev.tollgate.gateway.failure;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What a client got.
 *
 * @param status the HTTP status; 0: the connection was closed before there was one
 * @param body its bytes, a character each
 * @param complete whether all of it came, by its length or with its last chunk
 * @param advice the headers of a refusal that say what to do next
 */
record Answer(int status, String body, boolean complete, List<String> advice) {
  static final String DO_NOT_RETRY = "x-should-retry: false";
  static final String RETRY_AFTER = "retry-after";

  /** The connection was closed without an answer. */
  static final Answer NONE = new Answer(0, "", false, List.of());

  private static final Set<String> ADVICE = Set.of(RETRY_AFTER, "x-should-retry", "allow");
  private static final String ERROR = "\"data\":{\"error\":\"";

  static Answer complete(int status, String body) {
    return complete(status, body.getBytes(UTF_8));
  }

  static Answer complete(int status, byte[] body) {
    return new Answer(status, new String(body, ISO_8859_1), true, List.of());
  }

  /** An answer whose connection was closed before its end. */
  static Answer cutShort(int status, String body) {
    return new Answer(status, body, false, List.of());
  }

  /** A refusal of the gateway's own, in the dialect of these requests. */
  static Answer refusal(int status, String error, String... advice) {
    String message = status == 400 ? "invalid params" : "error";
    String body = "{\"code\":" + status + ",\"msg\":\"" + message + "\"," + ERROR + error + "\"}}";
    return new Answer(status, body, true, List.of(advice));
  }

  static Answer of(String head, String body, boolean complete) {
    List<String> advice =
        head.lines()
            .map(line -> line.toLowerCase(Locale.ROOT))
            .filter(line -> ADVICE.contains(line.replaceFirst(":.*", "")))
            // The number of seconds depends on what is unavailable.
            .map(line -> line.replaceFirst("^(retry-after): [1-9]\\d*$", "$1"))
            .sorted()
            .toList();
    return new Answer(Integer.parseInt(head.substring(9, 12)), body, complete, advice);
  }

  /** As docs/failures.md says it. */
  String inWords() {
    if (status == 0) {
      return "connection closed";
    }
    if (!complete) {
      return status + ", cut short";
    }
    int error = body.indexOf(ERROR);
    String message =
        error < 0 ? "" : ", " + body.substring(error + ERROR.length(), body.length() - 3);
    String next = advice.isEmpty() ? "" : ", " + String.join(", ", advice);
    return status + message + next;
  }
}
