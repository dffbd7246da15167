package dev.tollgate.gateway.failure;

import static dev.tollgate.gateway.failure.Asked.BOTH;
import static dev.tollgate.gateway.failure.ClientSees.SENT_IN_VAIN;
import static dev.tollgate.gateway.failure.Moment.BEFORE_THE_HEADERS;
import static dev.tollgate.gateway.failure.Plot.both;
import static dev.tollgate.gateway.failure.Plot.upstream;
import static dev.tollgate.gateway.failure.UpstreamSees.CLOSED;
import static dev.tollgate.gateway.failure.UpstreamSees.HAS_LEFT;
import static dev.tollgate.gateway.failure.UpstreamSees.NEVER_CALLED;
import static dev.tollgate.gateway.failure.UpstreamSees.READ;

import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The upstream fails before there is anything to be relayed, or says that it has. */
final class UpstreamFailures {
  static final String NO_ANSWER = "WARNING: the upstream gave no answer";
  private static final String NOT_RELAYED = "WARNING: an answer of the upstream is not relayed";
  private static final int BIG_REQUEST_BYTES = 900_000;
  private static final int TOO_MANY_HEADER_BYTES = 65 << 10;
  private static final int DRIP_MILLIS = 50;

  private UpstreamFailures() {}

  static List<Cell> all() {
    List<Cell> all = new ArrayList<>();
    all.addAll(silence());
    all.addAll(garbage());
    all.addAll(errors());
    all.addAll(UpstreamBreaks.all());
    all.addAll(UpstreamCloses.all());
    return all;
  }

  private static Cell cell(String how, Plot plot, Seen expected) {
    return new Cell(Party.UPSTREAM, BEFORE_THE_HEADERS, how, BOTH, plot, expected);
  }

  private static Seen inVain(UpstreamSees upstream, String warning) {
    // A header that came says that the upstream has read the prompt.
    boolean answered = warning.equals(NOT_RELAYED);
    BooksSay books = answered ? BooksSay.UNRESOLVED_PROMPT : BooksSay.UNRESOLVED;
    return new Seen(SENT_IN_VAIN, upstream, books, Logged.refused("upstream_unavailable", warning));
  }

  private static List<Cell> silence() {
    return List.of(
        cell(
            "is not there, but when it is tried once more",
            Plot.client(
                    stage -> {
                      stage.house().loseUpstream();
                      stage.house().findUpstreamOnRetry(stage::answer);
                      return stage.askAndRead();
                    })
                .alone(),
            new Seen(
                ClientSees.ALL,
                READ,
                BooksSay.CHARGED,
                Logged.COMPLETE.counting("upstreamRetried"))),
        cell(
            "is not there",
            Plot.client(
                    stage -> {
                      stage.house().loseUpstream();
                      return stage.askAndRead();
                    })
                .alone(),
            new Seen(
                ClientSees.UNREACHABLE,
                NEVER_CALLED,
                BooksSay.RELEASED,
                Logged.refused("upstream_unavailable", NO_ANSWER).counting("upstreamRetried"))),
        cell(
            "has not been there for five tries in a row",
            Plot.client(UpstreamFailures::askWhileTheCircuitIsOpen).alone(),
            new Seen(
                ClientSees.UNREACHABLE,
                NEVER_CALLED,
                BooksSay.NOTHING,
                Logged.refused("upstream_unavailable"))),
        cell(
            "resets the connection",
            upstream((stage, connection) -> connection.reset()),
            inVain(HAS_LEFT, NO_ANSWER)),
        cell(
            "closes the connection",
            upstream((stage, connection) -> connection.close()),
            inVain(HAS_LEFT, NO_ANSWER)),
        cell(
            "says nothing",
            upstream((stage, connection) -> {}).inHaste(),
            inVain(CLOSED, NO_ANSWER)),
        cell(
            "says nothing, for as long as the whole answer may take",
            upstream((stage, connection) -> {}).inAHurry(),
            inVain(CLOSED, NO_ANSWER)),
        cell(
            "drips its headers, byte by byte",
            upstream(
                    (stage, connection) -> {
                      for (char each : ("HTTP/1.1 200 OK\r\nX: " + "x".repeat(200)).toCharArray()) {
                        connection.write(String.valueOf(each));
                        // Its pace is what fails.
                        TimeUnit.MILLISECONDS.sleep(DRIP_MILLIS);
                      }
                    })
                .inHaste(),
            inVain(CLOSED, NO_ANSWER)),
        cell(
            "sends interim responses (1xx) without end",
            upstream(
                    (stage, connection) -> {
                      while (!connection.over().isDone()) {
                        connection.write("HTTP/1.1 102 Processing\r\n\r\n");
                        TimeUnit.MILLISECONDS.sleep(DRIP_MILLIS);
                      }
                    })
                .inHaste(),
            inVain(CLOSED, NO_ANSWER)));
  }

