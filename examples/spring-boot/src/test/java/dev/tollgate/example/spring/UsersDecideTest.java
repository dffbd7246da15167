package dev.tollgate.example.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.testkit.EmbeddingContract;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The application's own login opens {@code /llm}. */
class UsersDecideTest extends EmbeddingContract {
  private Shop shop;

  @Override
  protected Running start(URI upstream) {
    shop = new Shop(upstream, "--spring.profiles.active=users");
    return new Running(shop.port(), "/llm", "", Shop.LOGIN, Shop.LOGIN);
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
  void whoHasNoLoginNeverComesToTheGateway() throws Exception {
    assertThat(
            answer(
                request(
                    "POST",
                    "/llm/api/v1/chat/completions?project_name=shop",
                    shop.key(),
                    "{}",
                    "Connection: close")))
        .startsWith("HTTP/1.1 401")
        .contains("WWW-Authenticate: Basic")
        .doesNotContain("\"code\":401");
  }

  @Test
  void aDisabledProjectIsRefusedWhoeverCalls() throws Exception {
    shop.gateway().admin().setEnabled("shop", false);

    // Within a second: the gateway has not seen the project before.
    assertThat(answer(chat("{}", "Connection: close")))
        .startsWith("HTTP/1.1 403")
        .contains("LLM service is disabled for this project");
  }

  @Test
  void theLoginNeverLeavesTheApplication() throws Exception {
    answer(chat("{}", "Connection: close"));

    assertThat(upstream().take().values("Authorization"))
        .containsExactly("Bearer sk-or-v1-operator");
  }
}
