package dev.tollgate.gateway.failure;

import static dev.tollgate.gateway.failure.Asked.BOTH;
import static dev.tollgate.gateway.failure.Asked.DONE;
import static dev.tollgate.gateway.failure.Asked.EVENT;
import static dev.tollgate.gateway.failure.Asked.FIRST_HALF;
import static dev.tollgate.gateway.failure.Asked.HALF_AN_EVENT;
import static dev.tollgate.gateway.failure.Asked.JSON;
import static dev.tollgate.gateway.failure.Asked.LAST_EVENT;
import static dev.tollgate.gateway.failure.Asked.SSE;
import static dev.tollgate.gateway.failure.Moment.AFTER_THE_END;
import static dev.tollgate.gateway.failure.Moment.AT_THE_END;
import static dev.tollgate.gateway.failure.Moment.BEFORE_THE_BODY;
import static dev.tollgate.gateway.failure.Moment.BEFORE_THE_HEADERS;
import static dev.tollgate.gateway.failure.Moment.IN_THE_BODY;
import static dev.tollgate.gateway.failure.Moment.IN_THE_REQUEST;
import static dev.tollgate.gateway.failure.Plot.both;
import static dev.tollgate.gateway.failure.UpstreamSees.CLOSED;
import static dev.tollgate.gateway.failure.UpstreamSees.NEVER_CALLED;
import static dev.tollgate.gateway.failure.UpstreamSees.READ;

import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.Tenant;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The gateway itself is drained, closed, or told to break off. */
final class GatewayFailures {
  private GatewayFailures() {}

  /** How it stops. */
  private record Way(String how, Stop stop) {}

  private interface Stop {
    void stop(House house);
  }

  private static final Way DRAIN = new Way("drains", house -> house.gateway().gateway().drain());
  private static final Way CLOSE = new Way("is closed", House::closeGateway);
  private static final Way ABORT =
      new Way("breaks off", house -> house.gateway().gateway().abort());
  private static final List<Asked> JSON_ALONE = List.of(JSON);
  private static final List<Asked> SSE_ALONE = List.of(SSE);
  private static final Logged ABORTED = Logged.outcome("aborted");

  static List<Cell> all() {
    List<Cell> all = new ArrayList<>();
    all.add(
        cell(
            IN_THE_REQUEST,
            "has drained before it comes",
            BOTH,
            Plot.client(
                stage -> {
                  DRAIN.stop.stop(stage.house());
                  return stage.askAndRead();
                }),
            new Seen(
                ClientSees.UNAVAILABLE,
                NEVER_CALLED,
                BooksSay.NOTHING,
                Logged.refused("unavailable"))));
    all.add(
        cell(
            IN_THE_REQUEST,
            "has as many open as it may",
            BOTH,
            Plot.client(
                stage -> {
                  openAnother(stage);
                  return stage.askAndRead();
                }),
            new Seen(
                ClientSees.UNAVAILABLE,
                NEVER_CALLED,
                BooksSay.NOTHING,
                Logged.refused("unavailable")),
            "tollgate.limits.exchanges",
            "1"));
    for (Way way : List.of(CLOSE, ABORT)) {
      all.add(
          cell(
              IN_THE_REQUEST,
              way.how + ", in the body",
              BOTH,
              Plot.client(stage -> stopWhileAsked(stage, way)),
              new Seen(ClientSees.BROKEN_OFF, NEVER_CALLED, BooksSay.NOTHING, ABORTED)));
    }
    Seen complete = new Seen(ClientSees.ALL, READ, BooksSay.CHARGED, Logged.COMPLETE);
    all.add(
        cell(
            BEFORE_THE_HEADERS,
            DRAIN.how,
            BOTH,
            both(
                (stage, connection) -> {
                  stage.awaitCue();
                  stage.asked().answerWell(connection);
                },
                stage -> stopWhileWaiting(stage, DRAIN)),
            complete));
    all.add(
        cell(
            BEFORE_THE_HEADERS,
            CLOSE.how,
            BOTH,
            both((stage, connection) -> {}, stage -> stopWhileWaiting(stage, CLOSE)),
            new Seen(
                ClientSees.STOPPED, CLOSED, BooksSay.UNRESOLVED, Logged.refused("unavailable"))));
    all.add(
        cell(
            BEFORE_THE_HEADERS,
            ABORT.how,
            BOTH,
            both((stage, connection) -> {}, stage -> stopWhileWaiting(stage, ABORT)),
            new Seen(ClientSees.BROKEN_OFF, CLOSED, BooksSay.UNRESOLVED_PROMPT, ABORTED)));
    all.addAll(inTheAnswer());
    return all;
  }

