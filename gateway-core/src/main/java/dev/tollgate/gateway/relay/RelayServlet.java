package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.exchange.Exchange;
import dev.tollgate.gateway.exchange.RefusalWriter;
import dev.tollgate.gateway.exchange.RequestScope;
import dev.tollgate.gateway.exchange.UpstreamRequest;
import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.flavor.GatewayError.Kind;
import dev.tollgate.gateway.http.BodyReader;
import dev.tollgate.gateway.http.BoundedRequest;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;

/**
 * The end of the chain: relays a request whose filters have said what is to be sent upstream. It
 * fails closed: without an exchange and a principal that its own gateway set, or reached by a
 * forward, it answers 401.
 */
public final class RelayServlet extends HttpServlet {
  /**
   * A request attribute by which a server may offer, as a {@link Runnable}, to have the client's
   * connection reset when it is closed. It is run where the end of the connection is the only end
   * of the body (HTTP/1.0): there a close in order would say that all is well.
   */
  public static final String RESET = "dev.tollgate.gateway.reset";

  private static final long serialVersionUID = 1L;

  private final transient Tools tools;

  /**
   * What relaying takes.
   *
   * @param scope of the gateway that this servlet belongs to
   * @param refusals what answers a request that goes no further
   * @param upstream what calls the upstream
   * @param timer what watches time limits; its threads are never blocked
   * @param maxBodyBytes the largest request body that is read, whichever filters are mapped
   * @param options how the upstream is called
   */
  public record Tools(
      RequestScope scope,
      RefusalWriter refusals,
      UpstreamClient upstream,
      ScheduledExecutorService timer,
      long maxBodyBytes,
      UpstreamOptions options) {}

  /** Makes a container break off a response. Where it was thrown says nothing: it has no trace. */
  private static final class BrokenOff extends IOException {
    private static final long serialVersionUID = 1L;

    BrokenOff() {
      super("the upstream broke off its answer");
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
      return this;
    }
  }

  /** A relay. */
  public RelayServlet(Tools tools) {
    this.tools = tools;
  }

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    if (request.getDispatcherType() == DispatcherType.ASYNC
        && ClientResponse.isBreakingOff(request)) {
      throw new BrokenOff();
    }
    Optional<Exchange> exchange = tools.scope.exchange(request);
    UpstreamRequest upstreamRequest = exchange.map(Exchange::upstreamRequest).orElse(null);
    if (!RequestScope.isOriginal(request)
        || exchange.isEmpty()
        || upstreamRequest == null
        || tools.scope.principal(request).isEmpty()) {
      tools.refusals.refuse(request, response, GatewayError.of(Kind.INVALID_KEY));
      return;
    }
    relay(exchange.get(), upstreamRequest, request, response);
  }

  private void relay(
      Exchange exchange,
      UpstreamRequest upstreamRequest,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    HttpServletRequest bounded =
        request instanceof BoundedRequest
            ? request
            : new BoundedRequest(request, tools.maxBodyBytes);
    boolean hasBody = upstreamRequest.method().equals("POST");
    // Before it goes asynchronous: an application may have taken the reader or the writer already.
    ServletOutputStream output = response.getOutputStream();
    ServletInputStream input = hasBody ? bounded.getInputStream() : null;
    AsyncContext async = request.startAsync(bounded, response);
    RelayedExchange relayed =
        new RelayedExchange(
            exchange,
            upstreamRequest,
            tools,
            new ClientResponse(async, output),
            request.getMethod().equals("HEAD"));
    try {
      // At once: one container throws when a listener is added later.
      async.addListener(relayed.clientEvents());
      async.setTimeout(0);
      relayed.open();
      if (input == null) {
        relayed.dispatch();
      } else {
        BodyReader.collect(bounded, input, relayed.bodyEvents());
      }
    } catch (IOException | RuntimeException e) {
      // Nobody else would end it any more.
      relayed.fail(e);
    }
  }
}
