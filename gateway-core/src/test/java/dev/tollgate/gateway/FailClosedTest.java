package dev.tollgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.testkit.JettyContainer;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** However the relay is reached, without its own filters' word it answers 401. */
class FailClosedTest {
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final EnumSet<DispatcherType> REQUEST = EnumSet.of(DispatcherType.REQUEST);
  private static final String PATHS = "/api/v1/*";

  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private Gateway gateway;
  private String key;

  @BeforeEach
  void build() {
    gateway = RunningGateway.build(directory, upstream.baseUrl(), Map.of());
    key =
        gateway
            .admin()
            .createProject("shop", dev.tollgate.gateway.ledger.Money.parse("5"), null)
            .key()
            .reveal();
  }

  @AfterEach
  void close() throws Exception {
    gateway.close();
    upstream.close();
  }

  private static void map(ServletContext context, String name, Filter filter) {
    map(context, name, filter, REQUEST);
  }

  private static void map(
      ServletContext context, String name, Filter filter, EnumSet<DispatcherType> types) {
    var registration = context.addFilter(name, filter);
    registration.setAsyncSupported(true);
    registration.addMappingForUrlPatterns(types, true, PATHS);
  }

  private static void serve(ServletContext context, HttpServlet servlet, String path) {
    var registration = context.addServlet(path, servlet);
    registration.setAsyncSupported(true);
    registration.addMapping(path);
  }

  private static void relay(ServletContext context, Gateway gateway) {
    var registration = context.addServlet("relay", gateway.relayServlet());
    registration.setAsyncSupported(true);
    registration.addMapping(PATHS);
  }

  private HttpResponse<String> chat(Consumer<ServletContext> installer, String path)
      throws Exception {
    try (JettyContainer container = new JettyContainer("/", 30_000, installer)) {
      HttpRequest request =
          HttpRequest.newBuilder(
                  URI.create("http://127.0.0.1:" + container.port() + path + "?project_name=shop"))
              .header("X-API-Key", key)
              .POST(BodyPublishers.ofString("{}"))
              .build();
      return HTTP.send(request, BodyHandlers.ofString());
    }
  }

  private void assertClosed(Consumer<ServletContext> installer, String path) throws Exception {
    HttpResponse<String> response = chat(installer, path);
    assertThat(response.statusCode()).isEqualTo(401);
    assertThat(response.body()).contains("\"Invalid API key\"");
    assertThat(upstream.waiting()).isZero();
  }

  private static final String CHAT = "/api/v1/chat/completions";

  @Test
  void theWholeChainServes() throws Exception {
    assertThat(chat(gateway::install, CHAT).statusCode()).isEqualTo(200);
  }

  @Test
  void theRelayAloneIsClosed() throws Exception {
    assertClosed(context -> relay(context, gateway), CHAT);
  }

  @Test
  void withoutTheAccessFilterItIsClosed() throws Exception {
    assertClosed(
        context -> {
          map(context, "size", gateway.sizeLimitFilter());
          map(context, "auth", gateway.keyAuthFilter());
          map(context, "balance", gateway.balanceFilter());
          map(context, "pass", gateway.passthroughFilter());
          relay(context, gateway);
        },
        CHAT);
  }

  @Test
  void withoutTheKeyFilterItIsClosed() throws Exception {
    assertClosed(
        context -> {
          map(context, "access", gateway.accessFilter());
          map(context, "size", gateway.sizeLimitFilter());
          map(context, "balance", gateway.balanceFilter());
          map(context, "pass", gateway.passthroughFilter());
          relay(context, gateway);
        },
        CHAT);
  }

  @Test
  void withoutThePassthroughFilterItIsClosed() throws Exception {
    assertClosed(
        context -> {
          map(context, "access", gateway.accessFilter());
          map(context, "auth", gateway.keyAuthFilter());
          relay(context, gateway);
        },
        CHAT);
  }

  @Test
  void aForwardIsClosed() throws Exception {
    assertClosed(
        context -> {
          gateway.install(context);
          serve(context, new Forward(CHAT), "/other");
        },
        "/other");
  }

  @Test
  void aForwardIsClosedEvenWhenTheFiltersAreMappedToForwards() throws Exception {
    EnumSet<DispatcherType> all = EnumSet.of(DispatcherType.REQUEST, DispatcherType.FORWARD);
    assertClosed(
        context -> {
          map(context, "access", gateway.accessFilter(), all);
          map(context, "auth", gateway.keyAuthFilter(), all);
          map(context, "balance", gateway.balanceFilter(), all);
          map(context, "pass", gateway.passthroughFilter(), all);
          relay(context, gateway);
          serve(context, new Forward(CHAT), "/other");
        },
        "/other");
  }

  @Test
  void aForwardFromBehindTheFiltersIsClosed() throws Exception {
    assertClosed(
        context -> {
          map(context, "access", gateway.accessFilter());
          map(context, "auth", gateway.keyAuthFilter());
          map(context, "balance", gateway.balanceFilter());
          map(context, "pass", gateway.passthroughFilter());
          map(
              context,
              "detour",
              (request, response, chain) ->
                  request.getRequestDispatcher(CHAT).forward(request, response));
          relay(context, gateway);
        },
        CHAT);
  }