  /** A request of somebody else's whose body is still to come when all is over. */
  private static void openAnother(Stage stage) throws IOException {
    Tenant other = Tenant.of(stage.house().gateway(), "100");
    RawClient client = other.connect();
    stage.closeInTheEnd(client);
    client.send(other.chatHead("Content-Length: 10", "Expect: 100-continue"));
    client.readHead();
    stage.house().forget();
  }

  private static Cell cell(
      Moment moment, String how, List<Asked> asked, Plot plot, Seen expected, String... settings) {
    // One that breaks off serves on, any other stop is for good.
    boolean isForGood = !how.startsWith(ABORT.how);
    return new Cell(
        Party.GATEWAY, moment, how, asked, isForGood ? plot.alone(settings) : plot, expected);
  }

  private static ClientSees stopWhileAsked(Stage stage, Way way) throws Exception {
    String request = stage.asked().request();
    stage
        .connect(0)
        .send(
            stage.tenant().chatHead("Content-Length: " + request.length(), "Expect: 100-continue"));
    // The body is being read.
    stage.client().readHead();
    way.stop.stop(stage.house());
    return stage.read();
  }

  private static ClientSees stopWhileWaiting(Stage stage, Way way) throws Exception {
    stage.ask();
    stage.awaitCalled();
    way.stop.stop(stage.house());
    stage.cue();
    return stage.read();
  }

  /** What has been sent by then, and what the books make of it. */
  private record Before(Moment moment, List<Asked> asked, List<String> pieces, BooksSay books) {
    String body() {
      return String.join("", pieces);
    }

    Plot plot(Way way) {
      return both(
          (stage, connection) -> {
            connection.write(stage.asked() == SSE ? SSE.head() : Asked.CHUNKED_JSON_HEAD);
            for (String piece : pieces) {
              connection.chunk(piece);
            }
          },
          stage -> {
            stage.ask();
            if (pieces.isEmpty()) {
              stage.readHead();
            } else {
              stage.readThrough(body());
            }
            way.stop.stop(stage.house());
            return stage.readRest();
          });
    }
  }

  private static List<Cell> inTheAnswer() {
    List<Cell> cells = new ArrayList<>();
    cells.add(
        cell(
            IN_THE_BODY,
            DRAIN.how,
            SSE_ALONE,
            both(
                (stage, connection) -> {
                  connection.write(SSE.head()).chunk(EVENT);
                  stage.awaitCue();
                  connection.chunk(LAST_EVENT).chunk(DONE).lastChunk();
                },
                stage -> {
                  stage.ask();
                  stage.readThrough(EVENT);
                  DRAIN.stop.stop(stage.house());
                  stage.cue();
                  return stage.readRest();
                }),
            new Seen(ClientSees.ALL, READ, BooksSay.CHARGED, Logged.COMPLETE)));
    List<Before> befores =
        List.of(
            new Before(BEFORE_THE_BODY, BOTH, List.of(), BooksSay.PENDING),
            new Before(IN_THE_BODY, JSON_ALONE, List.of(FIRST_HALF), BooksSay.PENDING),
            new Before(IN_THE_BODY, SSE_ALONE, List.of(EVENT, HALF_AN_EVENT), BooksSay.PENDING),
            new Before(AT_THE_END, SSE_ALONE, List.of(EVENT, LAST_EVENT, DONE), BooksSay.CHARGED));
    for (Way way : List.of(CLOSE, ABORT)) {
      for (Before before : befores) {
        cells.add(
            cell(
                before.moment,
                way.how,
                before.asked,
                before.plot(way),
                new Seen(ClientSees.broken(200, before.body()), CLOSED, before.books, ABORTED)));
      }
    }
    cells.add(
        cell(
            AFTER_THE_END,
            CLOSE.how,
            BOTH,
            Plot.client(
                stage -> {
                  ClientSees seen = stage.askAndRead();
                  stage.house().closeGateway();
                  return seen;
                }),
            new Seen(ClientSees.ALL, CLOSED, BooksSay.CHARGED, Logged.COMPLETE)));
    return cells;
  }
}
