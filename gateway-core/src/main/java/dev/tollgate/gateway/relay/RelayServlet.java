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
import dev.tollgate.gateway.ledger.EndUser;
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
 * Servlet at the end of the chain. It relays a request for which the filters have set an upstream
 * request. It fails closed: without an exchange and a principal set by its own gateway, or reached
 * by a forward, it answers 401.
 */
public final class RelayServlet extends HttpServlet {
  /**
   * Request attribute through which a server may offer a {@link Runnable} that makes the close of
   * the client's connection a reset. The relay runs it if the end of the connection is the only end
   * of the body (HTTP/1.0). An orderly close would make a truncated body look complete.
   */
  public static final String RESET = "dev.tollgate.gateway.reset";

  /**
   * Request attribute through which a server may give the peer of the connection, as an {@link
   * InetSocketAddress}. The request's own address may come from a proxy's header.
   */
  public static final String PEER = "dev.tollgate.gateway.peer";

  private static final String END_USER = "X-Tollgate-User";
  private static final long serialVersionUID = 1L;

  private final transient Tools tools;

  /**
   * Collaborators and settings of the relay.
   *
   * @param scope of the gateway that this servlet belongs to
   * @param refusals writes the answer to a refused request
   * @param upstream calls the upstream
   * @param billing collaborators for charging
   * @param edits changes to bodies on the routes that need them
   * @param timer schedules delayed tasks; its threads must not be blocked
   * @param clients detects that a client has gone
   * @param deadlines checks the time limits of open calls
   * @param health circuit breaker for the upstream
   * @param account monitor of the operator's account at the upstream
   * @param bodies limits the memory for request bodies
   * @param maxBodyBytes the largest request body that is read, whichever filters are mapped, where
   *     the flavor has no limit of its own
   * @param options timeouts and limits of calls to the upstream
   * @param clientOptions how long the relay waits for a client
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

  /**
   * Exception that makes a container break off a response. It has no stack trace, because its
   * origin carries no information.
   */
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
      // No servlet is mapped that would answer this route.
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
                  endUser(request),
                  kind));
    }
    relay(exchange.get(), principal, upstreamRequest, tab, request, response);
  }

  private static String endUser(HttpServletRequest request) {
    String given = request.getHeader(END_USER);
    return given == null ? "" : EndUser.ofHeader(given);
  }

  /**
   * Whether the call uses the operator's present key: neither a project's own key nor a former key.
   */
  private static boolean isOperators(Exchange exchange, Principal principal) {
    return exchange.upstreamKey() == null
        && principal.project().upstream().kind() == UpstreamAccess.Kind.DEFAULT;
  }

  /** Whether the call uses the project's own key. */
  private static boolean isOwn(Exchange exchange, Principal principal) {
    UpstreamAccess access = principal.project().upstream();
    Secret used = exchange.upstreamKey();
    return used == null ? access.kind() == UpstreamAccess.Kind.OWN : access.isOwn(used);
  }

  /**
   * Whether the address is known to be the client's own. Tomcat sets an attribute when it has
   * replaced the address with one from a proxy's header.
   */
  private static boolean isGenuine(ServletRequest request) {
    return ServletContainer.of(request) == ServletContainer.TOMCAT
        && request.getAttribute("org.apache.tomcat.remoteAddr") == null;
  }

  /**
   * The peer of the connection as the container knows it, whatever filters in front say about the
   * client's address.
   */
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
    // Before startAsync(): an application may already have taken the reader or the writer.
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
      // Nothing else would end the call.
      call.fail(e);
    }
  }
}
