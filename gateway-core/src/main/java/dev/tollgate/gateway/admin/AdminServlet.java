package dev.tollgate.gateway.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tollgate.gateway.account.KeyFingerprint;
import dev.tollgate.gateway.account.StoreUnavailableException;
import dev.tollgate.gateway.admin.AdminRoute.Reply;
import dev.tollgate.gateway.admin.IdempotentRequests.Answer;
import dev.tollgate.gateway.exchange.AccessEntry;
import dev.tollgate.gateway.exchange.AccessLog;
import dev.tollgate.gateway.exchange.Asked;
import dev.tollgate.gateway.exchange.OperatorToken;
import dev.tollgate.gateway.exchange.Outcome;
import dev.tollgate.gateway.exchange.Refusal;
import dev.tollgate.gateway.exchange.RefusalWriter;
import dev.tollgate.gateway.exchange.RequestScope;
import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.flavor.GatewayError.Kind;
import dev.tollgate.gateway.flavor.OpenAiFlavor;
import dev.tollgate.gateway.http.RequestFraming;
import dev.tollgate.gateway.http.RouteTable;
import dev.tollgate.gateway.http.RouteTable.Match;
import dev.tollgate.gateway.http.TraceParent;
import dev.tollgate.gateway.json.Json;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The operator's use cases over HTTP, for whoever has the token. Each request is answered on the
 * container's thread, which may wait for the database and, once the token was right, for the body.
 */
public final class AdminServlet extends HttpServlet {
  /** What all its routes are below. */
  public static final String ROOT = "/admin/v1";

  /** A request body has so many bytes at most. */
  public static final int MAX_BODY_BYTES = 64 << 10;

  private static final long serialVersionUID = 1L;
  private static final int RETRY_AFTER_SECONDS = 1;
  private static final int MAX_IDEMPOTENCY_KEY_CHARACTERS = 255;
  private static final String IDEMPOTENCY_KEY = "Idempotency-Key";
  private static final Logger LOG = System.getLogger(AdminServlet.class.getName());

  private final transient AdminService admin;
  private final transient OperatorToken token;
  private final transient String mount;
  private final transient RouteTable<AdminRoute> routes;
  private final transient AccessLog access;

  /**
   * @param admin the use cases
   * @param token what opens them
   * @param mount the path within the application below which {@link #ROOT} is; empty: its root
   * @param durations reads a span of time such as {@code 7d}, or throws {@link
   *     IllegalArgumentException}
   * @param access has a line for each request
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
    this.routes = AdminRoute.table(new AdminRoutes(durations, openApi()).all());
  }

  /** The document that describes the admin API (OpenAPI 3.1). */
  private static JsonNode openApi() {
    try (InputStream in = AdminServlet.class.getResourceAsStream("openapi.json")) {
      if (in == null) {
        throw new IllegalStateException("openapi.json is missing from the jar");
      }
      return Json.mapper().readTree(in);
    } catch (IOException e) {
      throw new IllegalStateException("openapi.json cannot be read", e);
    }
  }

  /** A request that goes no further. */
  private static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient GatewayError error;

