package dev.tollgate.gateway.jetty;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.config.ConfigException;
import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.jetty.Http2Connection.Exchanged;
import dev.tollgate.gateway.testkit.KeyStores;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsTest {
  private static final byte[] BODY = "{\"stream\":true}".getBytes(UTF_8);

  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private final SslContextFactory.Client trusting = new SslContextFactory.Client(true);
  private Path keyStore;
  private RunningServer server;

  @BeforeEach
  void start() throws Exception {
    trusting.start();
    keyStore = KeyStores.make(directory.resolve("server.p12"), "one.example", "PKCS12");
    server = RunningServer.start(directory, upstream.baseUrl(), settings(keyStore));
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
    upstream.close();
    trusting.stop();
    assertThat(upstream.failures()).isEmpty();
  }

  private static Map<String, String> settings(Path keyStore) {
    return Map.of(
        "tollgate.http.tls.key-store",
        keyStore.toString(),
        "tollgate.http.tls.password",
        KeyStores.PASSWORD);
  }

  /** A connection that asks for no protocol, and for this name. */
  private SSLSocket connect(String name) throws IOException {
    SSLSocket socket =
        (SSLSocket)
            trusting
                .getSslContext()
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), server.port());
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setServerNames(List.of(new SNIHostName(name)));
    socket.setSSLParameters(parameters);
    socket.setSoTimeout(10_000);
    socket.startHandshake();
    return socket;
  }

  /** Whose certificate a new connection is shown. */
  private String shown() throws IOException {
    try (SSLSocket socket = connect("one.example")) {
      return ((X509Certificate) socket.getSession().getPeerCertificates()[0])
          .getSubjectX500Principal()
          .getName();
    }
  }

  private static String readUntil(SSLSocket socket, String end) throws IOException {
    StringBuilder read = new StringBuilder();
    while (read.indexOf(end) < 0) {
      int b = socket.getInputStream().read();
      if (b < 0) {
        throw new IOException("ended in order after: " + read);
      }
      read.append((char) b);
    }
    return read.toString();
  }

  private static void send(SSLSocket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(UTF_8));
    socket.getOutputStream().flush();
  }

  // --- what is spoken

  @Test
  void aClientThatOffersHttp2GetsIt() throws Exception {
    upstream.script(
        (request, connection) ->
            connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n").lastChunk());
    try (Http2Connection client = new Http2Connection(server.port(), trusting)) {
      Exchanged chat = client.post(RunningServer.CHAT, BODY, "X-API-Key", server.key());
      assertThat(chat.head().getStatus()).isEqualTo(200);
      assertThat(chat.readToEnd()).asString().isEqualTo("data: 1\n\n");
    }
    assertThat(server.server().uri()).hasScheme("https");
  }

  @Test
  void aClientThatOffersNothingGetsHttp11() throws Exception {
    try (SSLSocket socket = connect("one.example")) {
      send(socket, "GET /health/live HTTP/1.1\r\nHost: one.example\r\n\r\n");
      assertThat(readUntil(socket, "ok\n")).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void aBreakResetsAClientOfHttp10BehindTlsToo() throws Exception {
    CountDownLatch relayed = new CountDownLatch(1);
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n");
          relayed.await();
          connection.reset();
        });
    try (SSLSocket socket = connect("one.example")) {
      send(
          socket,
          "POST "
              + RunningServer.CHAT
              + " HTTP/1.0\r\nHost: x\r\nX-API-Key: "
              + server.key()
              + "\r\nContent-Length: 2\r\n\r\n{}");
      readUntil(socket, "data: 1\n\n");
      relayed.countDown();
      assertThatThrownBy(() -> readUntil(socket, "never"))
          .hasMessageNotContaining("ended in order")
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void clearTextGetsNoAnswerThatCouldMislead() throws Exception {
    try (RawClient client = new RawClient(server.port())) {
      client.send("GET /health/live HTTP/1.1\r\nHost: one.example\r\n\r\n");
      assertThat(client.readToEnd()).doesNotContain("HTTP", "ok");
    }
  }

  @Test
  void olderThanTls12IsNotSpoken() throws Exception {
    try (TlsKeys keys =
        new TlsKeys(new GatewayConfig.Tls(keyStore, Secret.of(KeyStores.PASSWORD)))) {
      keys.contextFactory().start();
      assertThat(keys.contextFactory().newSSLEngine().getEnabledProtocols())
          .containsExactlyInAnyOrder("TLSv1.3", "TLSv1.2");
      keys.contextFactory().stop();
    }
  }

  @Test
  void whoAsksForAnotherNameIsServed() throws Exception {
    try (SSLSocket socket = connect("another.example")) {
      send(socket, "GET /health/live HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n");
      assertThat(readUntil(socket, "ok\n")).startsWith("HTTP/1.1 200");
    }
  }

  // --- a new certificate

  private void replaceKeyStore(Path by) throws IOException {
    Files.move(by, keyStore, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  @Test
  void aNewCertificateIsShownWithoutARestartAndOpenStreamsGoOn() throws Exception {
    CountDownLatch replaced = new CountDownLatch(1);
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n");
          replaced.await();
          connection.chunk("data: 2\n\n").lastChunk();
        });
    try (Http2Connection client = new Http2Connection(server.port(), trusting)) {
      Exchanged chat = client.post(RunningServer.CHAT, BODY, "X-API-Key", server.key());
      chat.head();
      chat.readUntil("data: 1\n\n");
      assertThat(shown()).isEqualTo("CN=one.example");

      replaceKeyStore(KeyStores.make(directory.resolve("new.p12"), "two.example", "PKCS12"));

      await().until(this::shown, "CN=two.example"::equals);
      replaced.countDown();
      assertThat(chat.readToEnd()).asString().isEqualTo("data: 1\n\ndata: 2\n\n");
    }
  }

  @Test
  void aNewFileThatCannotBeUsedChangesNothingUntilOneCan() throws Exception {
    Path next = KeyStores.make(directory.resolve("new.p12"), "two.example", "PKCS12");
    replaceKeyStore(Files.writeString(directory.resolve("half.p12"), "half a file"));
    await()
        .during(Duration.ofSeconds(4))
        .atMost(Duration.ofSeconds(8))
        .until(this::shown, "CN=one.example"::equals);
    Files.delete(keyStore);
    replaceKeyStore(next);
    await().until(this::shown, "CN=two.example"::equals);
  }

  // --- what cannot be used from the start

  private void assertRefused(Path file, String password, String... words) throws Exception {
    Path other = Files.createTempDirectory(directory, "other");
    assertThatThrownBy(
            () ->
                RunningServer.start(
                    other,
                    upstream.baseUrl(),
                    Map.of(
                        "tollgate.http.tls.key-store",
                        file.toString(),
                        "tollgate.http.tls.password",
                        password)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll(words)
        .hasMessageNotContaining("\n")
        .hasMessageNotContaining(password);
    // It has been given back: another server may have the database.
    RunningGateway.build(other, upstream.baseUrl(), Map.of()).close();
  }

  @Test
  void aKeyStoreThatCannotBeUsedIsNamedWithTheReason() throws Exception {
    assertRefused(
        directory.resolve("missing.p12"), "pw-1", "key-store", "missing.p12", "no such file");
    assertRefused(directory, "pw-1", "key-store", "cannot read", directory.toString());
    assertRefused(
        Files.writeString(directory.resolve("garbage.p12"), "garbage"),
        "pw-1",
        "garbage.p12 is no PKCS12 or JKS key store");
    assertRefused(keyStore, "pw-wrong", "tollgate.http.tls.password does not open", "server.p12");
    assertRefused(
        KeyStores.make(directory.resolve("other.jks"), "one.example", "JKS"),
        "pw-wrong",
        "tollgate.http.tls.password does not open");
    KeyStore empty = KeyStore.getInstance("PKCS12");
    empty.load(null, null);
    try (var out = Files.newOutputStream(directory.resolve("empty.p12"))) {
      empty.store(out, "pw-1".toCharArray());
    }
    assertRefused(directory.resolve("empty.p12"), "pw-1", "empty.p12 holds no private key");
  }

  @Test
  void aJksFileDoesToo() throws Exception {
    server.close();
    server =
        RunningServer.start(
            Files.createTempDirectory(directory, "other"),
            upstream.baseUrl(),
            settings(KeyStores.make(directory.resolve("old.jks"), "old.example", "JKS")));
    assertThat(shown()).isEqualTo("CN=old.example");
  }
}
