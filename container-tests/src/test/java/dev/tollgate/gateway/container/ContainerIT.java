package dev.tollgate.gateway.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.filter.RefusalContract;
import dev.tollgate.gateway.relay.RelayContract;
import dev.tollgate.gateway.relay.WireContract;
import dev.tollgate.gateway.testkit.Home;
import dev.tollgate.gateway.testkit.KeyStores;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.Tenant;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.ClassOrderer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestClassOrder;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * The gateway in one container: the contracts, and what takes a container. Started once, under a
 * context path, for all tests of a class; the nested classes share it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestClassOrder(ClassOrderer.OrderAnnotation.class)
@ExtendWith(OutputOnFailure.class)
abstract class ContainerIT {
  /** Whether the container runs in the short form, too, as the one of its kind. */
  enum Run {
    ALWAYS,
    WITH_ALL
  }

  private static final int EVENTS_AFTER_THE_STOP = 40;
  private static final long NOTICED_MILLIS = 15_000;
  private static final Duration STAYS = Duration.ofSeconds(5);

  private final Container container;
  private final Run run;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private RunningContainer running;
  private SilentGap gap;

  ContainerIT(Container container, Run run) {
    this.container = container;
    this.run = run;
  }

  @BeforeAll
  @Timeout(value = 150, unit = TimeUnit.SECONDS)
  void start(@TempDir Path directory) throws Exception {
    String containers = System.getProperty("tollgate-test.containers");
    if (run == Run.WITH_ALL && !containers.equals("all")) {
      String notRun = container.name() + " is not run: that takes -Dtollgate-test.containers=all";
      System.out.println(notRun);
      assumeTrue(false, notRun);
    }
    running = new RunningContainer(container, directory, "/llm", upstreamAndKey());
    gap = SilentGap.begin(Tenant.of(running, "1000"), upstream);
  }

  private Map<String, String> upstreamAndKey() {
    return Map.of(
        "TOLLGATE_UPSTREAM_URL",
        upstream.baseUrl().toString(),
        "TOLLGATE_UPSTREAM_KEY",
        RunningGateway.UPSTREAM_KEY);
  }

  @AfterAll
  @Timeout(value = 60, unit = TimeUnit.SECONDS)
  void stop() throws Exception {
    if (running != null) {
      running.close();
    }
    upstream.close();
  }

  /** What the container has printed, if it runs. */
  String output() {
    return running == null ? container.name() + " does not run" : running.shownOutput();
  }

  abstract class Relay extends RelayContract {
    @Override
    protected Home home() {
      return running;
    }

    @Override
    protected ScriptedUpstream upstream() {
      return ContainerIT.this.upstream;
    }
  }

  abstract class Refusals extends RefusalContract {
    @Override
    protected Home home() {
      return running;
    }

    @Override
    protected ScriptedUpstream upstream() {
      return ContainerIT.this.upstream;
    }
  }

  abstract class Wire extends WireContract {
    @Override
    protected Home home() {
      return running;
    }

    @Override
    protected ScriptedUpstream upstream() {
      return ContainerIT.this.upstream;
    }
  }

