package dev.tollgate.gateway.failure;

import static dev.tollgate.gateway.failure.Asked.BOTH;
import static dev.tollgate.gateway.failure.ClientSees.LEFT;
import static dev.tollgate.gateway.failure.Moment.IN_THE_REQUEST;
import static dev.tollgate.gateway.failure.Plot.client;
import static dev.tollgate.gateway.failure.UpstreamSees.NEVER_CALLED;
import static dev.tollgate.gateway.failure.UpstreamSees.READ;

import dev.tollgate.gateway.testkit.RawClient;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The client fails while it sends its request. */
final class ClientRequests {
  private static final int MAX_BODY = 1_048_576;
  private static final int TOO_MANY_HEADER_BYTES = 16 << 10;
  private static final int DRIP_MILLIS = 10;

  private ClientRequests() {}

  private static Cell asking(String how, Plot.ClientPart part, ClientSees sees, Logged logged) {
    return new Cell(
        Party.CLIENT,
        IN_THE_REQUEST,
        how,
        BOTH,
        client(part),
        new Seen(sees, NEVER_CALLED, BooksSay.NOTHING, logged));
  }

  /** Sends that much of the request, by its length, and no more. */
  private static RawClient sendHalf(Stage stage) throws IOException {
    String request = stage.asked().request();
    return stage
        .connect(0)
        .send(stage.tenant().chatHead("Content-Length: " + request.length()))
        .send(request.substring(0, 10));
  }

  static List<Cell> all() {
    return List.of(
        asking(
            "resets the connection in the body",
            stage -> {
              sendHalf(stage).reset();
              return LEFT;
            },
            LEFT,
            Logged.refused("malformed_request").orGone()),
        asking(
            "sends half a body, then the end of what it sends",
            stage -> {
              sendHalf(stage).shutdownOutput();
              return stage.read();
            },
            ClientSees.MALFORMED,
            Logged.refused("malformed_request")),
        new Cell(
            Party.CLIENT,
            IN_THE_REQUEST,
            "falls silent in the body, for longer than its connection may be",
            BOTH,
            client(
                    stage -> {
                      sendHalf(stage);
                      return stage.read();
                    })
                .aloneInAContainerThatWaits(1_000),
            new Seen(
                ClientSees.MALFORMED,
                NEVER_CALLED,
                BooksSay.NOTHING,
                Logged.refused("malformed_request"))),
        new Cell(
            Party.CLIENT,
            IN_THE_REQUEST,
            "falls silent in the body, for longer than it may take",
            BOTH,
            client(
                    stage -> {
                      sendHalf(stage);
                      return stage.read();
                    })
                .inHaste(),
            new Seen(
                ClientSees.LATE,
                NEVER_CALLED,
                BooksSay.NOTHING,
                Logged.refused("malformed_request"))),
        new Cell(
            Party.CLIENT,
            IN_THE_REQUEST,
            "drips its body, byte by byte, for longer than it may take",
            BOTH,
            client(ClientRequests::dripForTooLong).inHaste(),
            new Seen(
                ClientSees.LATE,
                NEVER_CALLED,
                BooksSay.NOTHING,
                Logged.refused("malformed_request"))),
        new Cell(
            Party.CLIENT,
            IN_THE_REQUEST,
            "drips its body, byte by byte",
            BOTH,
            client(
                stage -> {
                  String request = stage.asked().request();
                  RawClient client =
                      stage
                          .connect(0)
                          .send(stage.tenant().chatHead("Content-Length: " + request.length()));
                  for (char each : request.toCharArray()) {
                    client.send(String.valueOf(each));
                    TimeUnit.MILLISECONDS.sleep(DRIP_MILLIS);
                  }
                  return stage.read();
                }),
            new Seen(ClientSees.ALL, READ, BooksSay.CHARGED, Logged.COMPLETE)),
        asking(
            "sends a chunk without a size",
            stage -> {
              stage
                  .connect(0)
                  .send(stage.tenant().chatHead("Transfer-Encoding: chunked") + "zz\r\n{}\r\n");
              return stage.read();
            },
            ClientSees.MALFORMED,
            Logged.refused("malformed_request")),
        asking(
            "sends a line that is no request",
            stage -> {
              stage.connect(0).send("\u0016\u0003\u0001 garbage\r\n\r\n");
              return stage.read();
            },
            ClientSees.containers(400),
            Logged.NOTHING),
        asking(
            "sends headers of 16 KB",
            stage -> {
              stage
                  .connect(0)
                  .send(stage.tenant().chatHead("X-Big: " + "x".repeat(TOO_MANY_HEADER_BYTES)));
              return stage.read();
            },
            ClientSees.containers(431),
            Logged.NOTHING),
        asking(
            "announces a body of more than 1 MB",
            stage -> {
              stage
                  .connect(0)
                  .send(stage.tenant().chatHead("Content-Length: " + (MAX_BODY + 1)))
                  .send("x".repeat(MAX_BODY + 1));
              return stage.read();
            },
            ClientSees.TOO_LARGE,
            Logged.refused("request_too_large")),
        asking(
            "sends more than 1 MB in chunks",
            stage -> {
              stage
                  .connect(0)
                  .send(stage.tenant().chatHead("Transfer-Encoding: chunked"))
                  .send(Integer.toHexString(MAX_BODY + 1) + "\r\n")
                  .send("x".repeat(MAX_BODY + 1) + "\r\n0\r\n\r\n");
              return stage.read();
            },
            ClientSees.TOO_LARGE,
            Logged.refused("request_too_large")));
  }

  private static ClientSees dripForTooLong(Stage stage) throws Exception {
    RawClient client = stage.connect(0).send(stage.tenant().chatHead("Content-Length: 1000"));
    Thread dripping =
        new Thread(
            () -> {
              try {
                for (int i = 0; i < 999; i++) {
                  client.send(" ");
                  TimeUnit.MILLISECONDS.sleep(DRIP_MILLIS);
                }
              } catch (IOException | InterruptedException e) {
                // It has its answer.
              }
            });
    dripping.start();
    try {
      return stage.read();
    } finally {
      dripping.interrupt();
      dripping.join();
    }
  }
}
