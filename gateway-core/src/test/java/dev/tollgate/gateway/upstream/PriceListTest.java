package dev.tollgate.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.exchange.UpstreamTarget;
import dev.tollgate.gateway.meter.PriceBook;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Received;
import dev.tollgate.gateway.threads.OwnThreads;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PriceListTest {
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private final ScheduledExecutorService threads = Executors.newScheduledThreadPool(1);
  private final UpstreamClient client =
      new UpstreamClient(UpstreamOptions.defaults(), new OwnThreads());
  private final PriceBook prices = new PriceBook();
  private final List<Received> asked = new CopyOnWriteArrayList<>();
  private volatile String answer = priced("0.000001");

  private static String priced(String price) {
    return ScriptedUpstream.json(
        200,
        "{\"data\":[{\"id\":\"a/b\",\"pricing\":{\"prompt\":\""
            + price
            + "\",\"completion\":\"0\"}}]}");
  }

  private void start() {
    upstream.background(
        (request, connection) -> {
          asked.add(request);
          connection.write(answer);
        });
    new PriceList(
            prices,
            client,
            new UpstreamTarget(upstream.baseUrl(), Secret.of("sk-or-v1-x")),
            Duration.ofMillis(50),
            threads)
        .start();
    await().atMost(Duration.ofSeconds(10)).until(() -> !prices.isEmpty());
  }

  @AfterEach
  void stop() throws Exception {
    threads.shutdownNow();
    client.close();
    upstream.close();
  }

  private BigDecimal price() {
    return prices.find("a/b").map(price -> price.base().ofInput()).orElseThrow();
  }

  private void awaitQuestions(int more) {
    int before = asked.size();
    await().atMost(Duration.ofSeconds(10)).until(() -> asked.size() >= before + more);
  }

  @Test
  void theListIsReadWithTheOperatorsKeyAndNothingOfAClients() {
    start();

    assertThat(asked.get(0).target()).isEqualTo("/api/v1/models");
    assertThat(asked.get(0).values("Authorization")).containsExactly("Bearer sk-or-v1-x");
  }

  @Test
  void aNewPriceIsSeen() {
    start();
    answer = priced("0.000002");

    await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> price().compareTo(new BigDecimal("0.000002")) == 0);
  }

  @Test
  void theLastPricesStayWhileTheUpstreamIsInTrouble() {
    start();
    for (String trouble :
        List.of(
            ScriptedUpstream.json(500, "{}"),
            ScriptedUpstream.json(200, "{\"data\":[]}"),
            ScriptedUpstream.json(200, "<html>"),
            "no HTTP at all\r\n\r\n")) {
      answer = trouble;
      awaitQuestions(3);

      assertThat(price()).isEqualByComparingTo("0.000001");
    }
    answer = priced("0.000003");
    await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> price().compareTo(new BigDecimal("0.000003")) == 0);
  }
}
