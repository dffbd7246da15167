package dev.tollgate.gateway.signal;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Liveness and readiness, for whoever supervises the process. Live: it answers, and none of the
 * gateway's own threads has died. Ready: see {@link Readiness}. The body is one of a few fixed
 * words.
 */
public final class HealthServlet extends HttpServlet {
  /** Answers 200 while the process serves, else 503. */
  public static final String LIVE = "/health/live";

  /** Answers 200 while new requests are let in, else 503. */
  public static final String READY = "/health/ready";

  private static final long serialVersionUID = 1L;

  private final transient Readiness readiness;

  /**
   * @param readiness what {@link #READY} says
   */
  public HealthServlet(Readiness readiness) {
    this.readiness = readiness;
  }

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    // Below the gateway's path within the application.
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
