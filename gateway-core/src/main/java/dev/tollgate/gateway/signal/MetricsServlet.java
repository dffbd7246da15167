package dev.tollgate.gateway.signal;

import dev.tollgate.gateway.exchange.OperatorToken;
import dev.tollgate.gateway.exchange.Refusal;
import dev.tollgate.gateway.exchange.RefusalWriter;
import dev.tollgate.gateway.exchange.RequestScope;
import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.flavor.GatewayError.Kind;
import dev.tollgate.gateway.flavor.OpenAiFlavor;
import dev.tollgate.gateway.metrics.MetricRegistry;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Serves the metrics to Prometheus. It answers on the container's thread. If the store is slow, the
 * thread waits for it for a few seconds at most.
 */
public final class MetricsServlet extends HttpServlet {
  /** The path of the metrics. */
  public static final String PATH = "/metrics";

  private static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";
  private static final String ALLOW = "GET, HEAD, OPTIONS";
  private static final long serialVersionUID = 1L;

  private final transient MetricRegistry registry;
  private final transient @Nullable OperatorToken token;

  /**
   * @param registry the metrics
   * @param token the credential that a request must present; null: none is needed
   */
  public MetricsServlet(MetricRegistry registry, @Nullable OperatorToken token) {
    this.registry = registry;
    this.token = token;
  }

  /** Adds gauges for readiness and draining, which are read on each scrape. */
  public static void addReadiness(MetricRegistry registry, Readiness readiness) {
    registry.gauge(
        "tollgate_ready",
        "1 while new requests are let in and the store can be written.",
        samples -> samples.add(readiness.word().equals(Readiness.OK) ? 1 : 0));
    registry.gauge(
        "tollgate_draining",
        "1 while the gateway is on its way to its end.",
        samples -> samples.add(readiness.isDraining() ? 1 : 0));
  }

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    response.setHeader("Cache-Control", "no-store");
    Optional<GatewayError> refusal = refusal(request, response);
    if (refusal.isPresent()) {
      Refusal rendered =
          RefusalWriter.render(refusal.get(), OpenAiFlavor.INSTANCE, RequestScope.newRequestId());
      RefusalWriter.send(rendered, request, response);
    } else if (request.getMethod().equals("OPTIONS")) {
      response.setStatus(HttpServletResponse.SC_NO_CONTENT);
      response.setHeader("Allow", ALLOW);
    } else {
      byte[] body = registry.text().getBytes(StandardCharsets.UTF_8);
      response.setContentType(CONTENT_TYPE);
      response.setContentLength(body.length);
      if (!request.getMethod().equals("HEAD")) {
        response.getOutputStream().write(body);
      }
    }
  }

  private Optional<GatewayError> refusal(HttpServletRequest request, HttpServletResponse response) {
    Optional<GatewayError> fault = RefusalWriter.ofFraming(request, response);
    if (fault.isPresent()) {
      return fault;
    }
    if (!RequestScope.isOriginal(request)) {
      return Optional.of(GatewayError.of(Kind.NOT_FOUND));
    }
    return switch (request.getMethod()) {
      case "OPTIONS" -> Optional.empty();
      case "GET", "HEAD" -> token == null ? Optional.empty() : token.refusal(request);
      default -> Optional.of(GatewayError.methodNotAllowed(ALLOW));
    };
  }
}
