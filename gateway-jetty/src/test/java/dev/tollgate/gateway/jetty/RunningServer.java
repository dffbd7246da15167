package dev.tollgate.gateway.jetty;

import dev.tollgate.gateway.Gateway;
import dev.tollgate.gateway.account.KeyMint.Minted;
import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.RunningGateway;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The standalone server in the test's own process, with one project that has balance. */
final class RunningServer implements AutoCloseable {
  static final String CHAT = "/api/v1/chat/completions?project_name=" + RunningGateway.PROJECT;

  private final Gateway gateway;
  private final GatewayServer server;
  private final Minted key;

  private RunningServer(Gateway gateway, GatewayServer server, Minted key) {
    this.gateway = gateway;
    this.server = server;
    this.key = key;
  }

  static RunningServer start(Path directory, URI upstream) throws Exception {
    return start(directory, upstream, Map.of());
  }

  /**
   * @param settings further settings
   */
  static RunningServer start(Path directory, URI upstream, Map<String, String> settings)
      throws Exception {
    Map<String, String> all = new HashMap<>(settings);
    all.put("tollgate.http.port", "0");
    Gateway gateway = RunningGateway.build(directory, upstream, all);
    Minted key = gateway.admin().createProject(RunningGateway.PROJECT, Money.parse("1000"), null);
    return new RunningServer(
        gateway, GatewayServer.start(gateway, GatewayConfig.of(all).http()), key);
  }

  GatewayServer server() {
    return server;
  }

  Gateway gateway() {
    return gateway;
  }

  int port() {
    return server.uri().getPort();
  }

  URI uri(String pathAndQuery) {
    return URI.create(server.uri() + pathAndQuery);
  }

  /** The API key of the project. */
  String key() {
    return key.key().reveal();
  }

  /** What the project was charged, latest first; its first credit is the last. */
  List<Entry> entries() {
    return gateway.admin().entries(RunningGateway.PROJECT, 1000);
  }

  @Override
  public void close() {
    server.close();
  }
}
