package dev.tollgate.gateway.jetty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.http.BodyMemory;
import dev.tollgate.gateway.jetty.Http2Connection.Exchanged;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Bodies that come over HTTP/2 to a server that takes its time to read them. */
class CountedWindowsTest {
  private static final int BYTES = 50_000;

  private final BodyMemory memory = new BodyMemory(1 << 20, 1 << 20);
  private final Server server = new Server();
  private final BlockingQueue<Request> requests = new LinkedBlockingQueue<>();
  private final CountDownLatch reads = new CountDownLatch(1);
  private Http2Connection client;

  @BeforeEach
  void start() throws Exception {
    GatewayConfig.Http http = GatewayConfig.of(Map.of("tollgate.http.port", "0")).http();
    ServerConnector connector = Connectors.connector(server, http, memory, null);
    server.addConnector(connector);
    server.setHandler(
        new Handler.Abstract() {
          @Override
          public boolean handle(Request request, Response response, Callback callback)
              throws Exception {
            requests.add(request);
            if (reads.await(10, TimeUnit.SECONDS)) {
              Content.Source.consumeAll(request);
            }
            callback.succeeded();
            return true;
          }
        });
    server.start();
    client = new Http2Connection(connector.getLocalPort());
  }

  @AfterEach
  void stop() throws Exception {
    reads.countDown();
    client.close();
    server.stop();
  }

  private Exchanged post() throws Exception {
    Exchanged exchanged = client.post("/", new byte[BYTES]);
    assertThat(requests.poll(10, TimeUnit.SECONDS)).isNotNull();
    return exchanged;
  }

  private void awaitTaken(long bytes) {
    await().untilAsserted(() -> assertThat(memory.takenBytes()).isEqualTo(bytes));
  }

  @Test
  void whatIsNotReadIsCounted() throws Exception {
    post();
    post();

    awaitTaken(2 * BYTES);
  }

  @Test
  void whatIsReadIsNotCountedAnyMore() throws Exception {
    post();
    awaitTaken(BYTES);

    reads.countDown();

    awaitTaken(0);
  }

  @Test
  void aStreamThatIsResetTakesNothing() throws Exception {
    Exchanged exchanged = post();
    awaitTaken(BYTES);

    exchanged.reset();
    reads.countDown();

    awaitTaken(0);
  }

  @Test
  void aConnectionThatIsDroppedTakesNothing() throws Exception {
    post();
    awaitTaken(BYTES);

    client.drop();

    awaitTaken(0);
  }
}
