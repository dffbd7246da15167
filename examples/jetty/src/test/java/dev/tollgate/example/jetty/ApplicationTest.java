package dev.tollgate.example.jetty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.example.jetty.Customers.Customer;
import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.ledger.Credit;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.InMemoryLedger;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.EmbeddingContract;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ApplicationTest extends EmbeddingContract {
  private static final Project SHOP =
      new Project("prj_1", "shop", true, null, Markup.NONE, Instant.EPOCH);

  private final Customers customers = new Customers();
  private final InMemoryLedger books = new InMemoryLedger();
  private Application application;

  @Override
  protected Running start(URI upstream) throws Exception {
    customers.put(new Customer(SHOP, "open sesame"));
    books.addProject(SHOP.id());
    books.credit(new Credit("c1", SHOP.id(), Money.parse("5"), "", Instant.EPOCH));
    GatewayConfig config =
        GatewayConfig.of(
            Map.of(
                "tollgate.upstream.url",
                upstream.toString(),
                "tollgate.upstream.key",
                "sk-or-v1-operator"));
    application = new Application(0, config, customers, books);
    return new Running(application.port(), "/llm", "", login("shop"), login("shop"));
  }

  private static String login(String name) {
    return "Authorization: Basic "
        + Base64.getEncoder()
            .encodeToString((name + ":open sesame").getBytes(StandardCharsets.US_ASCII));
  }

  @Override
  protected void stop() throws Exception {
    application.stop();
  }

  @Override
  protected List<Long> chargedNanos() {
    return books.entries(SHOP.id()).stream()
        .filter(entry -> entry.kind() == Entry.Kind.CHARGE)
        .map(entry -> entry.amount().nanos())
        .toList();
  }

  private String chatOf(String credential) throws Exception {
    return answer(
        request("POST", "/llm/api/v1/chat/completions", credential, "{}", "Connection: close"));
  }

  @Test
  void whoDoesNotLogInIsRefusedByTheApplication() throws Exception {
    assertThat(chatOf("X-API-Key: tg_x"))
        .startsWith("HTTP/1.1 401")
        .contains("WWW-Authenticate: Basic")
        .doesNotContain("\"code\":401");
  }

  @Test
  void theLoginNeverLeavesTheApplication() throws Exception {
    assertThat(chatOf(login("shop"))).startsWith("HTTP/1.1 200");

    assertThat(upstream().take().values("Authorization"))
        .containsExactly("Bearer sk-or-v1-operator");
  }

  @Test
  void aCustomerWithoutBalanceIsRefused() throws Exception {
    customers.put(
        new Customer(
            new Project("prj_2", "poor", true, null, Markup.NONE, Instant.EPOCH), "open sesame"));
    books.addProject("prj_2");

    assertThat(chatOf(login("poor"))).startsWith("HTTP/1.1 402").contains("Insufficient credits");
    assertThat(upstream().waiting()).isZero();
  }

  @Test
  void aCustomerWhoIsSuspendedIsRefused() throws Exception {
    customers.put(
        new Customer(
            new Project("prj_3", "gone", false, null, Markup.NONE, Instant.EPOCH), "open sesame"));

    assertThat(chatOf(login("gone")))
        .startsWith("HTTP/1.1 403")
        .contains("LLM service is disabled for this project");
  }

  @Test
  void theApplicationHearsOfEachCharge() throws Exception {
    upstream()
        .script(
            (request, connection) ->
                connection.write(ScriptedUpstream.json(200, "{\"usage\":{\"cost\":0.25}}")));
    chatOf(login("shop"));

    assertThat(application.charges())
        .extracting(capture -> capture.charge().toString())
        .containsExactly(Money.parse("0.25").toString());
  }
}
