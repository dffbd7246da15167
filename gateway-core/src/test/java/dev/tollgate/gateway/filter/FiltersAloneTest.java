package dev.tollgate.gateway.filter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.Gateway;
import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.JettyContainer;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each filter does its work in front of somebody else's servlet, without the others. */
class FiltersAloneTest {
  private static final int LIMIT = 1_048_576;

  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private Gateway gateway;

  @BeforeEach
  void build() {
    gateway = RunningGateway.build(directory, upstream.baseUrl(), Map.of());
  }

  @AfterEach
  void close() throws Exception {
    gateway.close();
    upstream.close();
  }

  /** Somebody's servlet: says how many bytes it read. */
  private static final class Counting extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      int bytes = request.getInputStream().readAllBytes().length;
      response.getWriter().print("read " + bytes + " bytes.");
    }
  }

  private String answer(byte[] request, Filter... filters) throws Exception {
    try (JettyContainer container =
            new JettyContainer(
                "/",
                30_000,
                context -> {
                  for (Filter filter : filters) {
                    var registration = context.addFilter(filter.toString(), filter);
                    registration.setAsyncSupported(true);
                    registration.addMappingForUrlPatterns(
                        EnumSet.of(DispatcherType.REQUEST), true, "/*");
                  }
                  var servlet = context.addServlet("counting", new Counting());
                  servlet.setAsyncSupported(true);
                  servlet.addMapping("/");
                });
        RawClient client = new RawClient(container.port())) {
      return client.send(request).readToEnd();
    }
  }

  private static byte[] request(String line, byte[] body, String... headers) {
    String head =
        line
            + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            + String.join("", List.of(headers).stream().map(h -> h + "\r\n").toList())
            + "\r\n";
    byte[] start = head.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    byte[] all = java.util.Arrays.copyOf(start, start.length + body.length);
    System.arraycopy(body, 0, all, start.length, body.length);
    return all;
  }

  private static byte[] chunked(int bytes) {
    byte[] size =
        (Integer.toHexString(bytes) + "\r\n").getBytes(java.nio.charset.StandardCharsets.UTF_8);
    byte[] end = "\r\n0\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.UTF_8);
    byte[] all = new byte[size.length + bytes + end.length];
    System.arraycopy(size, 0, all, 0, size.length);
    System.arraycopy(end, 0, all, size.length + bytes, end.length);
    return all;
  }

  @Test
  void theSizeLimitRefusesADeclaredLength() throws Exception {
    assertThat(
            answer(
                request("POST /own", new byte[0], "Content-Length: " + (LIMIT + 1)),
                gateway.sizeLimitFilter()))
        .startsWith("HTTP/1.1 413")
        .endsWith("Request body too large (max 1MB)\"}}");
  }

  @Test
  void theSizeLimitBoundsAChunkedBody() throws Exception {
    assertThat(
            answer(
                request("POST /own", chunked(LIMIT), "Transfer-Encoding: chunked"),
                gateway.sizeLimitFilter()))
        .contains("read 1048576 bytes.");
    assertThat(
            answer(
                request("POST /own", chunked(LIMIT + 1), "Transfer-Encoding: chunked"),
                gateway.sizeLimitFilter()))
        .startsWith("HTTP/1.1 413")
        .endsWith("Request body too large (max 1MB)\"}}");
  }

  @Test
  void theKeyFilterGuardsAnyServlet() throws Exception {
    String key = gateway.admin().createProject("shop", Money.ZERO, null).key().reveal();
    assertThat(answer(request("GET /own", new byte[0]), gateway.keyAuthFilter()))
        .startsWith("HTTP/1.1 401");
    assertThat(
            answer(request("GET /own", new byte[0], "X-API-Key: " + key), gateway.keyAuthFilter()))
        .contains("read 0 bytes.");
  }

  @Test
  void theBalanceFilterTurnsAwayWhomAnotherAuthenticated() throws Exception {
    assertThat(answer(request("GET /own", new byte[0]), gateway.balanceFilter()))
        .startsWith("HTTP/1.1 401");
    Principal poor =
        new Principal(
            new Project("prj_x", "x", true, null, Markup.NONE, Instant.EPOCH),
            new ApiKey("k", "prj_x", Instant.EPOCH, null, null));
    Filter authenticating =
        (request, response, chain) -> {
          gateway.authenticate((HttpServletRequest) request, poor);
          chain.doFilter(request, response);
        };
    assertThat(answer(request("GET /own", new byte[0]), authenticating, gateway.balanceFilter()))
        .startsWith("HTTP/1.1 403")
        .contains("Insufficient balance");
  }

  @Test
  void theAccessFilterLetsItsRoutesThroughAndNothingElse() throws Exception {
    assertThat(answer(request("GET /api/v1/models", new byte[0]), gateway.accessFilter()))
        .contains("read 0 bytes.");
    assertThat(answer(request("GET /own", new byte[0]), gateway.accessFilter()))
        .startsWith("HTTP/1.1 404");
  }

  @Test
  void thePassthroughFilterIsClosedWithoutTheOthers() throws Exception {
    assertThat(answer(request("GET /api/v1/models", new byte[0]), gateway.passthroughFilter()))
        .startsWith("HTTP/1.1 401");
  }
}
