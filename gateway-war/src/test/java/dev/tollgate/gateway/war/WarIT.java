package dev.tollgate.gateway.war;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.jdbc.DatabaseOptions;
import dev.tollgate.gateway.testkit.BooksView;
import dev.tollgate.gateway.testkit.BooksView.Line;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.nio.file.Path;
import java.sql.Driver;
import java.util.Map;
import java.util.Properties;
import org.apache.catalina.Context;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged WAR in a Tomcat, configured by context parameters, under a context path. */
class WarIT {
  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private WarTomcat tomcat;
  private String key;
  private Context context;

  @BeforeEach
  void deploy() throws Exception {
    Path database = directory.resolve("tollgate.db");
    key = WarTomcat.createProject(new DatabaseOptions(database), null);
    tomcat = new WarTomcat(directory);
    context =
        tomcat.deploy(
            "/llm",
            Map.of(
                "tollgate.database.url",
                "jdbc:sqlite:" + database,
                "tollgate.upstream.url",
                upstream.baseUrl().toString(),
                "tollgate.upstream.key",
                "sk-or-v1-operator"));
  }

  @AfterEach
  void undeploy() throws Exception {
    tomcat.close();
    upstream.close();
  }

  private RawClient client() throws Exception {
    return tomcat.client();
  }

  /**
   * By the WAR's own copy of the driver: two copies of SQLite in one process do not see each
   * other's locks, and the one that closes first takes the other's log away.
   */
  private BooksView books() throws Exception {
    Driver driver =
        (Driver)
            context
                .getLoader()
                .getClassLoader()
                .loadClass("org.sqlite.JDBC")
                .getDeclaredConstructor()
                .newInstance();
    return new BooksView(
        driver.connect("jdbc:sqlite:" + directory.resolve("tollgate.db"), new Properties()));
  }

  private String chat(String body) {
    return WarTomcat.chat("/llm", key, body);
  }

  @Test
  void theWarRelaysJson() throws Exception {
    upstream.script((request, connection) -> connection.write(ScriptedUpstream.json(200, "{}")));
    try (RawClient client = client()) {
      client.send(chat("{\"a\":1}"));
      assertThat(client.readHead()).startsWith("HTTP/1.1 200");
      assertThat(client.read(2)).isEqualTo("{}".getBytes(UTF_8));
    }
    assertThat(new String(upstream.take().body(), UTF_8)).isEqualTo("{\"a\":1}");
  }

  @Test
  void theWarHasChargedWhenTheClientSeesTheEnd() throws Exception {
    String usage = "{\"usage\":{\"cost\":0.0000123}}";
    upstream.script(
        (request, connection) -> {
          if (new String(request.body(), UTF_8).contains("stream")) {
            connection
                .write(ScriptedUpstream.streamHead())
                .chunk("data: " + usage + "\n\ndata: [DONE]\n\n")
                .lastChunk();
          } else {
            connection.write(ScriptedUpstream.json(200, usage));
          }
        });
    try (RawClient client = client();
        BooksView books = books()) {
      client.send(chat("{}")).readUntil(usage);
      assertThat(books.charges()).extracting(Line::amountNanos).containsExactly(12_300L);

      client.send(chat("{\"stream\":true}")).readUntil("0\r\n\r\n");
      assertThat(books.charges()).extracting(Line::amountNanos).containsExactly(12_300L, 12_300L);
      assertThat(books.broken()).isEmpty();
    }
  }

  @Test
  void theWarStreamsEventByEvent() throws Exception {
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n");
          connection.awaitClosed(10_000);
          connection.close();
        });
    try (RawClient client = client()) {
      client.send(chat("{}"));
      assertThat(client.readUntil("data: 1\n\n")).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void theWarRefusesInTheGatewaysWords() throws Exception {
    try (RawClient client = client()) {
      client.send("GET /llm/api/v1/models HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(client.readHead()).startsWith("HTTP/1.1 401");
      assertThat(client.readUntil("}}")).contains("X-API-Key header is required");
    }
  }

  @Test
  void theWarServesV1AsApiV1() throws Exception {
    upstream.script((request, connection) -> connection.write(ScriptedUpstream.json(200, "{}")));
    try (RawClient client = client()) {
      client.send("GET /llm/v1/models HTTP/1.1\r\nHost: x\r\nX-API-Key: " + key + "\r\n\r\n");
      assertThat(client.readHead()).startsWith("HTTP/1.1 200");
    }
    assertThat(upstream.take().target()).isEqualTo("/api/v1/models");
  }

  @Test
  void aPathOutsideTheRoutesIsNotFoundInTheGatewaysWords() throws Exception {
    try (RawClient client = client()) {
      client.send("POST /llm/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
      assertThat(client.readHead()).startsWith("HTTP/1.1 404");
      assertThat(client.readUntil("}}"))
          .contains(
              "Not found: POST /llm/chat/completions"
                  + " (did you mean /llm/api/v1/chat/completions?)");
    }
  }

  @Test
  void aRefusedBodyIsToldAtOnceAndReadToItsEnd() throws Exception {
    int bytes = 6 << 20;
    String head =
        "POST /llm/api/v1/chat/completions?project_name=shop HTTP/1.1\r\nHost: x\r\n"
            + "X-API-Key: "
            + key
            + "\r\nContent-Length: "
            + bytes
            + "\r\n\r\n";
    try (RawClient waits = client()) {
      String answer = waits.send(head).readHead();
      assertThat(answer).startsWith("HTTP/1.1 413").containsIgnoringCase("Content-Length: ");
      assertThat(waits.readBody(answer)).contains("Request body too large (max 1MB)");
    }
    try (RawClient sendsFirst = client()) {
      sendsFirst.send(head).send(new byte[bytes]);
      assertThat(sendsFirst.readBody(sendsFirst.readHead())).contains("Request body too large");
    }
  }

  @Test
  void aBodyInChunksThatIsTooLargeIsReadToItsEnd() throws Exception {
    int bytes = 6 << 20;
    try (RawClient client = client()) {
      client.send(
          "POST /llm/api/v1/chat/completions?project_name=shop HTTP/1.1\r\nHost: x\r\n"
              + "X-API-Key: "
              + key
              + "\r\nTransfer-Encoding: chunked\r\n\r\n"
              + Integer.toHexString(bytes)
              + "\r\n");
      client.send(new byte[bytes]).send("\r\n0\r\n\r\n");
      String answer = client.readHead();
      assertThat(answer).startsWith("HTTP/1.1 413").containsIgnoringCase("Content-Length: ");
      assertThat(client.readBody(answer)).contains("Request body too large (max 1MB)");
    }
  }

  @Test
  void aBrokenUpstreamIsNeverACleanEnd() throws Exception {
    upstream.script(
        (request, connection) ->
            connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n").close());
    try (RawClient client = client()) {
      client.send(chat("{}"));
      assertThat(client.readToEnd()).contains("data: 1\n\n").doesNotEndWith("0\r\n\r\n");
    }
  }

  @Test
  void aHeadIsAnsweredAlsoWhenTheBodyBehindItBreaks() throws Exception {
    upstream.script(
        (request, connection) ->
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf").close());
    try (RawClient client = client()) {
      client.send("HEAD /llm/api/v1/models HTTP/1.1\r\nHost: x\r\nX-API-Key: " + key + "\r\n\r\n");
      assertThat(client.readHead()).startsWith("HTTP/1.1 ");
    }
  }
}