  /** A separate container that an operator stops while a stream is open. */
  abstract class Stop {
    @Test
    @Timeout(value = 200, unit = TimeUnit.SECONDS)
    void aStreamThatEndsSoonIsWhole(@TempDir Path directory) throws Exception {
      upstream.reset();
      CountDownLatch stopping = new CountDownLatch(1);
      upstream.script(
          (request, connection) -> {
            connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n");
            stopping.await();
            for (int i = 0; i < EVENTS_AFTER_THE_STOP; i++) {
              // Longer in all than a container waits by itself.
              TimeUnit.MILLISECONDS.sleep(100);
              connection.chunk("data: more\n\n");
            }
            connection.chunk("data: [DONE]\n\n").lastChunk();
          });
      RunningContainer stopped =
          new RunningContainer(container, directory, "/llm", upstreamAndKey());
      Tenant tenant = Tenant.of(stopped, "1");
      try (RawClient client = tenant.connect()) {
        client.send(tenant.chatHead("Content-Length: 15") + "{\"stream\":true}");
        client.readUntil("data: 1\n\n");
        CompletableFuture<Void> ended =
            CompletableFuture.runAsync(
                () -> {
                  try {
                    stopping.countDown();
                    stopped.close();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
        String rest = client.readToEnd();
        assertThat(ended).succeedsWithin(60, TimeUnit.SECONDS);

        assertThat(rest).endsWith("0\r\n\r\n").contains("data: [DONE]\n\n");
        assertThat(stopped.shownOutput())
            .doesNotContain("the upstream broke off", "NullPointerException");
      }
    }
  }

  /** What takes time; to be run last. */
  abstract class Life {
    @Test
    @Timeout(value = 120, unit = TimeUnit.SECONDS)
    void aMinuteOfSilenceWithinAStreamSurvives() throws Exception {
      assertThat(gap.stream()).isEqualTo("data: 1\n\ndata: 2\n\n");
    }

    @Test
    @Timeout(value = 120, unit = TimeUnit.SECONDS)
    void aMinuteOfSilenceBeforeTheHeadersSurvives() throws Exception {
      assertThat(gap.answer()).isEqualTo("{\"late\":true}");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    @Timeout(value = 60, unit = TimeUnit.SECONDS)
    void aClientThatLeavesWhileTheUpstreamIsSilentIsNoticed() throws Exception {
      upstream.reset();
      CompletableFuture<Void> closed = new CompletableFuture<>();
      upstream.script(
          (request, connection) -> {
            connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n");
            if (connection.closesWithin(NOTICED_MILLIS * 2)) {
              closed.complete(null);
            }
            connection.close();
          });
      Tenant tenant = Tenant.of(running, "1");
      try (RawClient client = tenant.connect()) {
        client.send(tenant.chatHead("Content-Length: 15") + "{\"stream\":true}");
        client.readUntil("data: 1\n\n");
        // It stays for as long as it takes to be seen; WildFly drops one that leaves before.
        assertThat(closed).failsWithin(STAYS);
        // With something unread its close would be a reset.
        client.read(client.available());
      }

      assertThat(closed).succeedsWithin(NOTICED_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  /**
   * In a separate container, at the root: before a generic upstream that speaks TLS and for which
   * the operator has no key.
   */
  @TestInstance(TestInstance.Lifecycle.PER_CLASS)
  @Timeout(value = 60, unit = TimeUnit.SECONDS)
  abstract class AtTheRoot {
    private static final Secret KEY = Secret.of("sk-or-v1-own");
    private static final String UNTIL_THE_CLOSE =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
    private ScriptedUpstream generic;
    private RunningContainer atRoot;

    @BeforeAll
    @Timeout(value = 150, unit = TimeUnit.SECONDS)
    void start(@TempDir Path directory) throws Exception {
      Path keys = KeyStores.make(directory.resolve("upstream.p12"), "localhost", "PKCS12");
      generic = ScriptedUpstream.overTls(KeyStores.serverContext(keys));
      atRoot =
          new RunningContainer(
              container,
              directory,
              "",
              Map.of(
                  "TOLLGATE_UPSTREAM_URL",
                  generic.baseUrl().toString(),
                  "TOLLGATE_UPSTREAM_PROFILE",
                  "generic"),
              "-Djavax.net.ssl.trustStore=" + keys,
              "-Djavax.net.ssl.trustStorePassword=" + KeyStores.PASSWORD);
    }

    @BeforeEach
    void forget() {
      generic.reset();
    }

    @AfterAll
    @Timeout(value = 60, unit = TimeUnit.SECONDS)
    void stop() throws Exception {
      if (atRoot != null) {
        atRoot.close();
      }
      generic.close();
    }

    private RawClient ask(Tenant tenant, String body) throws Exception {
      return tenant.connect().send(tenant.chatHead("Content-Length: " + body.length()) + body);
    }

    @Test
    void aProjectWithoutAnUpstreamKeyIsToldSo() throws Exception {
      try (RawClient client = ask(Tenant.of(atRoot, "1"), "{}")) {
        String head = client.readHead();
        assertThat(head).startsWith("HTTP/1.1 400");
        assertThat(client.readBody(head))
            .isEqualTo(
                "{\"code\":400,\"msg\":\"invalid params\",\"data\":"
                    + "{\"error\":\"LLM service not configured for this project\"}}");
      }
      assertThat(generic.waiting()).isZero();
    }

    @Test
    void aProjectIsServedWithItsOwnUpstreamKey() throws Exception {
      try (RawClient client = ask(Tenant.of(atRoot, "1", KEY), "{}")) {
        String head = client.readHead();
        assertThat(head).startsWith("HTTP/1.1 200");
        assertThat(client.readBody(head)).isEqualTo("{\"data\":[]}");
      }
      assertThat(generic.take().values("Authorization")).containsExactly("Bearer " + KEY.reveal());
    }

    @Test
    void theUsageOfAStreamIsAskedForAndEveryOtherByteStays() throws Exception {
      String body = "{\"model\" : \"x/plain\",  \"stream\":true, \"messages\":[\"h\\u0069\"]}";
      try (RawClient client = ask(Tenant.of(atRoot, "1", KEY), body)) {
        assertThat(client.readHead()).startsWith("HTTP/1.1 200");
      }
      assertThat(generic.take().body())
          .asString()
          .matches(".*\"include_usage\"\\s*:\\s*true.*")
          .contains(body.substring(1, body.length() - 1));
    }

    @Test
    void aCutWithoutCloseNotifyBreaksTheClient() throws Exception {
      CountDownLatch relayed = new CountDownLatch(1);
      generic.script(
          (request, connection) -> {
            connection.write(UNTIL_THE_CLOSE + "data: 1\n\n");
            relayed.await();
            connection.cut();
          });
      try (RawClient client = ask(Tenant.of(atRoot, "1", KEY), "{}")) {
        client.readUntil("data: 1\n\n");
        relayed.countDown();
        assertThat(client.readToEnd()).doesNotEndWith("0\r\n\r\n");
      }
    }

    @Test
    void aCloseOfTlsEndsTheBodyInOrder() throws Exception {
      generic.script(
          (request, connection) -> connection.write(UNTIL_THE_CLOSE + "data: 1\n\n").close());
      try (RawClient client = ask(Tenant.of(atRoot, "1", KEY), "{}")) {
        assertThat(client.readBody(client.readHead())).isEqualTo("data: 1\n\n");
      }
    }
  }
}
