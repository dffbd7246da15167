package dev.tollgate.gateway.relay;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.exchange.UpstreamRequest;
import dev.tollgate.gateway.threads.OwnThreads;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
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
  private static final String PASSWORD = "changeit";
  private static final String TRUST_STORE = "javax.net.ssl.trustStore";
  private static final String TRUST_STORE_PASSWORD = "javax.net.ssl.trustStorePassword";

  @TempDir Path directory;
  private Path keyStore;
  private UpstreamClient client;
  private ServerSocket server;

  @BeforeEach
  void start() throws Exception {
    keyStore = directory.resolve("upstream.p12");
    String keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
    Process made =
        new ProcessBuilder(
                keytool,
                "-genkeypair",
                "-keyalg",
                "EC",
                "-alias",
                "key",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost,ip:127.0.0.1",
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-keystore",
                keyStore.toString())
            .inheritIO()
            .start();
    assertThat(made.waitFor()).isZero();
    // Read when the client starts, and by nobody else meanwhile.
    System.setProperty(TRUST_STORE, keyStore.toString());
    System.setProperty(TRUST_STORE_PASSWORD, PASSWORD);
    try {
      client = new UpstreamClient(UpstreamOptions.defaults(), new OwnThreads());
    } finally {
      System.clearProperty(TRUST_STORE);
      System.clearProperty(TRUST_STORE_PASSWORD);
    }
    server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
    client.close();
  }

  private SSLContext serverContext() throws Exception {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(keyStore)) {
      keys.load(in, PASSWORD.toCharArray());
    }
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, PASSWORD.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    return context;
  }

  /** Serves one request, and ends the connection by closing TLS, or only what is below it. */
  private void serve(String answer, boolean inOrder) {
    try (Socket socket = server.accept()) {
      SSLSocket tls =
          (SSLSocket) serverContext().getSocketFactory().createSocket(socket, null, 0, false);
      tls.setUseClientMode(false);
      tls.getInputStream().read(new byte[4096]);
      tls.getOutputStream().write(answer.getBytes(US_ASCII));
      tls.getOutputStream().flush();
      if (inOrder) {
        tls.close();
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Completes with the body, or with what broke it. */
  private CompletableFuture<String> ask() {
    CompletableFuture<String> body = new CompletableFuture<>();
    URI uri = URI.create("https://127.0.0.1:" + server.getLocalPort() + "/models");
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
