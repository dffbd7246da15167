package dev.tollgate.example.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.testkit.EmbeddingContract;
import java.net.URI;
import java.util.List;
import org.eclipse.jetty.client.HttpClient;
import org.junit.jupiter.api.Test;

/** The gateway's own keys open {@code /llm}; all the filters that Spring has are in front. */
class KeysDecideTest extends EmbeddingContract {
  private Shop shop;

  @Override
  protected Running start(URI upstream) {
    shop =
        new Shop(
            upstream,
            "--server.forward-headers-strategy=framework",
            "--spring.mvc.hiddenmethod.filter.enabled=true");
    return new Running(shop.port(), "/llm", "?project_name=shop", shop.key(), Shop.LOGIN);
  }

  @Override
  protected void stop() {
    shop.close();
  }

  @Override
  protected List<Long> chargedNanos() throws Exception {
    return shop.chargedNanos();
  }

  @Test
  void theUpstreamIsCalledByTheJettyThatSpringBootManages() {
    assertThat(HttpClient.class.getPackage().getImplementationVersion())
        .startsWith(System.getProperty("expected.jetty"));
  }

  @Test
  void whoHasNoKeyIsRefusedByTheGateway() throws Exception {
    assertThat(
            answer(
                request(
                    "POST",
                    "/llm/api/v1/chat/completions?project_name=shop",
                    Shop.LOGIN,
                    "{}",
                    "Connection: close")))
        .startsWith("HTTP/1.1 401")
        .contains("Missing Authorization header");
  }

  @Test
  void whoHasNoLoginIsRefusedByTheApplication() throws Exception {
    assertThat(answer(request("GET", "/api/hello", shop.key(), "", "Connection: close")))
        .startsWith("HTTP/1.1 401")
        .contains("WWW-Authenticate: Basic");
  }

  @Test
  void theApplicationsLoginNeverLeavesTheApplication() throws Exception {
    answer(chat("{}", "Connection: close", Shop.LOGIN, "Cookie: JSESSIONID=1"));

    assertThat(upstream().take().headers())
        .contains("Authorization: Bearer sk-or-v1-operator")
        .noneMatch(line -> line.contains("Basic") || line.contains("JSESSIONID"));
  }

  @Test
  void springsSecurityIsInFrontOfTheGateway() throws Exception {
    assertThat(answer(chat("{}", "Connection: close")))
        .startsWith("HTTP/1.1 200")
        .contains("X-Content-Type-Options: nosniff");
  }

  @Test
  void aPrefixThatAProxySpeaksOfIsNoPartOfTheRoute() throws Exception {
    assertThat(
            answer(
                chat(
                    "{}",
                    "Connection: close",
                    "X-Forwarded-Prefix: /seen/by/all",
                    "X-Forwarded-Host: api.example.com",
                    "X-Forwarded-Proto: https")))
        .startsWith("HTTP/1.1 200");
    assertThat(upstream().take().target()).isEqualTo("/api/v1/chat/completions");
  }

  @Test
  void theApplicationsTablesStayAsTheyAre() throws Exception {
    answer(chat("{}", "Connection: close"));

    assertThat(shop.ask("SELECT name || ' ' || greeting FROM project"))
        .containsExactly("shop hello");
    assertThat(
            shop.ask(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"))
        .containsExactly("project");
    assertThat(shop.ask("SELECT name FROM tollgate.project")).containsExactly("shop");
  }

  @Test
  void aSettingThatDoesNotExistStopsTheStart() {
    assertThat(
            org.assertj.core.api.Assertions.catchThrowable(
                () -> new Shop(upstream().baseUrl(), "--tollgate.upstrem.key=x").close()))
        .hasStackTraceContaining("tollgate.upstrem.key");
  }
}
