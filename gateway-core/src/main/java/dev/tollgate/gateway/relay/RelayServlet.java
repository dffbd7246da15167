package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.account.UpstreamAccess;
import dev.tollgate.gateway.client.ClientOptions;
import dev.tollgate.gateway.client.ClientWatch;
import dev.tollgate.gateway.client.TcpTable;
import dev.tollgate.gateway.exchange.Exchange;
import dev.tollgate.gateway.exchange.RefusalWriter;
import dev.tollgate.gateway.exchange.RequestScope;
import dev.tollgate.gateway.exchange.UpstreamRequest;
import dev.tollgate.gateway.flavor.ChatEdits;
import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.flavor.GatewayError.Kind;
import dev.tollgate.gateway.http.BodyMemory;
import dev.tollgate.gateway.http.BodyReader;
import dev.tollgate.gateway.http.BoundedRequest;
import dev.tollgate.gateway.http.IdempotencyKey;
import dev.tollgate.gateway.http.ServletContainer;
import dev.tollgate.gateway.meter.RequestKind;
import dev.tollgate.gateway.upstream.OperatorAccount;
import dev.tollgate.gateway.upstream.UpstreamClient;
import dev.tollgate.gateway.upstream.UpstreamHealth;
import dev.tollgate.gateway.upstream.UpstreamOptions;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.InetSocketAddress;
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

  /**
   * A request attribute by which a server may say, as an {@link InetSocketAddress}, who is on the
   * other side of the connection: the request itself may have a proxy's word for that.
   */
  public static final String PEER = "dev.tollgate.gateway.peer";

  private static final long serialVersionUID = 1L;

  private final transient Tools tools;

  /**
   * What relaying takes.
   *
   * @param scope of the gateway that this servlet belongs to
   * @param refusals what answers a request that goes no further
   * @param upstream what calls the upstream
   * @param billing what charging takes
   * @param edits what is changed in a body on a route where something is
   * @param timer what watches time limits; its threads are never blocked
   * @param clients what notices that a client has gone
   * @param deadlines what tells open calls that their time is up
   * @param health what is known of the upstream
   * @param account what is known of the operator's account there
   * @param bodies what bounds the memory of request bodies
   * @param maxBodyBytes the largest request body that is read, whichever filters are mapped, where
   *     the flavor has no limit of its own
   * @param options how the upstream is called
   * @param clientOptions how long a client is waited for
   */
  public record Tools(
      RequestScope scope,
      RefusalWriter refusals,
      UpstreamClient upstream,
      Billing billing,
      ChatEdits edits,
      ScheduledExecutorService timer,
      ClientWatch clients,
      Deadlines deadlines,
      UpstreamHealth health,
      OperatorAccount account,
      BodyMemory bodies,
      long maxBodyBytes,
      UpstreamOptions options,
      ClientOptions clientOptions) {}

  /** Makes a container break off a response. Where it was thrown says nothing: it has no trace. */
  private static final class BrokenOff extends IOException {
    private static final long serialVersionUID = 1L;

    BrokenOff() {
      super("the answer is broken off");
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
    if (request.getDispatcherType() == DispatcherType.ASYNC && ResponseEnd.isBreakingOff(request)) {
      throw new BrokenOff();
    }
    Optional<Exchange> exchange = tools.scope.exchange(request);
    if (exchange.isPresent() && !exchange.get().route().relayed()) {
      // Nobody has mapped what would answer it.
      tools.refusals.refuse(request, response, GatewayError.of(Kind.NOT_FOUND));
      return;
    }
    UpstreamRequest upstreamRequest = exchange.map(Exchange::upstreamRequest).orElse(null);
    if (!RequestScope.isOriginal(request)
        || exchange.isEmpty()
        || upstreamRequest == null
        || tools.scope.principal(request).isEmpty()) {
      tools.refusals.refuse(request, response, GatewayError.of(Kind.INVALID_KEY));
      return;
    }
    Principal principal = tools.scope.principal(request).get();
    Tab tab = Tab.FREE;
    RequestKind kind = exchange.get().route().kind();
    if (exchange.get().route().edited() && !upstreamRequest.contentCodings().isEmpty()) {
      tools.refusals.refuse(request, response, GatewayError.malformed("body (it is encoded)"));
      return;
    }
    if (kind != null) {
      Optional<String> name = IdempotencyKey.of(request);
      if (name.isEmpty()) {
        tools.refusals.refuse(request, response, GatewayError.malformed(IdempotencyKey.HEADER));
        return;
      }
      String codings = upstreamRequest.contentCodings();
      tab =
          new MeteredTab(
              exchange.get(),
              tools.billing,
              new Payer(
                  principal,
                  upstreamRequest.keyId(),
                  name.get().isEmpty() ? null : name.get(),
                  codings.isEmpty() ? null : codings,
                  kind));
    }
    relay(exchange.get(), principal, upstreamRequest, tab, request, response);
  }

  /** Whether the operator's present key is used: not a project's own, nor one of the past. */
  private static boolean isOperators(Exchange exchange, Principal principal) {
    return exchange.upstreamKey() == null
        && principal.project().upstream().kind() == UpstreamAccess.Kind.DEFAULT;
  }

  /** Whether the project's own key is used. */
  private static boolean isOwn(Exchange exchange, Principal principal) {
    UpstreamAccess access = principal.project().upstream();
    Secret used = exchange.upstreamKey();
    return used == null ? access.kind() == UpstreamAccess.Kind.OWN : access.isOwn(used);
  }

  /** Tomcat leaves a note where it has put a proxy's word in place of the client's address. */
  private static boolean isGenuine(ServletRequest request) {
    return ServletContainer.of(request) == ServletContainer.TOMCAT
        && request.getAttribute("org.apache.tomcat.remoteAddr") == null;
  }

  /** As the container has it, whatever filters in front say of the client's address. */
  private static TcpTable.Peer peer(ServletRequest request) {
    if (request.getAttribute(PEER) instanceof InetSocketAddress far && !far.isUnresolved()) {
      return new TcpTable.Peer(
          request.getLocalPort(), far.getAddress().getHostAddress(), far.getPort(), true);
    }
    ServletRequest innermost = ServletContainer.innermost(request);
    String address = innermost.getRemoteAddr();
    return new TcpTable.Peer(
        innermost.getLocalPort(),
        address == null ? "" : address,
        innermost.getRemotePort(),
        isGenuine(innermost));
  }

  private void relay(
      Exchange exchange,
      Principal principal,
      UpstreamRequest upstreamRequest,
      Tab tab,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    HttpServletRequest bounded =
        request instanceof BoundedRequest
            ? request
            : new BoundedRequest(request, exchange.flavor().maxBodyBytes(tools.maxBodyBytes));
    boolean hasBody = upstreamRequest.method().equals("POST");
    // Before it goes asynchronous: an application may have taken the reader or the writer already.
    ServletOutputStream output = response.getOutputStream();
    ServletInputStream input = hasBody ? bounded.getInputStream() : null;
    BodyMemory.Part memory = tools.bodies.part(principal.project().id());
    AsyncContext async = request.startAsync(bounded, response);
    Call call =
        new Call(
            exchange,
            upstreamRequest,
            tools,
            tab,
            memory,
            new ClientSink(async, output, tools.timer),
            peer(request),
            isOperators(exchange, principal),
            isOwn(exchange, principal),
            request.getMethod().equals("HEAD"));
    try {
      // At once: one container throws when a listener is added later.
      async.addListener(new ContainerEvents(call));
      async.setTimeout(0);
      call.start();
      if (input == null) {
        call.post(Event.BODY_READ, phase -> phase.onBodyRead(null));
      } else {
        long maxBytes = exchange.flavor().maxBodyBytes(tools.maxBodyBytes);
        BodyReader.collect(bounded, input, memory, new BodyEvents(call, maxBytes));
      }
    } catch (IOException | RuntimeException e) {
      // Nothing else would end it any more.
      call.fail(e);
    }
  }
}
