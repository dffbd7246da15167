package dev.tollgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.testkit.LogCapture;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Each thread of a gateway killed in turn, from outside, as an error would. Java can do that up to
 * version 19; what an error does in every later one is in {@code OwnThreadsTest}. The ledger's own
 * thread outlives this; what ends it is in {@code LedgerThreadTest}.
 */
@Timeout(60)
@EnabledForJreRange(max = JRE.JAVA_19, disabledReason = "Thread.stop is gone")
class ThreadDeathTest {
  private static final String TOKEN = "an-operator-s-token-of-enough-length";

  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private Set<Thread> others;
  private RunningGateway gateway;

  @BeforeEach
  void start() throws Exception {
    others = new HashSet<>(Thread.getAllStackTraces().keySet());
    gateway =
        RunningGateway.start(
            directory, upstream.baseUrl(), Map.of("tollgate.admin.token", TOKEN), 30_000);
    // Some threads start with their first task.
    assertThat(get(gateway.chatHead("Content-Length: 2") + "{}")).startsWith("HTTP/1.1 200");
    assertThat(get(request("/metrics"))).startsWith("HTTP/1.1 200");
  }

  @AfterEach
  void stop() throws Exception {
    gateway.close();
    upstream.close();
  }

  private static String request(String path) {
    return "GET " + path + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + TOKEN + "\r\n\r\n";
  }

  private String get(String request) throws IOException {
    try (RawClient client = new RawClient(gateway.port())) {
      client.send(request);
      String head = client.readHead();
      return head + "\r\n\r\n" + client.readBody(head);
    }
  }

  private Thread thread(String name) {
    return await()
        .until(
            () ->
                Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> thread.getName().equals(name) && !others.contains(thread))
                    .findFirst()
                    .orElse(null),
            found -> found != null);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tollgate-timer",
        "tollgate-poll",
        "tollgate-balance",
        "tollgate-reconciler",
        "tollgate-clients",
        "tollgate-signals",
        "tollgate-log",
        "tollgate-lease",
        "tollgate-ledger-answers"
      })
  @SuppressWarnings({"removal", "deprecation"})
  void aThreadThatIsKilledFailsLivenessAndIsNamedInTheLog(String name) throws Exception {
    assertThat(get(request("/health/live"))).startsWith("HTTP/1.1 200");
    try (LogCapture log = new LogCapture()) {
      thread(name).stop();
      await()
          .untilAsserted(
              () ->
                  assertThat(get(request("/health/live")))
                      .startsWith("HTTP/1.1 503")
                      .endsWith("thread died\n"));
      assertThat(get(request("/health/ready"))).endsWith("thread died\n");
      log.awaitLine("the thread " + name + " has died", "/health/live fails");
    }
  }
}
