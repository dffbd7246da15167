package dev.tollgate.example.tomcat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.BooksView;
import dev.tollgate.gateway.testkit.BooksView.Line;
import dev.tollgate.gateway.testkit.EmbeddingContract;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApplicationTest extends EmbeddingContract {
  @TempDir Path directory;
  private Application application;

  @Override
  protected Running start(URI upstream) throws Exception {
    application = new Application(0, directory, config(directory.resolve("a.db"), upstream));
    String key =
        application.gateway().admin().createProject("shop", Money.parse("5"), null).key().reveal();
    return new Running(application.port(), "", "?project_name=shop", "X-API-Key: " + key, "");
  }

  static GatewayConfig config(Path database, URI upstream) {
    return GatewayConfig.of(
        Map.of(
            "tollgate.upstream.url",
            upstream.toString(),
            "tollgate.upstream.key",
            "sk-or-v1-operator",
            "tollgate.database.url",
            "jdbc:sqlite:" + database));
  }

  @Override
  protected void stop() throws Exception {
    application.close();
  }

  @Override
  protected List<Long> chargedNanos() throws Exception {
    try (BooksView books = new BooksView("jdbc:sqlite:" + directory.resolve("a.db"))) {
      return books.charges().stream().map(Line::amountNanos).toList();
    }
  }

  @Test
  void whoHasNoKeyIsRefused() throws Exception {
    assertThat(
            answer(
                request(
                    "POST",
                    "/api/v1/chat/completions?project_name=shop",
                    "",
                    "{}",
                    "Connection: close")))
        .startsWith("HTTP/1.1 401")
        .contains("X-API-Key header is required");
  }

  @Test
  void theApplicationCountsWhatTheGatewayDoes() throws Exception {
    answer(chat("{}", "Connection: close"));
    answer(request("GET", "/api/v1/models", "", "", "Connection: close"));

    // The end is told when the answer has left.
    await()
        .atMost(Duration.ofSeconds(5))
        .untilAsserted(
            () -> {
              RequestCounter counter = application.counter();
              assertThat(counter.count("/api/v1/chat/completions", "complete")).isEqualTo(1);
              assertThat(counter.count("/api/v1/models", "refused")).isEqualTo(1);
            });
  }
}
