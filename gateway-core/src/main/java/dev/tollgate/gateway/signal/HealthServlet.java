package dev.tollgate.gateway.signal;

import dev.tollgate.gateway.exchange.Traffic;
import dev.tollgate.gateway.ledger.Ledger;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Liveness and readiness, for whoever supervises the process. Live: it answers. Ready: it is not
 * draining or about to, and its store can be written, which is tried. The body is one of a few
 * fixed words.
 */
public final class HealthServlet extends HttpServlet {
  /** Answers 200 while the process serves. */
  public static final String LIVE = "/health/live";

  /** Answers 200 while new requests are let in, else 503. */
  public static final String READY = "/health/ready";

  private static final long serialVersionUID = 1L;
  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final Duration BELIEVED_FOR = Duration.ofMillis(500);

  private final transient Traffic traffic;
  private final transient Ledger ledger;

  // Guarded by this: who asks while the store is being tried waits for the same answer.
  private boolean storeAnswered;
  private boolean storeTried;
  private long triedAtNanos;

  /**
   * @param traffic knows whether the gateway is draining
   * @param ledger what has to be writable
   */
  public HealthServlet(Traffic traffic, Ledger ledger) {
    this.traffic = traffic;
    this.ledger = ledger;
  }

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    String word = "ok";
    // Below the gateway's path within the application.
    if (request.getServletPath().endsWith(READY)) {
      if (traffic.isLeaving()) {
        word = "draining";
      } else if (!storeAnswers()) {
        word = "store unavailable";
      }
    }
    response.setStatus(
        word.equals("ok") ? HttpServletResponse.SC_OK : HttpServletResponse.SC_SERVICE_UNAVAILABLE);
    response.setContentType("text/plain");
    response.setHeader("Cache-Control", "no-store");
    byte[] body = (word + "\n").getBytes(StandardCharsets.US_ASCII);
    response.setContentLength(body.length);
    response.getOutputStream().write(body);
  }

  private synchronized boolean storeAnswers() {
    if (!storeTried || System.nanoTime() - triedAtNanos > BELIEVED_FOR.toNanos()) {
      storeAnswered = tryStore();
      storeTried = true;
      triedAtNanos = System.nanoTime();
    }
    return storeAnswered;
  }

  private boolean tryStore() {
    try {
      ledger.probe().toCompletableFuture().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (ExecutionException | TimeoutException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
