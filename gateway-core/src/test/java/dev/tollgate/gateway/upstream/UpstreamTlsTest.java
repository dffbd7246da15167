package dev.tollgate.gateway.upstream;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.exchange.UpstreamRequest;
import dev.tollgate.gateway.testkit.KeyStores;
import dev.tollgate.gateway.threads.OwnThreads;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.eclipse.jetty.io.Content;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How a body ends over TLS whose only end is that of the connection. */
@Timeout(60)
class UpstreamTlsTest {
  private static final String UNTIL_THE_CLOSE = "HTTP/1.1 200 OK\r\n\r\nhalf of an answer";

  @TempDir Path directory;
  private SSLContext tls;
  private UpstreamClient client;
  private ServerSocket server;

  @BeforeEach
  void start() throws Exception {
    Path keyStore = KeyStores.make(directory.resolve("upstream.p12"), "localhost", "PKCS12");
    tls = KeyStores.serverContext(keyStore);
    try (KeyStores.Trust trust = KeyStores.trust(keyStore)) {
      client = new UpstreamClient(UpstreamOptions.defaults(), new OwnThreads());
    }
    server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
    client.close();
  }

  /** Serves one request, and ends the connection by closing TLS, or only what is below it. */
  private void serve(String answer, boolean inOrder) {
    try (Socket socket = server.accept()) {
      SSLSocket socketOverTls =
          (SSLSocket) tls.getSocketFactory().createSocket(socket, null, 0, false);
      socketOverTls.setUseClientMode(false);
      socketOverTls.getInputStream().read(new byte[4096]);
      socketOverTls.getOutputStream().write(answer.getBytes(US_ASCII));
      socketOverTls.getOutputStream().flush();
      if (inOrder) {
        socketOverTls.close();
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Completes with the body, or with what broke it. */
  private CompletableFuture<String> ask() {
    CompletableFuture<String> body = new CompletableFuture<>();
    URI uri = URI.create("https://localhost:" + server.getLocalPort() + "/models");
    client
        .newCall(
            new UpstreamRequest("GET", uri, List.of(), ""),
            null,
            new UpstreamClient.Listener() {
              @Override
              public void onBodyTaken() {}

              @Override
              public void onSending() {}

              @Override
              public void onHeaders(UpstreamHead head, Content.Source content) {
                BoundedBody.read(
                    content,
                    1000,
                    new BoundedBody.Receiver() {
                      @Override
                      public void onBody(byte[] whole) {
                        body.complete(new String(whole, US_ASCII));
                      }

                      @Override
                      public void onFailure(Throwable failure) {
                        body.completeExceptionally(failure);
                      }
                    });
              }

              @Override
              public void onFailure(Throwable failure, boolean sent) {
                body.completeExceptionally(failure);
              }
            })
        .send();
    return body;
  }

  private CompletableFuture<String> askWhileServing(String answer, boolean inOrder) {
    CompletableFuture<Void> served = CompletableFuture.runAsync(() -> serve(answer, inOrder));
    CompletableFuture<String> body = ask();
    assertThat(served).succeedsWithin(20, TimeUnit.SECONDS);
    return body;
  }

  @Test
  void aBodyIsWholeAfterCloseNotify() {
    assertThat(askWhileServing(UNTIL_THE_CLOSE, true))
        .succeedsWithin(20, TimeUnit.SECONDS)
        .isEqualTo("half of an answer");
  }

  @Test
  void aBodyIsBrokenWithoutCloseNotify() {
    assertThat(askWhileServing(UNTIL_THE_CLOSE, false)).failsWithin(20, TimeUnit.SECONDS);
  }
}
