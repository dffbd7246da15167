package dev.tollgate.gateway.failure;

import static dev.tollgate.gateway.failure.Asked.BOTH;
import static dev.tollgate.gateway.failure.Asked.DONE;
import static dev.tollgate.gateway.failure.Asked.EVENT;
import static dev.tollgate.gateway.failure.Asked.FIRST_HALF;
import static dev.tollgate.gateway.failure.Asked.HALF_AN_EVENT;
import static dev.tollgate.gateway.failure.Asked.JSON;
import static dev.tollgate.gateway.failure.Asked.LAST_EVENT;
import static dev.tollgate.gateway.failure.Asked.SSE;
import static dev.tollgate.gateway.failure.ClientSees.LEFT;
import static dev.tollgate.gateway.failure.Logged.CLIENT_GONE;
import static dev.tollgate.gateway.failure.Logged.COMPLETE;
import static dev.tollgate.gateway.failure.Moment.AFTER_THE_END;
import static dev.tollgate.gateway.failure.Moment.AT_THE_END;
import static dev.tollgate.gateway.failure.Moment.BEFORE_THE_BODY;
import static dev.tollgate.gateway.failure.Moment.BEFORE_THE_HEADERS;
import static dev.tollgate.gateway.failure.Moment.IN_THE_BODY;
import static dev.tollgate.gateway.failure.Plot.both;
import static dev.tollgate.gateway.failure.Plot.client;
import static dev.tollgate.gateway.failure.UpstreamSees.CLOSED;
import static dev.tollgate.gateway.failure.UpstreamSees.READ;

import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Connection;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The client fails: while it asks, see {@link ClientRequests}, or later. */
final class ClientFailures {
  private static final int SMALL_BUFFER_BYTES = 64 << 10;
  private static final int DRIP_MILLIS = 10;

  /** What is relayed and costs nothing, in pieces that fill buffers. */
  private static final String COMMENT = ": " + "x".repeat(16 << 10) + "\n\n";

  private static final int COMMENTS = 40;

  private ClientFailures() {}

  static List<Cell> all() {
    List<Cell> all = new ArrayList<>();
    all.addAll(ClientRequests.all());
    all.addAll(beforeTheHeaders());
    all.addAll(inTheAnswer());
    all.addAll(slowReaders());
    all.addAll(atTheEnd());
    return all;
  }

  private static Cell cell(Moment moment, String how, Asked asked, Plot plot, Seen expected) {
    return new Cell(Party.CLIENT, moment, how, List.of(asked), plot, expected);
  }

  // --- before the headers

  private static List<Cell> beforeTheHeaders() {
    return List.of(
        cell(
            BEFORE_THE_HEADERS,
            "resets the connection",
            JSON,
            both(
                (stage, connection) -> {
                  stage.awaitCue();
                  connection.write(Asked.CHUNKED_JSON_HEAD);
                  goOn(stage, connection, "");
                },
                ClientFailures::resetWhileWaiting),
            new Seen(LEFT, READ, BooksSay.CHARGED, CLIENT_GONE)),
        cell(
            BEFORE_THE_HEADERS,
            "resets the connection; the headers come",
            SSE,
            both(
                (stage, connection) -> {
                  stage.awaitCue();
                  connection.write(SSE.head());
                },
                ClientFailures::resetWhileWaiting),
            new Seen(LEFT, CLOSED, BooksSay.PENDING, CLIENT_GONE)),
        cell(
            BEFORE_THE_HEADERS,
            "resets the connection; no headers come",
            JSON,
            both((stage, connection) -> {}, ClientFailures::resetWhileWaiting).inHaste(),
            new Seen(
                LEFT,
                CLOSED,
                BooksSay.UNRESOLVED,
                Logged.refused("upstream_unavailable", UpstreamFailures.NO_ANSWER).orGone())),
        cell(
            BEFORE_THE_HEADERS,
            "closes the connection; no headers come",
            SSE,
            both(
                    (stage, connection) -> {},
                    stage -> {
                      RawClient client = stage.ask();
                      stage.awaitCalled();
                      client.close();
                      return LEFT;
                    })
                .inHaste(),
            new Seen(
                LEFT,
                CLOSED,
                BooksSay.UNRESOLVED,
                Logged.refused("upstream_unavailable", UpstreamFailures.NO_ANSWER).orGone())),
        new Cell(
            Party.CLIENT,
            BEFORE_THE_HEADERS,
            "ends what it sends, and goes on reading",
            BOTH,
            both(
                (stage, connection) -> {
                  stage.awaitCue();
                  stage.asked().answerWell(connection);
                },
                stage -> {
                  stage.ask().shutdownOutput();
                  stage.awaitCalled();
                  stage.cue();
                  return stage.read();
                }),
            new Seen(ClientSees.ALL, READ, BooksSay.CHARGED, COMPLETE)));
  }

