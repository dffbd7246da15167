package dev.tollgate.example.tomcat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.Gateway;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.LogCapture;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import java.nio.file.Path;
import java.util.EnumSet;
import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Filters of an application on Tomcat, in front of the gateway's. */
class HostFiltersTest {
  private static final String FORM = "_method=put&b=%20";

  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private final Tomcat tomcat = new Tomcat();
  private Gateway gateway;
  private String key;

  @BeforeEach
  void build() {
    gateway =
        Gateway.builder()
            .config(ApplicationTest.config(directory.resolve("a.db"), upstream.baseUrl()))
            .build();
    key = gateway.admin().createProject("shop", Money.parse("5"), null).key().reveal();
  }

  @AfterEach
  void stop() throws Exception {
    tomcat.stop();
    tomcat.destroy();
    gateway.close();
    upstream.close();
    assertThat(upstream.failures()).isEmpty();
  }

  /** What comes of a form with this filter in front, in an application at {@code /shop}. */
  private String answer(Filter filter, boolean async, boolean afterOthers) throws Exception {
    tomcat.setBaseDir(directory.resolve("tomcat").toString());
    tomcat.setHostname("127.0.0.1");
    tomcat.setPort(0);
    Context context = tomcat.addContext("/shop", null);
    context.addServletContainerInitializer(
        (classes, servletContext) -> {
          var own = servletContext.addFilter("own", filter);
          own.setAsyncSupported(async);
          own.addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST), afterOthers, "/*");
          gateway.install(servletContext);
        },
        null);
    tomcat.start();
    try (RawClient client = new RawClient(tomcat.getConnector().getLocalPort())) {
      return client
          .send(
              "POST /shop/api/v1/chat/completions?project_name=shop HTTP/1.1\r\nHost: a\r\n"
                  + "Connection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                  + "X-API-Key: "
                  + key
                  + "\r\nContent-Length: "
                  + FORM.length()
                  + "\r\n\r\n"
                  + FORM)
          .readToEnd();
    }
  }

  private static Filter asking() {
    return (request, response, chain) -> {
      var unused = request.getParameter("_method");
      chain.doFilter(request, response);
    };
  }

  @Test
  void aFormIsRelayedThoughAFilterAsksForAParameter() throws Exception {
    assertThat(answer(asking(), true, true)).startsWith("HTTP/1.1 200");
    assertThat(new String(upstream.take().body(), UTF_8)).isEqualTo(FORM);
  }

  @Test
  void aBodyThatAFilterHasTakenIsTheApplicationsFault() throws Exception {
    try (LogCapture log = new LogCapture()) {
      // In front of everything of the gateway's.
      assertThat(answer(asking(), true, false))
          .startsWith("HTTP/1.1 500")
          .contains("Failed to build request");

      assertThat(log.lines()).anyMatch(line -> line.contains("has read the body"));
    }
    assertThat(upstream.waiting()).isZero();
  }

  @Test
  void aFilterThatIsNotAsynchronousIsRefusedAndNamedInTheLog() throws Exception {
    Filter nothing = (request, response, chain) -> chain.doFilter(request, response);
    try (LogCapture log = new LogCapture()) {
      assertThat(answer(nothing, false, true))
          .startsWith("HTTP/1.1 500")
          .contains("Failed to build request");

      assertThat(log.lines()).anyMatch(line -> line.contains("does not support asynchronous"));
    }
    assertThat(upstream.waiting()).isZero();
  }
}
