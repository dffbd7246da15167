package dev.tollgate.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.testkit.BooksView;
import dev.tollgate.gateway.testkit.LogCapture;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Charges that are refused at first, and a gateway that is closed at the wrong moment. */
@Timeout(60)
class MoneyInTroubleTest {
  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private RunningGateway gateway;
  private BooksView books;
  private String url;

  @BeforeEach
  void start() throws Exception {
    upstream.background(
        (request, connection) ->
            connection.write(
                ScriptedUpstream.json(
                    200,
                    "{\"data\":[{\"id\":\"a/b\",\"pricing\":"
                        + "{\"prompt\":\"0\",\"completion\":\"0.000002\"}}]}")));
    gateway =
        RunningGateway.start(
            directory,
            upstream.baseUrl(),
            Map.of("tollgate.settle.first-delay", "50ms", "tollgate.settle.unresolved", "hold"),
            30_000);
    url = "jdbc:sqlite:" + directory.resolve("tollgate.db");
    books = new BooksView(url);
  }

  @AfterEach
  void stop() throws Exception {
    books.close();
    gateway.close();
    upstream.close();
  }

  private String chat(String body) {
    return gateway.chatHead("Content-Length: " + body.length(), "Idempotency-Key: mine") + body;
  }

  /** The upstream key is remembered by the first request. */
  private void warmUp() throws Exception {
    upstream.script(
        (request, connection) -> connection.write(ScriptedUpstream.json(404, "{\"e\":1}")));
    try (RawClient client = new RawClient(gateway.port())) {
      client
          .send(chat("{\"model\":\"a/b\"}").replace("Idempotency-Key: mine", "X-A: b"))
          .readUntil("1}");
    }
  }

  @Test
  void aHoldThatIsCommittedWhileTheGatewayClosesIsGivenBack() throws Exception {
    warmUp();
    try (Connection other = DriverManager.getConnection(url);
        Statement statement = other.createStatement();
        LogCapture log = new LogCapture();
        RawClient client = new RawClient(gateway.port())) {
      statement.execute("BEGIN IMMEDIATE");
      client.send(chat("{\"model\":\"a/b\"}"));
      log.awaitLine("-> holding");
      Thread closing = new Thread(gateway.gateway()::close, "closing");
      closing.start();
      // The exchange is over before its hold can be committed.
      log.awaitLine("outcome=");
      statement.execute("ROLLBACK");
      closing.join();
    }
    gateway = gateway.restart();

    await().atMost(Duration.ofSeconds(10)).until(() -> books.unsettled() == 0);
    assertThat(books.charges()).as("nothing was sent, nothing is charged").isEmpty();
    assertThat(books.number("SELECT count(*) FROM idempotency")).isZero();
  }

  @Test
  void aChargeThatTheDatabaseRefusedOnceIsMadeLater() throws Exception {
    upstream.script(
        (request, connection) ->
            connection.write(
                ScriptedUpstream.json(
                    200,
                    "{\"model\":\"a/b\",\"usage\":{\"prompt_tokens\":1,"
                        + "\"completion_tokens\":1,\"cost\":0.001}}")));
    try (Connection other = DriverManager.getConnection(url);
        Statement statement = other.createStatement();
        RawClient client = new RawClient(gateway.port())) {
      statement.execute(
          "CREATE TRIGGER t BEFORE INSERT ON ledger_entry BEGIN SELECT RAISE(ABORT, 'no'); END");
      client.send(chat("{\"model\":\"a/b\"}")).readUntil("0.001}}");
      statement.execute("DROP TRIGGER t");
    }

    await().atMost(Duration.ofSeconds(10)).until(() -> books.unsettled() == 0);
    assertThat(books.charges()).hasSize(1);
  }

  /** Abort does nothing to an exchange whose outcome is decided. */
  @Test
  void anAnswerThatIsReadOnForNobodyIsSettledByClose() throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    CountDownLatch sent = new CountDownLatch(1);
    upstream.script(
        (request, connection) -> {
          connection.write(
              "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                  + "X-Generation-Id: gen-7\r\nTransfer-Encoding: chunked\r\n\r\n");
          connection.chunk("{\"model\":\"a/b\",");
          // Until the gateway finds the client gone, and then for a while.
          for (int i = 0; i < 200 && closed.getCount() > 0; i++) {
            connection.chunk(" ".repeat(50_000));
          }
          sent.countDown();
          closed.await();
        });
    RawClient client = new RawClient(gateway.port());
    client.send(chat("{\"model\":\"a/b\"}")).readUntil("a/b");
    client.close();
    // More than fits into all buffers on the way: it is read although nobody is there any more.
    assertThat(sent.await(10, TimeUnit.SECONDS)).isTrue();
    gateway.gateway().close();
    closed.countDown();

    assertThat(books.states()).isEqualTo(Map.of("pending", 1));
  }
}
