package dev.tollgate.gateway.failure;

import static dev.tollgate.gateway.failure.Asked.BOTH;
import static dev.tollgate.gateway.failure.Asked.CHUNKED_JSON_HEAD;
import static dev.tollgate.gateway.failure.Asked.DONE;
import static dev.tollgate.gateway.failure.Asked.EVENT;
import static dev.tollgate.gateway.failure.Asked.FIRST_HALF;
import static dev.tollgate.gateway.failure.Asked.HALF_AN_EVENT;
import static dev.tollgate.gateway.failure.Asked.JSON;
import static dev.tollgate.gateway.failure.Asked.LAST_EVENT;
import static dev.tollgate.gateway.failure.Asked.SECOND_HALF;
import static dev.tollgate.gateway.failure.Asked.SSE;
import static dev.tollgate.gateway.failure.Moment.AFTER_THE_END;
import static dev.tollgate.gateway.failure.Moment.AT_THE_END;
import static dev.tollgate.gateway.failure.Moment.BEFORE_THE_BODY;
import static dev.tollgate.gateway.failure.Moment.IN_THE_BODY;
import static dev.tollgate.gateway.failure.Plot.upstream;
import static dev.tollgate.gateway.failure.UpstreamSees.CLOSED;
import static dev.tollgate.gateway.failure.UpstreamSees.HAS_LEFT;
import static dev.tollgate.gateway.failure.UpstreamSees.READ;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Connection;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/** The upstream fails when its answer has begun. */
final class UpstreamBreaks {
  private static final String BROKE_OFF = "WARNING: the upstream broke off";
  private static final Logged FAILED = Logged.outcome("upstream_failed", BROKE_OFF);
  private static final int PIECES_MILLIS = 20;

  /** What must not be taken for the answer to the next request. */
  private static final String EXCESS = ScriptedUpstream.json(200, "{\"stolen\":true}");

  private static final int MANY = 4_000;

  private UpstreamBreaks() {}

  /** How a connection breaks. */
  private interface Break {
    void on(Connection connection) throws IOException;
  }

  private record Way(String how, UpstreamSees upstream, boolean inHaste, Break happens) {}

  private static final Way RESET =
      new Way("resets the connection", HAS_LEFT, false, Connection::reset);
  private static final Way CLOSE =
      new Way("closes the connection", HAS_LEFT, false, Connection::close);
  private static final Way SILENCE = new Way("falls silent", CLOSED, true, connection -> {});
  private static final Way BAD_CHUNK =
      new Way(
          "sends a chunk without a size", CLOSED, false, connection -> connection.write("zz\r\n"));
  private static final Way HUGE_CHUNK =
      new Way(
          "sends a chunk of a size beyond counting",
          CLOSED,
          false,
          connection -> connection.write("fffffffffffffffff\r\n"));

  /** What has come before the break: its head, and the body that the client has got by then. */
  private record Before(Moment moment, List<Asked> asked, boolean chunked, List<String> pieces) {
    String body() {
      return String.join("", pieces);
    }

    void send(Stage stage, Connection connection) throws Exception {
      connection.write(chunked && stage.asked() == JSON ? CHUNKED_JSON_HEAD : stage.asked().head());
      for (String piece : pieces) {
        if (chunked) {
          connection.chunk(piece);
        } else {
          connection.write(piece);
        }
      }
      // A reset would take what is still on its way with it.
      stage.awaitHeadSeen();
      stage.awaitSeen(body());
    }
  }

  private static Cell breaks(Before before, String framing, Way way, BooksSay books) {
    Plot plot =
        upstream(
            (stage, connection) -> {
              before.send(stage, connection);
              way.happens.on(connection);
            });
    return new Cell(
        Party.UPSTREAM,
        before.moment,
        way.how + framing,
        before.asked,
        way.inHaste ? plot.inHaste() : plot,
        new Seen(ClientSees.broken(200, before.body()), way.upstream, books, FAILED));
  }

