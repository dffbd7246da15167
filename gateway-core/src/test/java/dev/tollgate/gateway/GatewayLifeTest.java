package dev.tollgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.account.KeyFingerprint;
import dev.tollgate.gateway.account.KeyStore;
import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.metrics.GatewayMetrics;
import dev.tollgate.gateway.testkit.JettyContainer;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A gateway that cannot be built, installed or closed as it should. */
@Timeout(60)
class GatewayLifeTest {
  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();

  @AfterEach
  void close() throws Exception {
    upstream.close();
  }

  private Map<String, String> settings() {
    Map<String, String> all = new HashMap<>();
    all.put("tollgate.upstream.url", upstream.baseUrl().toString());
    all.put("tollgate.upstream.key", RunningGateway.UPSTREAM_KEY);
    all.put("tollgate.database.url", "jdbc:sqlite:" + directory.resolve("one.db"));
    return all;
  }

  private GatewayBuilder builder() {
    return Gateway.builder().config(GatewayConfig.of(settings()));
  }

  /** closeWith: "also if it cannot be built". */
  @Test
  void resourcesAreClosedWhereTheConfigurationCannotBeRead() {
    List<String> closed = new ArrayList<>();
    System.setProperty("tollgate.no-such-setting", "1");
    try {
      assertThatThrownBy(() -> Gateway.builder().closeWith(() -> closed.add("one")).build())
          .isInstanceOf(RuntimeException.class);
    } finally {
      System.clearProperty("tollgate.no-such-setting");
    }
    assertThat(closed).containsExactly("one");
  }

  /** An application's framework may close a bean that its own code has closed. */
  @Test
  void resourcesAreClosedOnceHoweverOftenTheGatewayIs() {
    List<String> closed = new ArrayList<>();
    Gateway gateway = builder().closeWith(() -> closed.add("one")).build();
    gateway.close();
    gateway.close();
    assertThat(closed).containsExactly("one");
  }

  /** An extension that was compiled against another version. */
  @Test
  void anErrorOfAKeyStoreLeavesNoDatabaseOpen() {
    KeyStore outdated =
        new KeyStore() {
          @Override
          public Optional<Principal> find(KeyFingerprint fingerprint) {
            return Optional.empty();
          }

          @Override
          public Optional<Project> findProject(String name) {
            return Optional.empty();
          }

          @Override
          public long changeCounter() {
            throw new AbstractMethodError("changeCounter");
          }
        };
    assertThatThrownBy(() -> builder().keyStore(outdated).build())
        .isInstanceOf(AbstractMethodError.class);

    assertThatCode(() -> builder().build().close())
        .as("the database of a gateway that could not be built is still locked by it")
        .doesNotThrowAnyException();
  }

  /** "What it throws is logged and does no harm." */
  @Test
  void metricsThatFailWithAnErrorDoNoHarm() throws Exception {
    GatewayMetrics metrics =
        new GatewayMetrics() {
          @Override
          public void exchangeOpened() {
            throw new NoClassDefFoundError("io/micrometer/core/instrument/Counter");
          }
        };
    Gateway gateway = builder().metrics(metrics).build();
    String key = gateway.admin().createProject("shop", Money.parse("5"), null).key().reveal();
    try (JettyContainer container = new JettyContainer("/app", 30_000, gateway::install)) {
      int status = get(container.port(), "/app/api/v1/models", key).statusCode();

      assertThat(gateway.awaitIdle(Duration.ofSeconds(2)))
          .as("the exchange ends; status was " + status)
          .isTrue();
      assertThat(status).isEqualTo(200);
    } finally {
      gateway.close();
    }
  }

  private static HttpResponse<String> get(int port, String path, String key) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .header("X-API-Key", key)
                .build(),
            BodyHandlers.ofString());
  }

  /** Somebody's servlet. */
  private static final class Own extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      response.getOutputStream().print("own");
    }
  }

  /** An application that goes on without a gateway keeps what it serves. */
  @Test
  void anInstallThatIsRefusedLeavesTheApplicationAsItWas() throws Exception {
    Gateway gateway = builder().build();
    try (JettyContainer container =
        new JettyContainer(
            "/app",
            30_000,
            context -> {
              context.addServlet("own", new Own()).addMapping("/api/v1/*");
              try {
                gateway.install(context);
              } catch (IllegalStateException e) {
                gateway.close();
              }
            })) {
      HttpResponse<String> answer = get(container.port(), "/app/api/v1/things", "none");
      assertThat(answer.statusCode() + " " + answer.body()).isEqualTo("200 own");
    }
  }

  private static final class Context implements AutoCloseable {
    private final Server server = new Server();
    private final ServletContextHandler handler = new ServletContextHandler("/app");

    Context(Map<String, String> parameters, boolean taken) {
      ServerConnector connector = new ServerConnector(server);
      connector.setHost("127.0.0.1");
      server.addConnector(connector);
      parameters.forEach((name, value) -> handler.getInitParams().put(name, value));
      if (taken) {
        handler.addServlet(new Own(), "/api/v1/*");
      }
      handler.addEventListener(new GatewayListener());
      server.setHandler(handler);
    }

    @Override
    public void close() throws Exception {
      server.stop();
    }
  }

  /**
   * The listener in an application's own web.xml, or its own Jetty: the drivers of the loader are
   * not the gateway's alone.
   */
  @Test
  void theApplicationsOwnDriversStayRegistered() throws Exception {
    List<String> before = drivers();
    assertThat(before).contains("org.sqlite.JDBC");
    try (Context context = new Context(settings(), false)) {
      context.server.start();
    }
    try {
      assertThat(drivers()).containsAll(before);
      try (Connection connection = DriverManager.getConnection("jdbc:sqlite::memory:")) {
        assertThat(connection.isClosed()).isFalse();
      }
    } finally {
      // For the tests that follow in this JVM.
      DriverManager.registerDriver(new org.sqlite.JDBC());
      DriverManager.registerDriver(new org.postgresql.Driver());
    }
  }

  private static List<String> drivers() {
    List<String> names = new ArrayList<>();
    for (Driver driver : DriverManager.drivers().toList()) {
      names.add(driver.getClass().getName());
    }
    return names;
  }

  /** A container need not call contextDestroyed where contextInitialized has thrown. */
  @Test
  void aGatewayThatCannotBeInstalledIsClosed() throws Exception {
    try (Context context = new Context(settings(), true)) {
      assertThatThrownBy(context.server::start).hasMessageContaining("already serves /api/v1/*");
    }
    assertThatCode(() -> builder().build().close())
        .as("the gateway that was built, and not installed, still has its database")
        .doesNotThrowAnyException();
  }

  /** Its requests would meet the other one's filters. */
  @Test
  void aGatewayBelowAnotherOnesRoutesIsRefused() throws Exception {
    Map<String, String> other = settings();
    other.put("tollgate.database.url", "jdbc:sqlite:" + directory.resolve("two.db"));
    try (Gateway outer = builder().path("/a").build();
        Gateway inner =
            Gateway.builder().config(GatewayConfig.of(other)).path("/a/api/v1/team").build()) {
      assertThatThrownBy(
              () ->
                  new JettyContainer(
                      "/app",
                      30_000,
                      context -> {
                        outer.install(context);
                        inner.install(context);
                      }))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the application already has a gateway at /a");
    }
  }
}
