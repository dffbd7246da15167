package dev.tollgate.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.JettyContainer;
import dev.tollgate.gateway.testkit.LogCapture;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The gateway behind filters of the application that it lives in. */
class HostFiltersTest {
  private static final String FORM = "Content-Type: application/x-www-form-urlencoded\r\n";

  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private Gateway gateway;
  private String key;

  @BeforeEach
  void build() {
    gateway = RunningGateway.build(directory, upstream.baseUrl(), Map.of());
    key = gateway.admin().createProject("shop", Money.parse("5"), null).key().reveal();
    upstream.script(
        (request, connection) -> connection.write(ScriptedUpstream.json(200, "{\"a\": 1}")));
  }

  @AfterEach
  void close() throws Exception {
    gateway.close();
    upstream.close();
    assertThat(upstream.failures()).isEmpty();
  }

  private static void map(ServletContext context, Filter filter, boolean async, boolean after) {
    var registration = context.addFilter("own", filter);
    registration.setAsyncSupported(async);
    registration.addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST), after, "/*");
  }

  private String chat(String path, String headers, String body) {
    return "POST "
        + path
        + "/api/v1/chat/completions?project_name=shop HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
        + "X-API-Key: "
        + key
        + "\r\nContent-Length: "
        + body.length()
        + "\r\n"
        + headers
        + "\r\n"
        + body;
  }

  /** What comes of a request in an application at {@code /shop} with this filter in front. */
  private String answer(Filter filter, boolean async, boolean after, String request)
      throws Exception {
    try (JettyContainer container =
            new JettyContainer(
                "/shop",
                30_000,
                context -> {
                  map(context, filter, async, after);
                  gateway.install(context);
                });
        RawClient client = new RawClient(container.port())) {
      return client.send(request).readToEnd();
    }
  }

  @Test
  void aContextPathIsNoPartOfTheRoute() throws Exception {
    Filter nothing = (request, response, chain) -> chain.doFilter(request, response);

    assertThat(answer(nothing, true, true, chat("/shop", "", "{}"))).contains("{\"a\": 1}");
    assertThat(answer(nothing, true, true, chat("", "", "{}"))).startsWith("HTTP/1.1 404");
    assertThat(upstream.take().target()).isEqualTo("/api/v1/chat/completions");
  }

  @Test
  void aGatewayThatBreaksOffJustBeforeTheRelayHasTheRequestEndsItAllTheSame() throws Exception {
    Filter breaking =
        (request, response, chain) -> {
          gateway.abort();
          chain.doFilter(request, response);
        };
    String request = chat("", "", "{}");
    try (JettyContainer container =
            new JettyContainer(
                "/",
                30_000,
                context -> {
                  gateway.install(context);
                  map(context, breaking, true, true);
                });
        RawClient client = new RawClient(container.port())) {
      // All but the end of the body, which a client may keep for as long as it likes.
      client.send(request.substring(0, request.length() - 1));

      assertThat(client.readToEnd()).isEmpty();
    }
    assertThat(gateway.awaitIdle(Duration.ZERO)).isTrue();
    assertThat(upstream.waiting()).isZero();
  }

  @Test
  void aPrefixThatAProxySpeaksOfIsNoPartOfTheRoute() throws Exception {
    Filter forwarded =
        (request, response, chain) ->
            chain.doFilter(new Prefixed((HttpServletRequest) request, "/seen/by/all"), response);

    assertThat(answer(forwarded, true, true, chat("/shop", "", "{}"))).contains("{\"a\": 1}");
  }

  /** As Spring's ForwardedHeaderFilter does for {@code X-Forwarded-Prefix}. */
  private static final class Prefixed extends HttpServletRequestWrapper {
    private final String prefix;

    Prefixed(HttpServletRequest request, String prefix) {
      super(request);
      this.prefix = prefix;
    }

    @Override
    public String getContextPath() {
      return prefix;
    }

    @Override
    public String getRequestURI() {
      return prefix + super.getRequestURI().substring(super.getContextPath().length());
    }
  }

  @Test
  void aResponseThatIsWrappedIsWrittenThroughItsWrapper() throws Exception {
    AtomicInteger bytes = new AtomicInteger();
    Filter counting =
        (request, response, chain) ->
            chain.doFilter(request, new Counted((HttpServletResponse) response, bytes));

    assertThat(answer(counting, true, true, chat("/shop", "", "{}"))).contains("{\"a\": 1}");
    assertThat(bytes).hasValue("{\"a\": 1}".length());
  }

  private static final class Counted extends HttpServletResponseWrapper {
    private final AtomicInteger bytes;

    Counted(HttpServletResponse response, AtomicInteger bytes) {
      super(response);
      this.bytes = bytes;
    }

    @Override
    public ServletOutputStream getOutputStream() throws IOException {
      ServletOutputStream output = super.getOutputStream();
      return new ServletOutputStream() {
        @Override
        public void write(int b) throws IOException {
          bytes.incrementAndGet();
          output.write(b);
        }

        @Override
        public void write(byte[] buffer, int offset, int length) throws IOException {
          bytes.addAndGet(length);
          output.write(buffer, offset, length);
        }

        @Override
        public void flush() throws IOException {
          output.flush();
        }

        @Override
        public boolean isReady() {
          return output.isReady();
        }

        @Override
        public void setWriteListener(WriteListener listener) {
          output.setWriteListener(listener);
        }
      };
    }
  }

  @Test
  void aFilterThatIsNotAsynchronousIsRefusedAndNamedInTheLog() throws Exception {
    Filter nothing = (request, response, chain) -> chain.doFilter(request, response);
    try (LogCapture log = new LogCapture()) {
      assertThat(answer(nothing, false, true, chat("/shop", "", "{}")))
          .startsWith("HTTP/1.1 500")
          .contains("Failed to build request");

      assertThat(log.lines())
          .anyMatch(
              line -> line.contains("SEVERE") && line.contains("does not support asynchronous"));
      log.awaitLine(" code=request_build_failed ");
    }
    assertThat(upstream.waiting()).isZero();
  }

  @Test
  void aFormIsRelayedThoughAFilterAsksForAParameter() throws Exception {
    AtomicReference<String> seen = new AtomicReference<>();
    Filter asking =
        (request, response, chain) -> {
          seen.set(request.getParameter("_method") + " " + request.getParameter("project_name"));
          chain.doFilter(request, response);
        };

    assertThat(answer(asking, true, true, chat("/shop", FORM, "_method=put&b=%20")))
        .contains("{\"a\": 1}");
    assertThat(new String(upstream.take().body(), UTF_8)).isEqualTo("_method=put&b=%20");
    assertThat(seen).hasValue("null shop");
  }

  @Test
  void aBodyThatAFilterHasTakenIsTheApplicationsFault() throws Exception {
    // In front of everything of the gateway's.
    Filter asking =
        (request, response, chain) -> {
          var unused = request.getParameter("_method");
          chain.doFilter(request, response);
        };
    try (LogCapture log = new LogCapture()) {
      assertThat(answer(asking, true, false, chat("/shop", FORM, "_method=put&b=%20")))
          .startsWith("HTTP/1.1 500")
          .contains("Failed to build request");

      assertThat(log.lines())
          .anyMatch(line -> line.contains("SEVERE") && line.contains("has read the body"));
    }
    assertThat(upstream.waiting()).isZero();
    assertThat(gateway.admin().showProject("shop").balance().loaned()).isEqualTo(Money.ZERO);
  }

  @Test
  void anApplicationsOwnFormsAreReadAsEver() throws Exception {
    AtomicReference<String> seen = new AtomicReference<>();
    Filter asking =
        (request, response, chain) -> {
          seen.set(request.getParameter("colour"));
          chain.doFilter(request, response);
        };

    answer(
        asking,
        true,
        true,
        "POST /shop/own HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 10\r\n"
            + FORM
            + "\r\ncolour=red");
    assertThat(seen).hasValue("red");
  }
}