  static List<Cell> all() {
    List<Cell> all = new ArrayList<>();
    Before bare = new Before(BEFORE_THE_BODY, BOTH, false, List.of());
    Before bareChunks = new Before(BEFORE_THE_BODY, BOTH, true, List.of());
    Before event = new Before(IN_THE_BODY, List.of(SSE), true, List.of(EVENT, HALF_AN_EVENT));
    Before half = new Before(IN_THE_BODY, List.of(JSON), false, List.of(FIRST_HALF));
    Before halfInChunks = new Before(IN_THE_BODY, List.of(JSON), true, List.of(FIRST_HALF));
    Before done = new Before(AT_THE_END, List.of(SSE), true, List.of(EVENT, LAST_EVENT, DONE));
    Before whole = new Before(AT_THE_END, List.of(JSON), true, List.of(FIRST_HALF, SECOND_HALF));
    for (Way way : List.of(RESET, CLOSE, SILENCE)) {
      all.add(breaks(bare, "", way, BooksSay.PENDING));
    }
    for (Way way : List.of(BAD_CHUNK, HUGE_CHUNK)) {
      all.add(breaks(bareChunks, "", way, BooksSay.PENDING));
    }
    for (Way way : List.of(RESET, CLOSE, SILENCE)) {
      all.add(breaks(half, ", short of its length", way, BooksSay.PENDING));
      all.add(breaks(event, ", within an event", way, BooksSay.PENDING));
    }
    for (Way way : List.of(BAD_CHUNK, HUGE_CHUNK)) {
      all.add(breaks(halfInChunks, "", way, BooksSay.PENDING));
      all.add(breaks(event, ", within an event", way, BooksSay.PENDING));
    }
    all.addAll(oddBodies());
    for (Way way : List.of(RESET, CLOSE, SILENCE, BAD_CHUNK)) {
      String framing = way == BAD_CHUNK ? "" : " instead of the last chunk";
      all.add(breaks(whole, framing, way, BooksSay.CHARGED));
      all.add(breaks(done, framing, way, BooksSay.CHARGED));
    }
    all.addAll(afterwards());
    return all;
  }

  private static Cell cell(Moment moment, String how, List<Asked> asked, Plot plot, Seen expected) {
    return new Cell(Party.UPSTREAM, moment, how, asked, plot, expected);
  }

  private static Cell odd(String how, Asked asked, Plot plot, String body, BooksSay books) {
    return odd(how, asked, plot, body, READ, books);
  }

  private static Cell odd(
      String how, Asked asked, Plot plot, String body, UpstreamSees upstream, BooksSay books) {
    return cell(
        IN_THE_BODY,
        how,
        List.of(asked),
        plot,
        new Seen(ClientSees.whole(200, body), upstream, books, Logged.COMPLETE));
  }

  private static Plot stream(String... events) {
    return upstream(
        (stage, connection) -> {
          connection.write(SSE.head());
          for (String event : events) {
            connection.chunk(event);
          }
          connection.lastChunk();
        });
  }

  /** Whatever the body holds, it is relayed as it is. */
  private static List<Cell> oddBodies() {
    String error = "{\"error\":{\"code\":502,\"message\":\"Provider disconnected\"}}";
    String errorEvent = "data: " + error + "\n\n";
    String broken =
        "HTTP/1.1 500 X\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n";
    String accents = "data: \u00e9\u20ac\n\n";
    String withoutId = FIRST_HALF.replace("gen-1", "cmp-1") + "\"x\":0}";
    String negative = SECOND_HALF.replace("0.05", "-0.05");
    return List.of(
        cell(
            IN_THE_BODY,
            "closes the connection in the body of an error (500)",
            BOTH,
            upstream(
                (stage, connection) -> {
                  connection.write(broken + "{");
                  stage.awaitSeen("{");
                  connection.close();
                }),
            new Seen(ClientSees.broken(500, "{"), HAS_LEFT, BooksSay.RELEASED, FAILED)),
        odd(
            "drips it, byte by byte, for longer than it may be silent",
            SSE,
            upstream(UpstreamBreaks::drip).inHaste(),
            SSE.answer(),
            BooksSay.CHARGED),
        cell(
            IN_THE_BODY,
            "goes on for longer than the whole answer may take",
            List.of(SSE),
            upstream(
                    (stage, connection) -> {
                      connection.write(SSE.head()).chunk(EVENT);
                      while (!connection.over().isDone()) {
                        connection.chunk(": still here\n\n");
                        TimeUnit.MILLISECONDS.sleep(PIECES_MILLIS);
                      }
                    })
                .inAHurry(),
            new Seen(ClientSees.broken(200), CLOSED, BooksSay.PENDING, FAILED)),
        odd(
            "cuts it within a character",
            SSE,
            upstream(
                (stage, connection) -> {
                  connection.write(SSE.head());
                  byte[] bytes = accents.getBytes(UTF_8);
                  int cut = bytes.length - 3;
                  connection.chunk(Arrays.copyOf(bytes, cut));
                  stage.awaitSeen("x".repeat(cut));
                  connection.chunk(Arrays.copyOfRange(bytes, cut, bytes.length));
                  connection.chunk(LAST_EVENT).chunk(DONE).lastChunk();
                }),
            accents + LAST_EVENT + DONE,
            BooksSay.CHARGED),
        odd(
            "sends an error and no usage",
            JSON,
            upstream((stage, connection) -> connection.write(Asked.head(error.length()) + error)),
            error,
            BooksSay.PENDING_PROMPT),
        odd(
            "sends an error and no usage",
            SSE,
            stream(EVENT, errorEvent, DONE),
            EVENT + errorEvent + DONE,
            BooksSay.PENDING),
        odd(
            "sends neither usage nor the id of a generation",
            JSON,
            upstream(
                (stage, connection) -> connection.write(ScriptedUpstream.json(200, withoutId))),
            withoutId,
            BooksSay.charged("0.038", "unresolved")),
        odd(
            "names a negative cost",
            JSON,
            upstream(
                (stage, connection) -> {
                  String body = FIRST_HALF + negative;
                  connection.write(Asked.head(body.length()) + body);
                }),
            FIRST_HALF + negative,
            BooksSay.charged("1.018", "negative_cost")),
        odd(
            "sends what is neither JSON nor events",
            JSON,
            upstream((stage, connection) -> connection.write(Asked.head(4) + "\0}{\"")),
            "\0}{\"",
            BooksSay.PENDING),
        zipped(JSON),
        zipped(SSE),
        odd(
            "sends a little more than its length",
            JSON,
            upstream((stage, connection) -> connection.write(JSON.head() + JSON.answer() + EXCESS)),
            JSON.answer(),
            BooksSay.CHARGED),
        odd(
            "sends much more than its length",
            JSON,
            upstream(
                (stage, connection) ->
                    connection.write(JSON.head() + JSON.answer() + EXCESS.repeat(MANY))),
            JSON.answer(),
            CLOSED,
            BooksSay.CHARGED));
  }

