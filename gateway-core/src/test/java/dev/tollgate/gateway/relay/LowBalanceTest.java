package dev.tollgate.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.Gateway;
import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.BookkeepingUpstream;
import dev.tollgate.gateway.testkit.JettyContainer;
import dev.tollgate.gateway.testkit.MoneyClient;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who is told that a project has little left, and when. */
class LowBalanceTest {
  private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
  private final BookkeepingUpstream upstream = new BookkeepingUpstream();
  private Gateway gateway;
  private JettyContainer container;
  private MoneyClient client;

  @BeforeEach
  void start(@TempDir Path directory) throws Exception {
    gateway =
        Gateway.builder()
            .config(
                GatewayConfig.of(
                    Map.of(
                        "tollgate.upstream.url",
                        upstream.baseUrl().toString(),
                        "tollgate.upstream.key",
                        "sk-1",
                        "tollgate.balance.low",
                        "2.00",
                        "tollgate.settle.first-delay",
                        "50ms",
                        "tollgate.database.url",
                        "jdbc:sqlite:" + directory.resolve("tollgate.db"))))
            .onLowBalance((project, available) -> told.add(project.name() + " " + available))
            .build();
    container = new JettyContainer("/", 30_000, gateway::install);
    String key = gateway.admin().createProject("shop", Money.parse("3"), null).key().reveal();
    client =
        new MoneyClient(
            URI.create(
                "http://127.0.0.1:"
                    + container.port()
                    + "/api/v1/chat/completions?project_name=shop"),
            key);
  }

  @AfterEach
  void stop() throws Exception {
    container.close();
    gateway.close();
    upstream.close();
  }

  @Test
  void anApplicationHearsOfWhoFallsBelow() throws Exception {
    assertThat(client.ask("a/b", "\"x_cost\":\"1.5\"").statusCode()).isEqualTo(200);

    assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo("shop 1.50");
  }

  @Test
  void anApplicationHearsOfACostThatIsFoundOutLater() throws Exception {
    upstream.hideGenerations(6);
    assertThat(client.ask("a/b", "\"x_cost\":\"1.5\",\"x_no_usage\":true").statusCode())
        .isEqualTo(200);
    await()
        .atMost(Duration.ofSeconds(15))
        .until(() -> gateway.admin().unsettled("shop", 10).isEmpty());

    assertThat(told.poll(5, TimeUnit.SECONDS)).isEqualTo("shop 1.50");
  }
}