  /** Now and then one is let through all the same; then it is asked again. */
  private static ClientSees askWhileTheCircuitIsOpen(Stage stage) throws Exception {
    stage.house().loseUpstream();
    ClientSees seen;
    do {
      seen = stage.tryAgain();
    } while (stage.isHeldFor());
    return seen;
  }

  private static Cell garbage(String how, String answer, String warning) {
    return cell(
        how, upstream((stage, connection) -> connection.write(answer)), inVain(CLOSED, warning));
  }

  private static Cell garbageHeaders(String how, String headers, String warning) {
    return garbage(
        how,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + headers + "\r\n\r\n2\r\n{}\r\n",
        warning);
  }

  private static List<Cell> garbage() {
    return List.of(
        garbage("speaks another protocol", "SSH-2.0-OpenSSH_9\r\n\r\n", NO_ANSWER),
        garbage(
            "switches protocols (101)",
            "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
            NOT_RELAYED),
        garbageHeaders("sends a header with a zero byte", "X-Bad: a\0b", NO_ANSWER),
        garbageHeaders("sends a header line without a name", ": x", NO_ANSWER),
        garbageHeaders(
            "sends more than 64 KB of headers",
            "X-Big: " + "x".repeat(TOO_MANY_HEADER_BYTES),
            NO_ANSWER),
        garbageHeaders(
            "sends a transfer coding and a length",
            "Transfer-Encoding: chunked\r\nContent-Length: 2",
            NO_ANSWER),
        garbageHeaders("sends two lengths", "Content-Length: 2\r\nContent-Length: 3", NO_ANSWER),
        garbageHeaders("sends a negative length", "Content-Length: -1", NO_ANSWER),
        garbageHeaders("sends a length that is no number", "Content-Length: 2x", NO_ANSWER),
        garbageHeaders(
            "sends a transfer coding that is not undone",
            "Transfer-Encoding: gzip, chunked",
            NOT_RELAYED));
  }

  /** It says that it has failed; or refuses what it has not read. */
  private static List<Cell> errors() {
    String error = "{\"error\":{\"code\":429,\"message\":\"slow down\"}}";
    Seen relayed = new Seen(ClientSees.whole(429, error), READ, BooksSay.RELEASED, Logged.COMPLETE);
    return List.of(
        cell(
            "answers with an error (429)",
            upstream((stage, connection) -> connection.write(ScriptedUpstream.json(429, error))),
            relayed),
        // The upstream is asked once in 10 s: only the first one is told.
        new Cell(
            Party.UPSTREAM,
            BEFORE_THE_HEADERS,
            "does not serve the operator's account (402), of which nothing is left",
            List.of(Asked.JSON),
            both(
                (stage, connection) -> connection.write(ScriptedUpstream.json(402, error)),
                stage -> {
                  ClientSees seen = stage.askAndRead();
                  stage.awaitLoggedByAnyone("SEVERE: THE OPERATOR'S ACCOUNT AT THE UPSTREAM");
                  return seen;
                }),
            new Seen(
                ClientSees.whole(402, error),
                READ,
                BooksSay.RELEASED,
                Logged.COMPLETE.counting("operatorAccountRefused(402)"))),
        new Cell(
            Party.UPSTREAM,
            BEFORE_THE_HEADERS,
            "answers with an error before it has read the request, and closes",
            BOTH,
            both(
                (stage, connection) -> {
                  connection.write(
                      ScriptedUpstream.json(429, error)
                          .replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
                  stage.awaitSeen(error);
                  connection.close();
                },
                stage -> {
                  stage.house().upstream().setReadsBodies(false);
                  String request = stage.asked().request();
                  stage.ask(" ".repeat(BIG_REQUEST_BYTES) + request);
                  return stage.read();
                }),
            new Seen(ClientSees.whole(429, error), HAS_LEFT, BooksSay.RELEASED, Logged.COMPLETE)));
  }
}
