package dev.tollgate.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.jdbc.DatabaseOptions;
import dev.tollgate.gateway.testkit.BooksView;
import dev.tollgate.gateway.testkit.BooksView.Line;
import dev.tollgate.gateway.testkit.Postgres;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Texts that PostgreSQL refuses, from the client and from the upstream. */
class UnstorableTextTest {
  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private final DatabaseOptions database = Postgres.newDatabase();
  private RunningGateway gateway;

  @BeforeEach
  void start() throws Exception {
    gateway =
        RunningGateway.start(
            directory,
            upstream.baseUrl(),
            Map.of(
                "tollgate.database.url",
                database.url(),
                "tollgate.database.user",
                "postgres",
                "tollgate.master.key",
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
            30_000);
  }

  @AfterEach
  void stop() throws Exception {
    gateway.close();
    upstream.close();
  }

  private String ask(String body) throws Exception {
    try (RawClient client = new RawClient(gateway.port())) {
      return client
          .send(
              gateway.chatHead(
                  "Content-Type: application/json",
                  "Content-Length: " + body.length(),
                  "Connection: close"))
          .send(body)
          .readToEnd();
    }
  }

  @Test
  void aRequestWithSuchTextsIsServedAndSettled() throws Exception {
    upstream.script(
        (request, connection) ->
            connection.write(
                ScriptedUpstream.json(
                    200,
                    "{\"id\":\"gen-\\u0000x\",\"model\":\"m\\u0000\\ud800\","
                        + "\"usage\":{\"cost\":0.5}}")));

    assertThat(ask("{\"model\":\"acme/\\u0000\\udc00\"}")).startsWith("HTTP/1.1 200");

    try (BooksView books = new BooksView(database.url())) {
      await().atMost(Duration.ofSeconds(10)).until(() -> books.unsettled() == 0);
      assertThat(books.charges())
          .singleElement()
          .extracting(Line::amountNanos, Line::generationId)
          .containsExactly(500_000_000L, "gen-\uFFFDx");
    }
  }
}
