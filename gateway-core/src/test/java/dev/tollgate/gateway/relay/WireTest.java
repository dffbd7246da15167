package dev.tollgate.gateway.relay;

import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.Gateway;
import dev.tollgate.gateway.admin.AdminService;
import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.testkit.Home;
import dev.tollgate.gateway.testkit.JettyContainer;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;

/** The edges of the wire in Jetty, in this process, with all that the WAR installs. */
class WireTest extends WireContract {
  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private Gateway gateway;
  private JettyContainer container;

  /** Where the test's gateway is. */
  private record InJetty(int port, AdminService admin, Path database) implements Home {
    @Override
    public String contextPath() {
      return "";
    }
  }

  @Override
  protected Home home() throws Exception {
    Path database = directory.resolve("tollgate.db");
    GatewayConfig config =
        GatewayConfig.of(
            Map.of(
                "tollgate.upstream.url",
                upstream.baseUrl().toString(),
                "tollgate.upstream.key",
                RunningGateway.UPSTREAM_KEY,
                "tollgate.database.url",
                "jdbc:sqlite:" + database,
                "tollgate.settle.first-delay",
                "50ms"));
    gateway = Gateway.builder().config(config).alias("/v1").build();
    container =
        new JettyContainer(
            "/",
            30_000,
            context -> {
              gateway.install(context);
              gateway.installNotFound(context);
            });
    return new InJetty(container.port(), gateway.admin(), database);
  }

  @Override
  protected ScriptedUpstream upstream() {
    return upstream;
  }

  @Override
  protected void leave() throws Exception {
    await().until(() -> gateway.awaitIdle(Duration.ZERO));
    container.close();
    gateway.close();
    upstream.close();
  }
}