    Refused(GatewayError error) {
      super(error.text(), null, false, false);
      this.error = error;
    }
  }

  /** Who asks. */
  private record Client(String address, @Nullable String traceId) {
    static Client of(HttpServletRequest request) {
      return new Client(
          RequestScope.printableAddress(request.getRemoteAddr()),
          TraceParent.traceId(request.getHeader("traceparent")));
    }
  }

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    long start = System.nanoTime();
    String id = RequestScope.newRequestId();
    Match<AdminRoute> match = match(request);
    // Asked for now: once what is left of a body is being dropped, the request may be over.
    Client client = Client.of(request);
    String code = null;
    int status;
    response.setHeader("Cache-Control", "no-store");
    response.setHeader("X-Request-Id", id);
    try {
      status = answer(match, request, response);
    } catch (Refused e) {
      code = e.error.kind().code();
      status = refuse(e.error, id, request, response);
    } catch (AdminException e) {
      GatewayError error = error(e);
      code = error.kind().code();
      status = refuse(error, id, request, response);
    } catch (StoreUnavailableException e) {
      LOG.log(Level.WARNING, "{0}: the store is unavailable: {1}", id, e.getMessage());
      code = Kind.UNAVAILABLE.code();
      status = refuse(GatewayError.unavailable(RETRY_AFTER_SECONDS), id, request, response);
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, id + ": failed unexpectedly", e);
      code = Kind.REQUEST_BUILD_FAILED.code();
      status = refuse(GatewayError.of(Kind.REQUEST_BUILD_FAILED), id, request, response);
    }
    log(
        match,
        id,
        status,
        code,
        start,
        client,
        Asked.of(request.getMethod(), request.getRequestURI()));
  }

  private Match<AdminRoute> match(HttpServletRequest request) {
    String uri = request.getRequestURI();
    String base = request.getContextPath() + mount + ROOT;
    return uri.startsWith(base)
        ? routes.find(request.getMethod(), uri.substring(base.length()))
        : new Match.Unknown<>();
  }

  private static GatewayError error(AdminException e) {
    String message = String.valueOf(e.getMessage());
    return switch (e.reason()) {
      case INVALID -> GatewayError.malformed(message);
      case UNKNOWN -> GatewayError.notFound(message);
      case CONFLICT -> GatewayError.conflict(message);
      case KEY_REUSED -> GatewayError.duplicateRequest(message);
    };
  }

  private static int refuse(
      GatewayError error, String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Refusal refusal = RefusalWriter.render(error, OpenAiFlavor.INSTANCE, id);
    if (!response.isCommitted()) {
      RefusalWriter.send(refusal, request, response);
    }
    return refusal.status();
  }

  private int answer(
      Match<AdminRoute> match, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Optional<String> fault = RequestFraming.fault(request);
    if (fault.isPresent()) {
      // Nobody can tell where the next request on this connection would begin.
      response.setHeader("Connection", "close");
      throw new Refused(GatewayError.malformed(fault.get()));
    }
    if (!RequestScope.isOriginal(request) || match instanceof Match.Unknown<AdminRoute>) {
      throw new Refused(GatewayError.of(Kind.NOT_FOUND));
    }
    if (match instanceof Match.OtherMethod<AdminRoute> other) {
      if (!request.getMethod().equals("OPTIONS")) {
        throw new Refused(GatewayError.methodNotAllowed(other.allow()));
      }
      response.setStatus(HttpServletResponse.SC_NO_CONTENT);
      response.setHeader("Allow", other.allow());
      return HttpServletResponse.SC_NO_CONTENT;
    }
    token
        .refusal(request)
        .ifPresent(
            error -> {
              throw new Refused(error);
            });
    Match.Found<AdminRoute> found = (Match.Found<AdminRoute>) match;
    Map<String, String> query = AdminCall.parse(request.getQueryString(), found.route().query());
    String body = body(request);
    String address = RequestScope.printableAddress(request.getRemoteAddr());
    AdminCall call = new AdminCall(admin.as(Actor.api(address)), found.parameters(), query, body);
    Answer answer = carryOut(found.route(), call, request);
    write(answer, request, response);
    return answer.status();
  }

  // --- the body

  private static String body(HttpServletRequest request) throws IOException {
    long declared = request.getContentLengthLong();
    if (declared > MAX_BODY_BYTES) {
      throw new Refused(tooLarge());
    }
    byte[] bytes;
    try {
      bytes = request.getInputStream().readNBytes(MAX_BODY_BYTES + 1);
    } catch (IOException e) {
      // It broke off; perhaps there is nobody any more to be told.
      throw new Refused(GatewayError.malformed("body"));
    }
    if (bytes.length > MAX_BODY_BYTES) {
      throw new Refused(tooLarge());
    }
    if (declared > bytes.length) {
      // Somebody in front has read it. What was asked for is not known.
      throw new Refused(GatewayError.malformed("body"));
    }
    if (bytes.length > 0) {
      requireJson(request);
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new Refused(GatewayError.malformed("the body is not UTF-8"));
    }
  }

  private static GatewayError tooLarge() {
    return GatewayError.bodyTooLarge("64 KiB");
  }

  private static void requireJson(HttpServletRequest request) {
    // As it came: a container may fail on a charset that it does not know.
    String type = String.valueOf(request.getHeader("Content-Type")).toLowerCase(Locale.ROOT);
    String coding = request.getHeader("Content-Encoding");
    if (!type.matches("application/json\\s*(;\\s*charset\\s*=\\s*\"?utf-8\"?\\s*)?")) {
      throw new Refused(GatewayError.malformed("Content-Type is not application/json"));
    }
    if (coding != null && !coding.trim().equalsIgnoreCase("identity")) {
      throw new Refused(GatewayError.malformed("the body is encoded"));
    }
  }

  // --- once

  private static Answer carryOut(AdminRoute route, AdminCall call, HttpServletRequest request) {
    String key = route.method().equals("POST") ? idempotencyKey(request) : null;
    if (key == null) {
      return answer(route.handler().handle(call));
    }
    String asked = request.getMethod() + "\n" + request.getRequestURI() + "\n" + call.text();
    return call.admin()
        .idempotentRequests()
        .once(key, KeyFingerprint.of(asked).hex(), () -> answer(route.handler().handle(call)));
  }

  private static @Nullable String idempotencyKey(HttpServletRequest request) {
    Set<String> keys = new TreeSet<>();
    for (String value : Collections.list(request.getHeaders(IDEMPOTENCY_KEY))) {
      keys.add(value.trim());
    }
    keys.remove("");
    if (keys.isEmpty()) {
      return null;
    }
    String key = keys.iterator().next();
    if (keys.size() > 1 || key.length() > MAX_IDEMPOTENCY_KEY_CHARACTERS) {
      throw new Refused(GatewayError.malformed(IDEMPOTENCY_KEY));
    }
    return key;
  }

  private static Answer answer(Reply reply) {
    Object kept = reply.body();
    if (kept instanceof Map<?, ?> fields && fields.containsKey(Fields.API_KEY)) {
      Map<String, @Nullable Object> without = Fields.fields();
      fields.forEach((name, value) -> without.put(String.valueOf(name), value));
      without.put(Fields.API_KEY, null);
      kept = without;
    }
    try {
      return new Answer(
          reply.status(),
          Json.mapper().writeValueAsString(reply.body()),
          Json.mapper().writeValueAsString(kept));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("what is shown is always JSON", e);
    }
  }

  private static void write(Answer answer, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
    response.setStatus(answer.status());
    response.setContentType("application/json");
    response.setContentLength(body.length);
    if (!request.getMethod().equals("HEAD")) {
      response.getOutputStream().write(body);
    }
  }

  private void log(
      Match<AdminRoute> match,
      String id,
      int status,
      @Nullable String code,
      long start,
      Client client,
      Asked asked) {
    boolean found = match instanceof Match.Found<AdminRoute>;
    access.write(
        new AccessEntry(
            id,
            client.traceId,
            asked.method(),
            match instanceof Match.Found<AdminRoute> one ? ROOT + one.route().path() : "-",
            found ? null : asked.path(),
            match instanceof Match.Found<AdminRoute> one ? one.parameters().get("name") : null,
            null,
            client.address,
            status,
            (code == null ? Outcome.COMPLETE : Outcome.REFUSED).toString(),
            code,
            AccessEntry.UNKNOWN,
            AccessEntry.UNKNOWN,
            null,
            AccessEntry.UNKNOWN,
            TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)));
  }
}