  private static void drip(Stage stage, Connection connection) throws Exception {
    connection.write(stage.asked().head());
    for (char each : stage.asked().answer().toCharArray()) {
      connection.chunk(String.valueOf(each));
      // Its pace is what is odd.
      TimeUnit.MILLISECONDS.sleep(PIECES_MILLIS);
    }
    connection.lastChunk();
  }

  private static Cell zipped(Asked asked) {
    byte[] zipped = zip(asked.answer());
    String head =
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nX-Generation-Id: gen-1\r\nContent-Type: "
            + (asked == SSE ? "text/event-stream" : "application/json")
            + "\r\nContent-Length: "
            + zipped.length
            + "\r\n\r\n";
    return cell(
        IN_THE_BODY,
        "compresses it unasked",
        List.of(asked),
        upstream((stage, connection) -> connection.write(head).write(zipped)),
        new Seen(ClientSees.whole(200, zipped), READ, BooksSay.CHARGED, Logged.COMPLETE));
  }

  private static byte[] zip(String text) {
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    // Not packed tighter by one library than by another: the page names its length.
    try (GZIPOutputStream zip =
        new GZIPOutputStream(zipped) {
          {
            def.setLevel(Deflater.NO_COMPRESSION);
          }
        }) {
      zip.write(text.getBytes(UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return zipped.toByteArray();
  }

  private static List<Cell> afterwards() {
    Seen all = new Seen(ClientSees.ALL, HAS_LEFT, BooksSay.CHARGED, Logged.COMPLETE);
    return List.of(
        cell(
            AT_THE_END,
            "sends more behind `[DONE]`, then resets the connection",
            List.of(SSE),
            upstream(
                (stage, connection) -> {
                  String tail = ": tail\n\n";
                  connection.write(SSE.head());
                  connection.chunk(EVENT).chunk(LAST_EVENT).chunk(DONE).chunk(tail);
                  stage.awaitSeen(SSE.answer() + tail);
                  connection.reset();
                }),
            new Seen(
                ClientSees.broken(200, SSE.answer() + ": tail\n\n"),
                HAS_LEFT,
                BooksSay.CHARGED,
                FAILED)),
        cell(
            AFTER_THE_END,
            "resets the connection",
            BOTH,
            Plot.both(
                (stage, connection) -> {
                  stage.asked().answerWell(connection);
                  stage.awaitCue();
                  connection.reset();
                },
                stage -> {
                  ClientSees seen = stage.askAndRead();
                  stage.cue();
                  return seen;
                }),
            all),
        cell(
            AFTER_THE_END,
            "answers a second time",
            BOTH,
            Plot.both(
                (stage, connection) -> {
                  stage.asked().answerWell(connection);
                  stage.awaitCue();
                  connection.write(EXCESS);
                },
                stage -> {
                  ClientSees seen = stage.askAndRead();
                  stage.cue();
                  return seen;
                }),
            new Seen(ClientSees.ALL, CLOSED, BooksSay.CHARGED, Logged.COMPLETE)));
  }
}
