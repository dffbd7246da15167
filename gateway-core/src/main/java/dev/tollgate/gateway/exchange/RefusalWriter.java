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
 * Answers a request that goes no further. Stateless; safe for use by many threads.
 *
 * <p>The refusal is sent at once, whether or not the body has been read. What the client is still
 * sending is then read and dropped, within {@link BodyReader#MAX_DISCARDED_BYTES} and {@link
 * #MAX_DISCARDING}: closing a connection that has unread data resets it, and a client that first
 * sends and then reads would never see the answer (RFC 9112 9.6).
 */
public final class RefusalWriter {
  /** How long an unwanted body is read at most. */
  public static final Duration MAX_DISCARDING = Duration.ofSeconds(5);

  private final RequestScope scope;

  /**
   * @param scope whose exchanges are refused
   */
  public RefusalWriter(RequestScope scope) {
    this.scope = scope;
  }

  /** The codes that an exchange may be refused with. */
  public static Set<String> codes() {
    return Stream.of(Kind.values())
        .filter(kind -> kind != Kind.CONFLICT)
        .map(Kind::code)
        .collect(Collectors.toUnmodifiableSet());
  }

  /**
   * Why a request whose end two servers may see in different places goes no further; empty if its
   * framing is sound. Then the connection is closed behind the answer.
   */
  public static Optional<GatewayError> ofFraming(
      HttpServletRequest request, HttpServletResponse response) {
    Optional<String> fault = RequestFraming.fault(request);
    // It is not known where the next request on this connection would begin.
    fault.ifPresent(what -> response.setHeader("Connection", "close"));
    return fault.map(GatewayError::malformed);
  }

  /** The answer to an exchange's request. */
  public static Refusal render(GatewayError error, Exchange exchange) {
    return render(error, exchange.flavor(), exchange.id());
  }

  /** The answer to a request with this id. */
  public static Refusal render(GatewayError error, Flavor flavor, String requestId) {
    List<Header> headers = new ArrayList<>(error.headers());
    headers.add(new Header("Content-Type", "application/json"));
    headers.add(new Header("X-Request-Id", requestId));
    headers.addAll(flavor.headers(requestId));
    return new Refusal(flavor.status(error), List.copyOf(headers), flavor.body(error, requestId));
  }

  /**
   * Refuses a request on the container's thread, before it has gone asynchronous, and finishes its
   * exchange if there is one. A response that is committed is left alone.
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
   * Sends a refusal where no exchange was opened, on the container's thread, before the request has
   * gone asynchronous; what is left of its body is read and dropped.
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
      // Of a body with its length, Open Liberty's first flush sends nothing, and the second all.
      output.flush();
    }
    response.flushBuffer();
    if (discards) {
      discardBody(request);
    }
  }

  /** Remembers in {@code exchange} what it was refused for. */
  public static void note(Exchange exchange, GatewayError error) {
    exchange.stats().setStatus(exchange.flavor().status(error));
    exchange.stats().setRefusalCode(error.kind().code());
  }

  /**
   * Sets status and headers of {@code refusal}. Its length must be among them before they are sent:
   * so it is complete for the client at once, while the request's body may still be read.
   *
   * @param withLength false if the caller sets it, where {@link ServletContainer#closesAtLength}
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
    // Who waits for 100 Continue sends nothing more (RFC 9110 10.1.1).
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
      // Nobody can read it: the application has taken its reader.
      completion.complete();
    }
  }

  /**
   * Completes an asynchronous request once, whoever is first: the last byte, the time, an error.
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