  @Test
  void anotherInstancesWordCountsForNothing() throws Exception {
    Path folder = Files.createDirectory(directory.resolve("b"));
    try (Gateway other = RunningGateway.build(folder, upstream.baseUrl(), Map.of())) {
      assertClosed(
          context -> {
            map(context, "access", gateway.accessFilter());
            map(context, "auth", gateway.keyAuthFilter());
            map(context, "balance", gateway.balanceFilter());
            map(context, "pass", gateway.passthroughFilter());
            relay(context, other);
          },
          CHAT);
    }
  }

  @Test
  void anotherInstancesExchangeCountsForNothing() throws Exception {
    Path folder = Files.createDirectory(directory.resolve("b"));
    try (Gateway other = RunningGateway.build(folder, upstream.baseUrl(), Map.of())) {
      assertClosed(
          context -> {
            map(context, "access", gateway.accessFilter());
            map(context, "auth", authenticating(gateway));
            map(context, "pass", gateway.passthroughFilter());
            map(context, "other", authenticating(other));
            relay(context, other);
          },
          CHAT);
    }
  }

  @Test
  void anotherInstancesPrincipalCountsForNothing() throws Exception {
    Path folder = Files.createDirectory(directory.resolve("b"));
    try (Gateway other = RunningGateway.build(folder, upstream.baseUrl(), Map.of())) {
      assertClosed(
          context -> {
            map(context, "access", gateway.accessFilter());
            map(context, "auth", authenticating(other));
            map(context, "pass", gateway.passthroughFilter());
            relay(context, gateway);
          },
          CHAT);
    }
  }

  @Test
  void anApplicationThatHasTakenTheReaderGetsAnAnswer() throws Exception {
    HttpResponse<String> response =
        chat(
            context -> {
              map(
                  context,
                  "reading",
                  (request, answer, chain) -> {
                    var unused = request.getReader();
                    chain.doFilter(request, answer);
                  });
              gateway.install(context);
            },
            CHAT);
    assertThat(response.statusCode()).isEqualTo(500);
    assertThat(gateway.awaitIdle(java.time.Duration.ZERO)).isTrue();
  }

  @Test
  void anApplicationThatThrowsAfterTheRelayHasBegunLeavesNothingOpen() throws Exception {
    chat(
        context -> {
          map(
              context,
              "throwing",
              (request, answer, chain) -> {
                chain.doFilter(request, answer);
                throw new IllegalStateException("an application's own fault");
              });
          gateway.install(context);
        },
        CHAT);
    assertThat(gateway.awaitIdle(java.time.Duration.ofSeconds(5))).isTrue();
  }

  @Test
  void anEmbeddersOwnAuthenticationServes() throws Exception {
    HttpResponse<String> response =
        chat(
            context -> {
              map(context, "auth", authenticating(gateway));
              map(context, "access", gateway.accessFilter());
              map(context, "pass", gateway.passthroughFilter());
              relay(context, gateway);
            },
            CHAT);
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(upstream.take().values("X-API-Key")).isEmpty();
  }

  /** Hands over a principal that may well be served, to whichever instance. */
  private Filter authenticating(Gateway instance) {
    Project project = gateway.admin().showProject("shop").project();
    ApiKey apiKey = new ApiKey("k", project.id(), Instant.EPOCH, null, null);
    return (request, response, chain) -> {
      instance.authenticate((HttpServletRequest) request, new Principal(project, apiKey));
      chain.doFilter(request, response);
    };
  }

  private static final class Forward extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private final String path;

    Forward(String path) {
      this.path = path;
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response)
        throws IOException, jakarta.servlet.ServletException {
      request.getRequestDispatcher(path).forward(request, response);
    }
  }

  private HttpResponse<String> get(Consumer<ServletContext> installer, String path)
      throws Exception {
    try (JettyContainer container = new JettyContainer("/", 30_000, installer)) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + container.port() + path))
              .header("X-API-Key", key)
              .build();
      return HTTP.send(request, BodyHandlers.ofString());
    }
  }

  private void mapAllThatMostNeed(ServletContext context) {
    map(context, "access", gateway.accessFilter());
    map(context, "size", gateway.sizeLimitFilter());
    map(context, "auth", gateway.keyAuthFilter());
    map(context, "balance", gateway.balanceFilter());
    map(context, "pass", gateway.passthroughFilter());
    relay(context, gateway);
  }

  @Test
  void withoutTheirFilterGenerationsAreNobodys() throws Exception {
    HttpResponse<String> answer = get(this::mapAllThatMostNeed, "/api/v1/generation?id=gen-1");

    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(answer.body()).contains("Generation not found");
    assertThat(upstream.waiting()).isZero();
  }

  @Test
  void withoutItsServletWhatTheGatewayAnswersIsNotFound() throws Exception {
    assertThat(get(this::mapAllThatMostNeed, "/api/v1/credits").statusCode()).isEqualTo(404);
    assertThat(upstream.waiting()).isZero();
  }
}
