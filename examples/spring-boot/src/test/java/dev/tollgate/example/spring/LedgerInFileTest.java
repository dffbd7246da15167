package dev.tollgate.example.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.BooksView;
import dev.tollgate.gateway.testkit.BooksView.Line;
import dev.tollgate.gateway.testkit.EmbeddingContract;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** The gateway's ledger is in a SQLite file, by the driver that Spring Boot manages. */
@EnabledIfSystemProperty(
    named = "expected.sqlite",
    matches = ".+",
    disabledReason = "SQLite's driver is left out here")
class LedgerInFileTest extends EmbeddingContract {
  @TempDir Path directory;
  private Shop shop;

  private String url() {
    return "jdbc:sqlite:" + directory.resolve("tollgate.db");
  }

  @Override
  protected Running start(URI upstream) {
    shop = new Shop(upstream, "--spring.profiles.active=file", "--tollgate.database.url=" + url());
    return new Running(shop.port(), "/llm", "?project_name=shop", shop.key(), Shop.LOGIN);
  }

  @Override
  protected void stop() {
    shop.close();
  }

  @Override
  protected List<Long> chargedNanos() throws Exception {
    try (BooksView books = new BooksView(url())) {
      return books.charges().stream().map(Line::amountNanos).toList();
    }
  }

  @Test
  void theDriverIsTheOneThatSpringBootManages() throws Exception {
    try (Connection connection = DriverManager.getConnection(url())) {
      assertThat(connection.getMetaData().getDriverVersion())
          .startsWith(System.getProperty("expected.sqlite"));
    }
  }

  @Test
  void aSettledHoldAndTheKeyAreStillThereAfterARestart() throws Exception {
    upstream()
        .script(
            (request, connection) ->
                connection.write(ScriptedUpstream.json(200, "{\"usage\":{\"cost\":0.5}}")));
    assertThat(answer(chat("{}", "Connection: close"))).startsWith("HTTP/1.1 200");

    shop.close();
    shop = shop.again();

    assertThat(shop.gateway().admin().showProject("shop").balance().available())
        .isEqualTo(Money.parse("4.5"));
    try (RawClient client = new RawClient(shop.port())) {
      assertThat(client.send(chat("{}", "Connection: close")).readToEnd())
          .startsWith("HTTP/1.1 200");
    }
    assertThat(chargedNanos()).containsExactly(500_000_000L, 500_000_000L);
    try (BooksView books = new BooksView(url())) {
      assertThat(books.states()).isEqualTo(Map.of("captured", 2));
      assertThat(books.broken()).isEmpty();
    }
  }
}
