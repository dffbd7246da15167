package dev.tollgate.gateway.signal;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Serves liveness and readiness checks for a process supervisor. The gateway is live while none of
 * its own threads has died; {@link Readiness} defines when it is ready. The body is one of a few
 * fixed words.
 */
public final class HealthServlet extends HttpServlet {
  /** The liveness path: 200 while all threads are alive, else 503. */
  public static final String LIVE = "/health/live";

  /** The readiness path: 200 while new requests are accepted, else 503. */
  public static final String READY = "/health/ready";

  private static final long serialVersionUID = 1L;

  private final transient Readiness readiness;

  /**
   * @param readiness the source of both answers
   */
  public HealthServlet(Readiness readiness) {
    this.readiness = readiness;
  }

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    // The servlet path may begin with the gateway's mount path.
    String word =
        request.getServletPath().endsWith(READY)
            ? readiness.word()
            : readiness.isAlive() ? Readiness.OK : Readiness.THREAD_DIED;
    response.setStatus(
        word.equals(Readiness.OK)
            ? HttpServletResponse.SC_OK
            : HttpServletResponse.SC_SERVICE_UNAVAILABLE);
    response.setContentType("text/plain");
    response.setHeader("Cache-Control", "no-store");
    byte[] body = (word + "\n").getBytes(StandardCharsets.US_ASCII);
    response.setContentLength(body.length);
    response.getOutputStream().write(body);
  }
}
