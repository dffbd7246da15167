package dev.tollgate.gateway.jetty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.Gateway;
import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.testkit.Scrape;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The admin API on a port of its own. */
class AdminListenerTest {
  private static final String TOKEN = "an-admin-token-of-forty-characters-or-so";

  @TempDir Path directory;

  private GatewayServer start(Map<String, String> settings) throws IOException {
    Map<String, String> all = new HashMap<>(settings);
    all.put("tollgate.http.port", "0");
    all.put("tollgate.database.url", "jdbc:sqlite:" + directory.resolve("tollgate.db"));
    GatewayConfig config = GatewayConfig.of(all);
    return GatewayServer.start(
        Gateway.builder().config(config).build(), config.http(), config.admin().port());
  }

  private static HttpResponse<String> get(URI root, String path) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create(root + path))
                .header("Authorization", "Bearer " + TOKEN)
                .build(),
            BodyHandlers.ofString());
  }

  @Test
  void eachPortServesItsOwnAndNothingElse() throws Exception {
    try (GatewayServer server =
        start(Map.of("tollgate.admin.token", TOKEN, "tollgate.admin.http.port", "0"))) {
      URI admin = server.adminUri().orElseThrow();

      assertThat(get(admin, "/admin/v1/projects").statusCode()).isEqualTo(200);
      assertThat(get(server.uri(), "/health/live").statusCode()).isEqualTo(200);
      assertThat(get(server.uri(), "/admin/v1/projects").statusCode()).isEqualTo(404);
      assertThat(get(admin, "/health/live").statusCode()).isEqualTo(404);
      assertThat(get(admin, "/api/v1/models").statusCode()).isEqualTo(404);
      assertThat(get(admin, "/api/v1/models").body()).contains("Not found");
    }
  }

  @Test
  void theMetricsAreWhereTheAdminApiIsAndOpenOnAPortOfTheirOwn() throws Exception {
    try (GatewayServer server = start(Map.of("tollgate.admin.http.port", "0"))) {
      URI admin = server.adminUri().orElseThrow();
      HttpResponse<String> metrics =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(URI.create(admin + "/metrics")).build(),
                  BodyHandlers.ofString());

      assertThat(metrics.statusCode()).isEqualTo(200);
      assertThat(new Scrape(metrics.body()).sum("tollgate_ready")).isEqualTo(1);
      assertThat(get(server.uri(), "/metrics").statusCode()).isEqualTo(404);
      assertThat(get(admin, "/admin/v1/projects").statusCode()).as("no token").isEqualTo(404);
    }
    try (GatewayServer server = start(Map.of("tollgate.admin.token", TOKEN))) {
      assertThat(get(server.uri(), "/metrics").statusCode()).isEqualTo(200);
    }
    try (GatewayServer server = start(Map.of())) {
      HttpResponse<String> none = get(server.uri(), "/metrics");
      assertThat(none.statusCode()).isEqualTo(404);
      assertThat(none.body()).contains("\"code\":\"not_found\"");
    }
  }

  @Test
  void withoutAPortOfItsOwnTheAdminApiIsWhereAllElseIs() throws Exception {
    try (GatewayServer server = start(Map.of("tollgate.admin.token", TOKEN))) {
      assertThat(server.adminUri()).isEmpty();
      assertThat(get(server.uri(), "/admin/v1/projects").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void aPortThatIsTakenIsNamedAndNothingListens() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(taken.getLocalPort());

      assertThatThrownBy(
              () -> start(Map.of("tollgate.admin.token", TOKEN, "tollgate.admin.http.port", port)))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("cannot listen on 127.0.0.1:" + port + ": ");
    }
  }

  @Test
  void bothPortsAreClosedWhenTheServerDrains() throws Exception {
    GatewayServer server =
        start(Map.of("tollgate.admin.token", TOKEN, "tollgate.admin.http.port", "0"));
    URI admin = server.adminUri().orElseThrow();

    server.drainAndClose(Duration.ZERO, Duration.ofSeconds(5));

    for (URI uri : new URI[] {server.uri(), admin}) {
      assertThatThrownBy(() -> new Socket("127.0.0.1", uri.getPort()).close())
          .isInstanceOf(ConnectException.class);
    }
  }
}