  private static ClientSees resetWhileWaiting(Stage stage) throws Exception {
    RawClient client = stage.ask();
    stage.awaitCalled();
    client.reset();
    stage.cue();
    return LEFT;
  }

  // --- in the answer

  private interface Leaving {
    void leave(RawClient client) throws IOException;
  }

  private static Plot leaving(List<String> pieces, Leaving leaving) {
    String seen = String.join("", pieces);
    return both(
        (stage, connection) -> {
          connection.write(stage.asked() == SSE ? SSE.head() : Asked.CHUNKED_JSON_HEAD);
          for (String piece : pieces) {
            connection.chunk(piece);
          }
          stage.awaitCue();
          goOn(stage, connection, seen);
        },
        stage -> {
          RawClient client = stage.ask();
          if (seen.isEmpty()) {
            stage.readHead();
          } else {
            stage.readThrough(seen);
          }
          leaving.leave(client);
          stage.cue();
          return LEFT;
        });
  }

  /**
   * Goes on for a client that has left: a stream until its connection is closed, a JSON answer,
   * padded with white space until the leaving has been noticed, to its end.
   */
  private static void goOn(Stage stage, Connection connection, String seen) throws Exception {
    if (stage.asked() == SSE) {
      while (!connection.over().isDone()) {
        connection.chunk(": still here\n\n");
        TimeUnit.MILLISECONDS.sleep(DRIP_MILLIS);
      }
      return;
    }
    while (!stage.isLogged("the client is gone")) {
      connection.chunk(" ");
      TimeUnit.MILLISECONDS.sleep(DRIP_MILLIS);
    }
    connection.chunk(JSON.answer().substring(seen.length())).lastChunk();
  }

  private static List<Cell> inTheAnswer() {
    List<Cell> cells = new ArrayList<>();
    Seen closed = new Seen(LEFT, CLOSED, BooksSay.PENDING, CLIENT_GONE);
    Seen closedAtOnce = new Seen(LEFT, CLOSED, BooksSay.PENDING, CLIENT_GONE);
    Seen readOn = new Seen(LEFT, READ, BooksSay.CHARGED, CLIENT_GONE);
    List<String> event = List.of(EVENT, HALF_AN_EVENT);
    List<String> half = List.of(FIRST_HALF);
    String reset = "resets the connection";
    String close = "closes the connection";
    cells.add(cell(BEFORE_THE_BODY, reset, JSON, leaving(List.of(), RawClient::reset), readOn));
    cells.add(
        cell(BEFORE_THE_BODY, reset, SSE, leaving(List.of(), RawClient::reset), closedAtOnce));
    cells.add(cell(BEFORE_THE_BODY, close, JSON, leaving(List.of(), RawClient::close), readOn));
    cells.add(
        cell(BEFORE_THE_BODY, close, SSE, leaving(List.of(), RawClient::close), closedAtOnce));
    cells.add(cell(IN_THE_BODY, reset, JSON, leaving(half, RawClient::reset), readOn));
    cells.add(cell(IN_THE_BODY, reset, SSE, leaving(event, RawClient::reset), closed));
    cells.add(cell(IN_THE_BODY, close, JSON, leaving(half, RawClient::close), readOn));
    cells.add(cell(IN_THE_BODY, close, SSE, leaving(event, RawClient::close), closed));
    cells.add(
        cell(
            IN_THE_BODY,
            "closes the connection; the upstream is silent",
            SSE,
            both(
                    (stage, connection) -> connection.write(SSE.head()).chunk(EVENT),
                    stage -> {
                      RawClient client = stage.ask();
                      stage.readThrough(EVENT);
                      client.close();
                      return LEFT;
                    })
                .alone(),
            closed));
    return cells;
  }

