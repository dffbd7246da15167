package dev.tollgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.jdbc.DatabaseOptions;
import dev.tollgate.gateway.jdbc.JdbcStores;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.LogCapture;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.component.LifeCycle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An application that is stopped while its container goes on, with a stream open. */
class GatewayListenerTest {
  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private final LogCapture log = new LogCapture();
  private final CountDownLatch stopping = new CountDownLatch(1);
  private final Server server = new Server();
  private final ServerConnector connector = new ServerConnector(server);
  private final ServletContextHandler application = new ServletContextHandler("/llm");
  private String key;

  @BeforeEach
  void createProject() {
    DatabaseOptions database = new DatabaseOptions(directory.resolve("tollgate.db"));
    try (JdbcStores stores = JdbcStores.open(database, null)) {
      key =
          Administration.of(stores, InstantSource.system())
              .createProject("shop", Money.parse("1"), null)
              .key()
              .reveal();
    }
  }

  @AfterEach
  void stop() throws Exception {
    server.stop();
    upstream.close();
    log.close();
  }

  private void start(String drainTimeout) throws Exception {
    connector.setHost(InetAddress.getLoopbackAddress().getHostAddress());
    server.addConnector(connector);
    application.setInitParameter(
        "tollgate.database.url", "jdbc:sqlite:" + directory.resolve("tollgate.db"));
    application.setInitParameter("tollgate.upstream.url", upstream.baseUrl().toString());
    application.setInitParameter("tollgate.upstream.key", RunningGateway.UPSTREAM_KEY);
    application.setInitParameter("tollgate.drain.timeout", drainTimeout);
    application.addEventListener(new GatewayListener());
    application.addEventListener(
        new LifeCycle.Listener() {
          @Override
          public void lifeCycleStopping(LifeCycle event) {
            stopping.countDown();
          }
        });
    server.setHandler(application);
    server.start();
  }

  private RawClient stream() throws Exception {
    RawClient client = new RawClient(connector.getLocalPort());
    client.send(
        "POST /llm/api/v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
            + key
            + "\r\nContent-Length: 15\r\n\r\n{\"stream\":true}");
    client.readUntil("data: 1\n\n");
    return client;
  }

  private CompletableFuture<Void> stopApplication() {
    return CompletableFuture.runAsync(
        () -> {
          try {
            application.stop();
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
  }

  @Test
  void aStreamThatEndsWithinTheTimeOfGraceIsWhole() throws Exception {
    start("30s");
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n");
          stopping.await();
          // Long enough for a listener that does not wait to have closed the gateway.
          for (int i = 0; i < 10; i++) {
            TimeUnit.MILLISECONDS.sleep(100);
            connection.chunk("data: more\n\n");
          }
          connection.chunk("data: [DONE]\n\n").lastChunk();
        });
    try (RawClient client = stream()) {
      CompletableFuture<Void> stopped = stopApplication();

      assertThat(client.readUntil("0\r\n\r\n")).contains("data: [DONE]\n\n");
      assertThat(stopped).succeedsWithin(20, TimeUnit.SECONDS);
    }
    log.awaitLine("outcome=complete");
  }

  @Test
  void aStreamThatGoesOnIsBrokenOffAndItIsSaidWhy() throws Exception {
    start("200ms");
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n");
          connection.awaitClosed(30_000);
          connection.close();
        });
    try (RawClient client = stream()) {
      CompletableFuture<Void> stopped = stopApplication();

      assertThat(client.readToEnd()).doesNotEndWith("0\r\n\r\n");
      assertThat(stopped).succeedsWithin(20, TimeUnit.SECONDS);
    }
    log.awaitLine("stopping: 1 open requests are aborted");
    log.awaitLine("outcome=aborted", "status=200");
    assertThat(log.lines()).noneMatch(line -> line.contains("the upstream broke off"));
  }

  @Test
  void theNextStartDoesNotSpeakOfACrash() throws Exception {
    aStreamThatGoesOnIsBrokenOffAndItIsSaidWhy();

    application.start();

    log.awaitLine("took over 1 pending requests of a stopped gateway");
    assertThat(log.lines()).noneMatch(line -> line.contains("crash"));
  }
}
