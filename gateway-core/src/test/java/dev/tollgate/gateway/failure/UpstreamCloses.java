package dev.tollgate.gateway.failure;

import static dev.tollgate.gateway.failure.Asked.BOTH;
import static dev.tollgate.gateway.failure.Asked.DONE;
import static dev.tollgate.gateway.failure.Asked.EVENT;
import static dev.tollgate.gateway.failure.Asked.FIRST_HALF;
import static dev.tollgate.gateway.failure.Asked.HALF_AN_EVENT;
import static dev.tollgate.gateway.failure.Asked.JSON;
import static dev.tollgate.gateway.failure.Asked.LAST_EVENT;
import static dev.tollgate.gateway.failure.Asked.SECOND_HALF;
import static dev.tollgate.gateway.failure.Asked.SSE;
import static dev.tollgate.gateway.failure.Moment.AT_THE_END;
import static dev.tollgate.gateway.failure.Moment.BEFORE_THE_BODY;
import static dev.tollgate.gateway.failure.Moment.IN_THE_BODY;

import dev.tollgate.gateway.testkit.ScriptedUpstream.Connection;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The upstream answers with neither a length nor chunks, so that only the end of the connection is
 * the end of the body (RFC 9112 6.3): whole after an end in order, broken after any other.
 */
final class UpstreamCloses {
  private static final Logged FAILED =
      Logged.outcome("upstream_failed", "WARNING: the upstream broke off");
  private static final String JSON_HEADERS =
      "Content-Type: application/json\r\nX-Generation-Id: gen-1\r\n\r\n";
  private static final String SSE_HEADERS =
      "Content-Type: text/event-stream\r\nX-Generation-Id: gen-1\r\n\r\n";
  private static final String HTTP_1_0 = "HTTP/1.0 200 OK\r\n";
  private static final String HTTP_1_1 = "HTTP/1.1 200 OK\r\n";

  private UpstreamCloses() {}

  /** How the connection ends. */
  private interface End {
    void of(Connection connection) throws IOException;
  }

  private record Way(String how, String statusLine, boolean tls, boolean inOrder, End end) {}

  private static final List<Way> WAYS =
      List.of(
          new Way(
              "ends a body without length or chunks by closing the connection",
              HTTP_1_1,
              false,
              true,
              Connection::close),
          new Way(
              "resets the connection, in a body without length or chunks",
              HTTP_1_1,
              false,
              false,
              Connection::reset),
          new Way(
              "ends a body without length or chunks by closing TLS and the connection",
              HTTP_1_1,
              true,
              true,
              Connection::close),
          new Way(
              "closes the connection but not TLS (no close_notify),"
                  + " in a body without length or chunks",
              HTTP_1_1,
              true,
              false,
              Connection::cut),
          new Way(
              "resets the connection under TLS, in a body without length or chunks",
              HTTP_1_1,
              true,
              false,
              Connection::reset),
          new Way(
              "ends a body of HTTP/1.0 by closing the connection",
              HTTP_1_0,
              false,
              true,
              Connection::close),
          new Way(
              "resets the connection, in a body of HTTP/1.0",
              HTTP_1_0,
              false,
              false,
              Connection::reset));

  /** What has come before the end, and what the ledger makes of it. */
  private record Before(Moment moment, List<Asked> asked, String body, BooksSay books) {}

  private static final List<Before> BEFORE =
      List.of(
          new Before(BEFORE_THE_BODY, BOTH, "", BooksSay.PENDING),
          new Before(IN_THE_BODY, List.of(JSON), FIRST_HALF, BooksSay.PENDING),
          new Before(IN_THE_BODY, List.of(SSE), EVENT + HALF_AN_EVENT, BooksSay.PENDING),
          new Before(AT_THE_END, List.of(JSON), FIRST_HALF + SECOND_HALF, BooksSay.CHARGED),
          new Before(AT_THE_END, List.of(SSE), EVENT + LAST_EVENT + DONE, BooksSay.CHARGED));

  static List<Cell> all() {
    List<Cell> all = new ArrayList<>();
    for (Before before : BEFORE) {
      for (Way way : WAYS) {
        all.add(cell(before, way));
      }
    }
    return all;
  }

  private static Cell cell(Before before, Way way) {
    Plot plot =
        Plot.upstream(
            (stage, connection) -> {
              connection.write(way.statusLine + headers(stage.asked()));
              connection.write(before.body);
              // A reset would take what is still on its way with it.
              stage.awaitHeadSeen();
              stage.awaitSeen(before.body);
              way.end.of(connection);
            });
    ClientSees client =
        way.inOrder ? ClientSees.whole(200, before.body) : ClientSees.broken(200, before.body);
    Logged logged = way.inOrder ? Logged.COMPLETE : FAILED;
    return new Cell(
        Party.UPSTREAM,
        before.moment,
        way.how,
        before.asked,
        way.tls ? plot.overTls() : plot,
        new Seen(client, UpstreamSees.HAS_LEFT, before.books, logged));
  }

  private static String headers(Asked asked) {
    return asked == SSE ? SSE_HEADERS : JSON_HEADERS;
  }
}