  // --- it does not read

  /** Until its upstream has been closed; then it takes what there still is. */
  private static final Plot STOPS_READING =
      both(
          (stage, connection) -> {
            connection.write(SSE.head()).chunk(EVENT);
            while (!connection.over().isDone()) {
              connection.chunk(COMMENT);
            }
          },
          stage -> {
            askWithASmallBuffer(stage);
            stage.readThrough(EVENT);
            stage.awaitCalled().over().get(30, TimeUnit.SECONDS);
            return stage.readRest();
          });

  private static void askWithASmallBuffer(Stage stage) throws IOException {
    String request = SSE.request();
    stage
        .connect(SMALL_BUFFER_BYTES)
        .send(stage.tenant().chatHead("Content-Length: " + request.length()))
        .send(request);
  }

  private static List<Cell> slowReaders() {
    String much = EVENT + COMMENT.repeat(COMMENTS) + LAST_EVENT + DONE;
    Seen stoppedReading = new Seen(ClientSees.broken(200), CLOSED, BooksSay.PENDING, CLIENT_GONE);
    return List.of(
        cell(
            IN_THE_BODY,
            "reads slowly, in small pieces",
            SSE,
            both(
                (stage, connection) -> {
                  connection.write(SSE.head()).chunk(EVENT);
                  for (int i = 0; i < COMMENTS; i++) {
                    connection.chunk(COMMENT);
                  }
                  connection.chunk(LAST_EVENT).chunk(DONE).lastChunk();
                },
                stage -> {
                  askWithASmallBuffer(stage);
                  return stage.readSlowly(DRIP_MILLIS);
                }),
            new Seen(ClientSees.whole(200, much), READ, BooksSay.CHARGED, COMPLETE)),
        cell(
            IN_THE_BODY,
            "stops reading, for longer than its connection may be silent",
            SSE,
            STOPS_READING.aloneInAContainerThatWaits(1_000),
            stoppedReading),
        cell(
            IN_THE_BODY,
            "stops reading, for longer than it may take nothing",
            SSE,
            STOPS_READING.inHaste(),
            stoppedReading));
  }

  // --- at the end

  private static List<Cell> atTheEnd() {
    List<String> done = List.of(EVENT, LAST_EVENT, DONE);
    return List.of(
        cell(
            AT_THE_END,
            "resets the connection",
            SSE,
            both(
                (stage, connection) -> {
                  connection.write(SSE.head());
                  for (String event : done) {
                    connection.chunk(event);
                  }
                  stage.awaitCue();
                  connection.lastChunk();
                },
                stage -> {
                  RawClient client = stage.ask();
                  stage.readThrough(DONE);
                  client.reset();
                  stage.cue();
                  return LEFT;
                }),
            new Seen(LEFT, READ, BooksSay.CHARGED, COMPLETE)),
        new Cell(
            Party.CLIENT,
            AFTER_THE_END,
            "resets the connection",
            BOTH,
            client(
                stage -> {
                  ClientSees seen = stage.askAndRead();
                  stage.client().reset();
                  return seen;
                }),
            new Seen(ClientSees.ALL, READ, BooksSay.CHARGED, COMPLETE)),
        new Cell(
            Party.CLIENT,
            AFTER_THE_END,
            "sends a line that is no request",
            BOTH,
            client(
                stage -> {
                  ClientSees seen = stage.askAndRead();
                  stage.client().send("}\r\n\r\n");
                  return seen;
                }),
            new Seen(ClientSees.ALL, READ, BooksSay.CHARGED, COMPLETE)));
  }
}
