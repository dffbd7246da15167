package dev.tollgate.gateway.exchange;

import dev.tollgate.gateway.flavor.Flavor;
import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.flavor.GatewayError.Kind;
import dev.tollgate.gateway.http.BodyReader;
import dev.tollgate.gateway.http.Header;
import dev.tollgate.gateway.http.RequestFraming;
import dev.tollgate.gateway.http.ServletContainer;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Sends refusals. Stateless; thread-safe.
 *
 * <p>The refusal is sent at once, even while the client is still sending its body. The rest of the
 * body is then read and discarded, within {@link BodyReader#MAX_DISCARDED_BYTES} and {@link
 * #MAX_DISCARDING}. Closing a connection with unread data would reset it, and a client that sends
 * everything before it reads would never see the refusal (RFC 9112 9.6).
 */
public final class RefusalWriter {
  /** The longest time that an unwanted body is read. */
  public static final Duration MAX_DISCARDING = Duration.ofSeconds(5);

  private final RequestScope scope;

  /**
   * @param scope the gateway instance whose exchanges are refused
   */
  public RefusalWriter(RequestScope scope) {
    this.scope = scope;
  }

  /** The error codes with which an exchange can be refused. */
  public static Set<String> codes() {
    return Stream.of(Kind.values()).map(Kind::code).collect(Collectors.toUnmodifiableSet());
  }

  /**
   * Checks a request's framing. Two servers may disagree about the end of a request with faulty
   * framing, so the gateway refuses it and closes the connection after the response.
   *
   * @return the refusal; empty if the framing is sound
   */
  public static Optional<GatewayError> ofFraming(
      HttpServletRequest request, HttpServletResponse response) {
    Optional<String> fault = RequestFraming.fault(request);
    // The start of the next request on this connection is unknown.
    fault.ifPresent(what -> response.setHeader("Connection", "close"));
    return fault.map(GatewayError::malformed);
  }

  /** Renders the refusal of an exchange's request. */
  public static Refusal render(GatewayError error, Exchange exchange) {
    return render(error, exchange.flavor(), exchange.id());
  }

  /** Renders the refusal of a request with this id. */
  public static Refusal render(GatewayError error, Flavor flavor, String requestId) {
    List<Header> headers = new ArrayList<>(error.headers());
    headers.add(new Header("Content-Type", "application/json"));
    headers.add(new Header("X-Request-Id", requestId));
    headers.addAll(flavor.headers(requestId));
    return new Refusal(flavor.status(error), List.copyOf(headers), flavor.body(error, requestId));
  }

  /**
   * Refuses a request and finishes its exchange, if there is one. Call this on the container's
   * thread, before the request is asynchronous. A committed response is left alone.
   *
   * @throws IOException if the client is gone
   */
  public void refuse(HttpServletRequest request, HttpServletResponse response, GatewayError error)
      throws IOException {
    Optional<Exchange> exchange = scope.exchange(request);
    try {
      if (!response.isCommitted()) {
        exchange.ifPresent(e -> note(e, error));
        exchange.ifPresent(Exchange::leaveProject);
        Refusal refusal =
            exchange.isPresent()
                ? render(error, exchange.get())
                : render(error, Flavor.of("", request), RequestScope.newRequestId());
        send(
            refusal,
            request,
            response,
            () -> exchange.ifPresent(e -> e.stats().addResponseBytes(refusal.body().length)));
      }
    } finally {
      exchange.ifPresent(e -> e.decide(Outcome.REFUSED));
      exchange.ifPresent(Exchange::finish);
    }
  }

  /**
   * Sends a refusal for a request without an exchange. Call this on the container's thread, before
   * the request is asynchronous. The rest of the request body is read and discarded.
   *
   * @throws IOException if the client is gone
   */
  public static void send(Refusal refusal, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    send(refusal, request, response, () -> {});
  }

  private static void send(
      Refusal refusal, HttpServletRequest request, HttpServletResponse response, Runnable onBody)
      throws IOException {
    boolean discards = isToBeDiscarded(request);
    boolean withBody = !request.getMethod().equals("HEAD");
    boolean lengthLast = discards && withBody && ServletContainer.of(request).closesAtLength();
    response.resetBuffer();
    apply(refusal, response, !lengthLast);
    if (withBody) {
      ServletOutputStream output = response.getOutputStream();
      output.write(refusal.body());
      onBody.run();
      if (lengthLast) {
        response.setContentLength(refusal.body().length);
      }
      // For a body with a length, Open Liberty's first flush sends nothing and its second sends
      // all.
      output.flush();
    }
    response.flushBuffer();
    if (discards) {
      discardBody(request);
    }
  }

  /** Records the refusal's status and code in {@code exchange}. */
  public static void note(Exchange exchange, GatewayError error) {
    exchange.stats().setStatus(exchange.flavor().status(error));
    exchange.stats().setRefusalCode(error.kind().code());
  }

  /**
   * Sets the status and headers of {@code refusal}. The length must be set before the headers are
   * sent: the client then sees a complete response at once, while the gateway may still read the
   * request body.
   *
   * @param withLength false if the caller sets the length later, because of {@link
   *     ServletContainer#closesAtLength}
   */
  public static void apply(Refusal refusal, HttpServletResponse response, boolean withLength) {
    response.setStatus(refusal.status());
    for (Header header : refusal.headers()) {
      response.setHeader(header.name(), header.value());
    }
    if (withLength) {
      response.setContentLength(refusal.body().length);
    }
  }

  private static boolean isToBeDiscarded(HttpServletRequest request) {
    boolean hasBody =
        request.getContentLengthLong() > 0 || request.getHeader("Transfer-Encoding") != null;
    // A client that waits for 100 Continue sends no body (RFC 9110 10.1.1).
    boolean waits = request.getHeader("Expect") != null;
    return hasBody
        && !waits
        && request.isAsyncSupported()
        && !request.isAsyncStarted()
        && !ServletContainer.of(request).dropsBodies();
  }

  private static void discardBody(HttpServletRequest request) {
    AsyncContext async = request.startAsync();
    Completion completion = new Completion(async);
    async.addListener(completion);
    async.setTimeout(MAX_DISCARDING.toMillis());
    try {
      BodyReader.discard(request, completion::complete);
    } catch (IOException | IllegalStateException e) {
      // The application has taken the reader, so the gateway cannot read the body.
      completion.complete();
    }
  }

  /**
   * Completes an asynchronous request once, on the first of three events: the last byte, the
   * timeout or an error.
   */
  private static final class Completion implements AsyncListener {
    private final AsyncContext async;
    private final AtomicBoolean completed = new AtomicBoolean();

    Completion(AsyncContext async) {
      this.async = async;
    }

    void complete() {
      if (completed.compareAndSet(false, true)) {
        async.complete();
      }
    }

    @Override
    public void onTimeout(AsyncEvent event) {
      complete();
    }

    @Override
    public void onError(AsyncEvent event) {
      complete();
    }

    @Override
    public void onComplete(AsyncEvent event) {
      completed.set(true);
    }

    @Override
    public void onStartAsync(AsyncEvent event) {}
  }
}
