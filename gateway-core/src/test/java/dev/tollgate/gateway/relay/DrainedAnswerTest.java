package dev.tollgate.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.testkit.BooksView;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An answer that is read to its end for a client that has gone. */
class DrainedAnswerTest {
  private static final String ANSWER =
      "{\"id\":\"gen-7\",\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1,\"cost\":0.05}}";

  @TempDir Path directory;

  /** It may take minutes, and a process that dies meanwhile must be able to ask for the cost. */
  @Test
  void itsGenerationIsRecordedBeforeItsEnd() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch left = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    try (ScriptedUpstream upstream = new ScriptedUpstream()) {
      upstream.script(
          (request, connection) -> {
            asked.countDown();
            left.await();
            connection.write(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Generation-Id: gen-7\r\n"
                    + "Content-Length: "
                    + ANSWER.length()
                    + "\r\n\r\n");
            end.await();
            connection.write(ANSWER);
          });
      RunningGateway gateway =
          RunningGateway.start(directory, upstream.baseUrl(), Map.of(), 30_000);
      try (BooksView books = new BooksView("jdbc:sqlite:" + directory.resolve("tollgate.db"))) {
        RawClient client = new RawClient(gateway.port());
        client.send(gateway.chatHead("Content-Length: 2") + "{}");
        asked.await();
        client.reset();
        left.countDown();

        await().until(() -> "gen-7".equals(books.holds().get(0).generationId()));
        assertThat(books.states()).isEqualTo(Map.of("open", 1));
        end.countDown();
        await().until(() -> books.states().equals(Map.of("captured", 1)));
      } finally {
        end.countDown();
        gateway.close();
      }
    }
  }
}
