package dev.tollgate.gateway.jetty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.http.BodyMemory;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.RetainableByteBuffer;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.Test;

class RequestBuffersTest {
  private final ServerConnector connector =
      Connectors.connector(
          new Server(),
          new GatewayConfig.Http(
              "127.0.0.1", 0, Duration.ofSeconds(30), Duration.ofSeconds(30), 100, null, false),
          new BodyMemory(1 << 20, 1 << 20),
          null);
  private final ByteBufferPool pool = connector.getByteBufferPool();

  @Test
  void requestsAreReadIntoBuffersOnTheHeap() {
    HttpConnectionFactory http1 = connector.getConnectionFactory(HttpConnectionFactory.class);
    assertThat(http1.getHttpConfiguration().isUseInputDirectByteBuffers()).isFalse();
  }

  @Test
  void aRequestsBufferThatIsLetGoTwiceIsNobodyElses() {
    RetainableByteBuffer once = pool.acquire(4096, false);
    ByteBuffer bytes = once.getByteBuffer();
    once.release();
    RetainableByteBuffer next = pool.acquire(4096, false);
    assertThat(next.getByteBuffer()).isNotSameAs(bytes);
    assertThatThrownBy(once::release).isInstanceOf(IllegalStateException.class);
    assertThat(pool.acquire(4096, false).getByteBuffer()).isNotSameAs(next.getByteBuffer());
  }

  @Test
  void whatIsWrittenFromIsPooled() {
    RetainableByteBuffer once = pool.acquire(4096, true);
    ByteBuffer bytes = once.getByteBuffer();
    once.release();
    assertThat(pool.acquire(4096, true).getByteBuffer()).isSameAs(bytes);
  }
}
