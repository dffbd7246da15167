package dev.tollgate.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.testkit.BookkeepingUpstream;
import dev.tollgate.gateway.testkit.BooksView;
import dev.tollgate.gateway.testkit.MoneyClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was never sent is never charged, and strict is strict. */
class MoneyAbuseTest {
  @TempDir Path directory;

  // The handshake fails: nothing of the request was sent.
  @Test
  void aFailedHandshakeIsNotCharged() throws Exception {
    try (ServerSocket server = new ServerSocket(0)) {
      Thread acceptor =
          new Thread(
              () -> {
                try {
                  while (true) {
                    Socket socket = server.accept();
                    socket.getOutputStream().write("HTTP/1.1 400 no\r\n\r\n".getBytes("US-ASCII"));
                    socket.close();
                  }
                } catch (Exception e) {
                  // closed
                }
              });
      acceptor.setDaemon(true);
      acceptor.start();
      try (RunningGateway gateway =
              RunningGateway.start(
                  directory,
                  URI.create("https://127.0.0.1:" + server.getLocalPort() + "/v1"),
                  Map.of("tollgate.settle.unresolved", "hold"),
                  30_000);
          BooksView books = new BooksView("jdbc:sqlite:" + directory.resolve("tollgate.db"))) {
        HttpResponse<String> answer =
            new MoneyClient(gateway.chat(), gateway.key())
                .ask("a/b", "", "Idempotency-Key", "order 1");
        assertThat(answer.statusCode()).isEqualTo(502);
        await().atMost(Duration.ofSeconds(10)).until(() -> books.unsettled() == 0);
        assertThat(books.charges()).isEmpty();
        assertThat(
                new MoneyClient(gateway.chat(), gateway.key())
                    .ask("a/b", "", "Idempotency-Key", "order 1")
                    .statusCode())
            .isEqualTo(502);
      }
    }
  }

  // A dollar's worth of answers for a hundredth of a cent, in strict.
  @Test
  void aStrictTenantCannotHaveAnswersForNothing() throws Exception {
    try (BookkeepingUpstream upstream = new BookkeepingUpstream()) {
      upstream.price(
          new BookkeepingUpstream.Model("test/model", "0.00000012", "0.0001", 8192, 1000));
      try (RunningGateway gateway =
              RunningGateway.start(
                  directory, upstream.baseUrl(), Map.of("tollgate.hold.mode", "strict"), 30_000);
          BooksView books = new BooksView("jdbc:sqlite:" + directory.resolve("tollgate.db"))) {
        await().atMost(Duration.ofSeconds(10)).until(() -> upstream.priceListsRead() > 0);
        gateway.setBalance("0.001");
        MoneyClient client = new MoneyClient(gateway.chat(), gateway.key());
        await()
            .atMost(Duration.ofSeconds(5))
            .until(() -> client.ask("test/model", "").statusCode() == 403);
        int dispatched = upstream.dispatched();

        // The model's ceiling costs 0.10, of which 0.001 are there.
        HttpResponse<String> answer =
            client.ask("test/model", "\"max_output_tokens\":1,\"metadata\":{\"x_cost\":\"0.10\"}");

        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(upstream.dispatched()).isEqualTo(dispatched);
      }
    }
  }
}
