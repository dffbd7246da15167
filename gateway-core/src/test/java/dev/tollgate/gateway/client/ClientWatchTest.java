package dev.tollgate.gateway.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.Gateway;
import dev.tollgate.gateway.client.TcpTable.Peer;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Who is taken for gone, and who is not. */
@EnabledOnOs(OS.LINUX)
@Timeout(120)
class ClientWatchTest {
  private static final Duration NOTICED = Duration.ofSeconds(20);

  @TempDir Path directory;

  /** Silent for longer than any limit, with a stream that has begun. */
  private static final class Silent implements ClientWatch.Client {
    private boolean gone;

    @Override
    public long silentNanos() {
      return Duration.ofMinutes(1).toNanos();
    }

    @Override
    public void onGone() {
      gone = true;
    }
  }

  @Test
  void aClientWithoutAnAddressDoesNotKeepTheOthersFromBeingNoticed() throws Exception {
    ClientWatch watch = new ClientWatch();
    InetAddress loopback = InetAddress.getByName("127.0.0.1");
    try (ServerSocket server = new ServerSocket(0, 1, loopback);
        Socket client = new Socket(loopback, server.getLocalPort());
        Socket accepted = server.accept()) {
      Silent left = new Silent();
      watch.watch(new Peer(accepted.getLocalPort(), "127.0.0.1", accepted.getPort(), false), left);
      // As ServletRequest.getRemoteAddr() answers where the container does not know.
      watch.watch(new Peer(0, "", 0, false), new Silent());
      client.shutdownOutput();
      accepted.getInputStream().read();

      try {
        watch.look();
      } catch (RuntimeException e) {
        // lookOnce swallows it, for ever.
      }

      assertThat(left.gone)
          .as("one client without an address ends the watching of all clients")
          .isTrue();
    }
  }

  /** The same port of the client, two addresses of this machine: two connections (RFC 9293 3.3). */
  @Test
  void aConnectionToAnotherAddressOfThisMachineSaysNothingOfThisOne() throws Exception {
    List<String> wrong = new ArrayList<>();
    try (ServerSocket server = new ServerSocket()) {
      server.bind(new InetSocketAddress("0.0.0.0", 0));
      for (int i = 0; i < 8; i++) {
        String[] to = {"127.0.0.1", "127.0.0.2"};
        try (Socket live = new Socket();
            Socket leaving = new Socket()) {
          live.setReuseAddress(true);
          live.bind(new InetSocketAddress("127.0.0.1", 0));
          live.connect(new InetSocketAddress(to[i % 2], server.getLocalPort()));
          try (Socket acceptedLive = server.accept()) {
            leaving.setReuseAddress(true);
            leaving.bind(new InetSocketAddress("127.0.0.1", live.getLocalPort()));
            leaving.connect(new InetSocketAddress(to[(i + 1) % 2], server.getLocalPort()));
            try (Socket acceptedLeaving = server.accept()) {
              leaving.shutdownOutput();
              acceptedLeaving.getInputStream().read();
              ClientWatch watch = new ClientWatch();
              Silent client = new Silent();
              watch.watch(
                  new Peer(
                      acceptedLive.getLocalPort(),
                      acceptedLive.getInetAddress().getHostAddress(),
                      acceptedLive.getPort(),
                      false),
                  client);
              watch.look();
              if (client.gone) {
                wrong.add(to[i % 2] + " live, " + to[(i + 1) % 2] + " half closed");
              }
            }
          }
        }
      }
    }
    assertThat(wrong).as("live clients that were taken for gone").isEmpty();
  }

  private CompletableFuture<Void> upstreamClosed(ScriptedUpstream upstream) {
    CompletableFuture<Void> closed = new CompletableFuture<>();
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n");
          for (int i = 0; i < 600 && !closed.isDone(); i++) {
            if (connection.closesWithin(100)) {
              closed.complete(null);
            }
          }
          connection.close();
        });
    return closed;
  }

  @Test
  void aClientOverIpV6IsNoticedToo() throws Exception {
    try (ScriptedUpstream upstream = new ScriptedUpstream();
        Gateway gateway = RunningGateway.build(directory, upstream.baseUrl(), Map.of())) {
      String key = gateway.admin().createProject("shop", Money.parse("100"), null).key().reveal();
      Server server = new Server();
      ServerConnector connector = new ServerConnector(server);
      connector.setHost("::1");
      server.addConnector(connector);
      ServletContextHandler handler = new ServletContextHandler("/");
      handler.addServletContainerInitializer((classes, context) -> gateway.install(context));
      server.setHandler(handler);
      server.start();
      try {
        CompletableFuture<Void> closed = upstreamClosed(upstream);
        String body = "{\"stream\":true,\"model\":\"m\"}";
        try (Socket client = new Socket("::1", connector.getLocalPort())) {
          client
              .getOutputStream()
              .write(
                  ("POST /api/v1/chat/completions?project_name=shop HTTP/1.1\r\nHost: x\r\n"
                          + "X-API-Key: "
                          + key
                          + "\r\nContent-Length: "
                          + body.length()
                          + "\r\n\r\n"
                          + body)
                      .getBytes(UTF_8));
          client.setSoTimeout(5_000);
          StringBuilder read = new StringBuilder();
          try {
            while (read.indexOf("data: 1\n\n") < 0) {
              read.append((char) client.getInputStream().read());
            }
          } catch (java.net.SocketTimeoutException e) {
            throw new IllegalStateException("got only " + read, e);
          }
        }

        assertThat(closed).as("the stream of a client over IPv6").succeedsWithin(NOTICED);
      } finally {
        server.stop();
      }
    }
  }
}
