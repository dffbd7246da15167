package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.KeyFingerprint;
import dev.tollgate.gateway.account.StoreUnavailableException;
import dev.tollgate.gateway.admin.AdminRoute.Export;
import dev.tollgate.gateway.admin.AdminRoute.Reply;
import dev.tollgate.gateway.admin.IdempotentRequests.Answer;
import dev.tollgate.gateway.exchange.AccessEntry;
import dev.tollgate.gateway.exchange.AccessLog;
import dev.tollgate.gateway.exchange.Asked;
import dev.tollgate.gateway.exchange.OperatorToken;
import dev.tollgate.gateway.exchange.Refusal;
import dev.tollgate.gateway.exchange.RefusalWriter;
import dev.tollgate.gateway.exchange.RefusedException;
import dev.tollgate.gateway.exchange.RequestScope;
import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.flavor.GatewayError.Kind;
import dev.tollgate.gateway.flavor.OpenAiFlavor;
import dev.tollgate.gateway.http.IdempotencyKey;
import dev.tollgate.gateway.http.RouteTable;
import dev.tollgate.gateway.http.RouteTable.Match;
import dev.tollgate.gateway.http.TraceParent;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The operator's use cases over HTTP, behind the operator's token. Each request is answered on the
 * container's thread. The thread may block on the database and, once the token was accepted, on the
 * request body.
 */
public final class AdminServlet extends HttpServlet {
  /** The path prefix of all admin routes. */
  public static final String ROOT = "/admin/v1";

  private static final long serialVersionUID = 1L;
  private static final int RETRY_AFTER_SECONDS = 1;
  private static final Logger LOG = System.getLogger(AdminServlet.class.getName());

  private final transient AdminService admin;
  private final transient OperatorToken token;
  private final transient String mount;
  private final transient RouteTable<AdminRoute> routes;
  private final transient AccessLog access;

  /**
   * @param admin the use cases
   * @param token the credential that the requests must present
   * @param mount the path within the application that contains {@link #ROOT}; empty: the root
   * @param durations parses a duration such as {@code 7d}, or throws {@link
   *     IllegalArgumentException}
   * @param access gets a line for each request
   */
  public AdminServlet(
      AdminService admin,
      OperatorToken token,
      String mount,
      Function<String, Duration> durations,
      AccessLog access) {
    this.admin = admin;
    this.token = token;
    this.access = access;
    this.mount = mount;
    this.routes = AdminRoute.table(new AdminRoutes(durations, AdminRoutes.openApi()).all());
  }

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    long start = System.nanoTime();
    String id = RequestScope.newRequestId();
    Match<AdminRoute> match = match(request);
    // Read these now: a refusal discards the rest of the body, after which the request may be over.
    String client = RequestScope.printableAddress(request.getRemoteAddr());
    String traceId = TraceParent.traceId(request.getHeader("traceparent"));
    Asked asked = Asked.of(request.getMethod(), request.getRequestURI());
    String code = null;
    int status;
    response.setHeader("Cache-Control", "no-store");
    response.setHeader("X-Request-Id", id);
    try {
      status = answer(match, client, request, response);
    } catch (RuntimeException e) {
      GatewayError error = error(e, id);
      code = error.kind().code();
      status = refuse(error, id, request, response);
    }
    String route = null;
    String project = null;
    if (match instanceof Match.Found<AdminRoute> found) {
      route = ROOT + found.route().path();
      project = found.parameters().get("name");
    }
    access.write(
        AccessEntry.withoutExchange(
            id, traceId, asked, route, project, client, status, code, start));
  }

  private Match<AdminRoute> match(HttpServletRequest request) {
    String uri = request.getRequestURI();
    String base = request.getContextPath() + mount + ROOT;
    return uri.startsWith(base)
        ? routes.find(request.getMethod(), uri.substring(base.length()))
        : new Match.Unknown<>();
  }

  private static GatewayError error(RuntimeException e, String id) {
    if (e instanceof RefusedException refused) {
      return refused.error();
    }
    if (e instanceof AdminException fault) {
      return fault.error();
    }
    if (e instanceof StoreUnavailableException) {
      LOG.log(Level.WARNING, "{0}: the store is unavailable: {1}", id, e.getMessage());
      return GatewayError.unavailable(RETRY_AFTER_SECONDS);
    }
    LOG.log(Level.ERROR, id + ": unexpected failure", e);
    return GatewayError.of(Kind.REQUEST_BUILD_FAILED);
  }

  private static int refuse(
      GatewayError error, String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Refusal refusal = RefusalWriter.render(error, OpenAiFlavor.INSTANCE, id);
    if (response.isCommitted()) {
      // The container breaks the connection, so the client does not mistake a truncated body for a
      // complete one.
      throw new IOException("the answer broke off: " + error.kind().code());
    }
    RefusalWriter.send(refusal, request, response);
    return refusal.status();
  }

  private int answer(
      Match<AdminRoute> match,
      String client,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    refuseIf(RefusalWriter.ofFraming(request, response));
    if (!RequestScope.isOriginal(request) || match instanceof Match.Unknown<AdminRoute>) {
      throw new RefusedException(GatewayError.of(Kind.NOT_FOUND));
    }
    if (match instanceof Match.OtherMethod<AdminRoute> other) {
      if (!request.getMethod().equals("OPTIONS")) {
        throw new RefusedException(GatewayError.methodNotAllowed(other.allow()));
      }
      response.setStatus(HttpServletResponse.SC_NO_CONTENT);
      response.setHeader("Allow", other.allow());
      return HttpServletResponse.SC_NO_CONTENT;
    }
    refuseIf(token.refusal(request));
    Match.Found<AdminRoute> found = (Match.Found<AdminRoute>) match;
    Map<String, String> query = AdminCall.parse(request.getQueryString(), found.route().query());
    String body = AdminBody.read(request);
    AdminCall call = new AdminCall(admin.as(Actor.api(client)), found.parameters(), query, body);
    if (found.route().method().equals("POST")) {
      return write(carryOut(found.route(), call, request), request, response);
    }
    Reply reply = found.route().handler().handle(call);
    return reply.body() instanceof Export export
        ? write(export, request, response)
        : write(reply.answer(), request, response);
  }

  private static void refuseIf(Optional<GatewayError> refusal) {
    if (refusal.isPresent()) {
      throw new RefusedException(refusal.get());
    }
  }

  private static Answer carryOut(AdminRoute route, AdminCall call, HttpServletRequest request) {
    String key =
        IdempotencyKey.of(request)
            .orElseThrow(() -> new RefusedException(GatewayError.malformed(IdempotencyKey.HEADER)));
    if (key.isEmpty()) {
      return route.handler().handle(call).answer();
    }
    String asked = request.getMethod() + "\n" + request.getRequestURI() + "\n" + call.text();
    return call.admin()
        .idempotentRequests()
        .once(key, KeyFingerprint.of(asked).hex(), () -> route.handler().handle(call).answer());
  }

  private static int write(Answer answer, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
    response.setStatus(answer.status());
    response.setContentType("application/json");
    response.setContentLength(body.length);
    if (!request.getMethod().equals("HEAD")) {
      response.getOutputStream().write(body);
    }
    return answer.status();
  }

  private static int write(Export export, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    response.setContentType(export.format().contentType());
    if (!request.getMethod().equals("HEAD")) {
      Writer out = new OutputStreamWriter(response.getOutputStream(), StandardCharsets.UTF_8);
      export.entries().writeTo(out, export.format());
      out.flush();
    }
    return response.getStatus();
  }
}
