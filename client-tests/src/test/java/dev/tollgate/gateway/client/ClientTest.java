package dev.tollgate.gateway.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.admin.AdminService;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.Tenant;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests of a client that others wrote: it talks to a gateway, the gateway to an upstream that is
 * like OpenRouter. Each test has a project of its own, and says what that must have been charged.
 */
@Timeout(120)
abstract class ClientTest {
  static final String MODEL = OpenRouterUpstream.MODEL;

  @TempDir static Path directory;

  static OpenRouterUpstream upstream;
  static RunningGateway gateway;

  /** Whose key the client has. */
  Tenant tenant;

  /** Where the gateway is. */
  String url;

  /** The API key of the {@link #tenant}. */
  String key;

  @BeforeAll
  static void start() throws Exception {
    upstream = new OpenRouterUpstream();
    gateway =
        RunningGateway.start(
            directory,
            upstream.baseUrl(),
            Map.of(
                // What a stream cost that broke off is asked for soon, or the tests would wait.
                "tollgate.settle.first-delay",
                "100ms",
                // What a client makes of every status of an upstream is seen here.
                "tollgate.relay.redact-account-errors",
                "false",
                "tollgate.limits.body",
                "1MB"),
            30_000);
  }

  @AfterAll
  static void stop() throws Exception {
    gateway.close();
    upstream.close();
  }

  @BeforeEach
  void newTenant() {
    upstream.forget();
    tenant = Tenant.of(gateway, "10");
    url = tenant.uri("").toString();
    key = tenant.key();
  }

  @AfterEach
  void upstreamUnderstoodAll() {
    assertThat(upstream.failures()).isEmpty();
  }

  /**
   * The project was charged what the upstream took, to the letter, for so many answers; nothing
   * else, and nothing is held any more.
   */
  void assertCharged(int answers) {
    assertCharged(gateway.admin(), tenant.project(), answers);
  }

  static void assertCharged(AdminService admin, String project, int answers) {
    assertThat(upstream.books()).hasSize(answers);
    // A client may go on after [DONE] while the gateway is about to see the end behind it.
    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(
            () -> {
              assertThat(charges(admin, project))
                  .containsExactlyInAnyOrderElementsOf(upstream.books());
              assertThat(admin.unsettled(project, 10)).isEmpty();
            });
  }

  /**
   * The upstream got the request and said nothing, not even an id to ask by: that is in the books,
   * for nothing, since nothing was delivered.
   */
  void assertUnresolvedForNothing() {
    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(
            () ->
                assertThat(charges(gateway.admin(), tenant.project()))
                    .extracting(Generation::charged, Generation::flags)
                    .containsExactly(tuple(Money.ZERO, "[unresolved]")));
  }

  private static List<Generation> charges(AdminService admin, String project) {
    return admin.entries(project, 100).stream()
        .filter(entry -> entry.kind() != Entry.Kind.CREDIT)
        .map(Generation::charged)
        .toList();
  }
}
