package dev.tollgate.gateway.selfservice;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.InferenceKeys;
import dev.tollgate.gateway.account.Limits;
import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.exchange.Exchange;
import dev.tollgate.gateway.exchange.Outcome;
import dev.tollgate.gateway.exchange.RefusalWriter;
import dev.tollgate.gateway.exchange.RefusedException;
import dev.tollgate.gateway.exchange.RequestScope;
import dev.tollgate.gateway.exchange.Route;
import dev.tollgate.gateway.exchange.Route.Access;
import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.flavor.GatewayError.Kind;
import dev.tollgate.gateway.http.BodyTooLargeException;
import dev.tollgate.gateway.http.PercentEncoding;
import dev.tollgate.gateway.json.Json;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Reports;
import dev.tollgate.gateway.meter.PriceBook;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * The end of the filter chain for routes that the gateway itself answers: a project's keys,
 * credits, activity and balance, the list of prices, and the OpenAPI document. It never reveals the
 * operator's account. Like the relay, it refuses a request that the filters have not authenticated.
 */
public final class SelfServiceServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private static final int RETRY_AFTER_SECONDS = 5;
  private static final String KEYS = Route.API + "/keys";
  private static final String ACTIVITY = Route.API + "/activity";

  /**
   * The maximum number of container threads, for callers with and without a key separately. Each
   * thread waits for its client, which may send a body or read a response slowly.
   */
  static final int MAX_THREADS = 16;

  /**
   * The maximum number of requests for keys and activity that a project has open at the same time.
   * They read the ledger's entries, which takes long for a project with millions of them.
   */
  static final int MAX_COSTLY_OF_PROJECT = 2;

  /** The longest body that a route for keys reads. */
  static final int MAX_BODY_BYTES = 64 << 10;

  private static final ObjectMapper JSON =
      new ObjectMapper(Json.factory().build())
          .enable(JsonGenerator.Feature.WRITE_BIGDECIMAL_AS_PLAIN);

  private final transient Tools tools;
  private final transient KeyRoutes keyRoutes;
  private final transient ActivityRoute activity;
  private final transient Semaphore forProjects = new Semaphore(MAX_THREADS);
  private final transient Semaphore forStrangers = new Semaphore(MAX_THREADS);
  private final transient ProjectSlots costly = new ProjectSlots(MAX_COSTLY_OF_PROJECT);

  /**
   * The servlet's collaborators.
   *
   * @param scope the scope of the gateway instance that this servlet belongs to
   * @param refusals sends refusals
   * @param ledger has the balances
   * @param prices has the prices of models
   * @param keys changes inference keys; null: the embedding application manages the keys, and
   *     projects cannot change any
   * @param reports has the ledger's entries; null: the embedding application keeps the ledger
   * @param defaults the limits of projects that have none of their own
   */
  public record Tools(
      RequestScope scope,
      RefusalWriter refusals,
      Ledger ledger,
      PriceBook prices,
      @Nullable InferenceKeys keys,
      @Nullable Reports reports,
      Limits defaults,
      InstantSource clock) {}

  /** Creates the servlet. */
  public SelfServiceServlet(Tools tools) {
    this.tools = tools;
    this.keyRoutes = new KeyRoutes(tools.keys, tools.ledger, tools.clock);
    this.activity = new ActivityRoute(tools.reports, tools.clock);
  }

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Optional<String> project = projectOfCostly(request);
    if (project.isPresent() && !costly.tryAcquire(project.get())) {
      tools.refusals.refuse(request, response, GatewayError.tooManyAtOnce());
      return;
    }
    try {
      answerInThread(request, response);
    } finally {
      project.ifPresent(costly::release);
    }
  }

  /** The project of a request for keys or activity; empty: it is another request. */
  private Optional<String> projectOfCostly(HttpServletRequest request) {
    return tools
        .scope
        .exchange(request)
        .map(exchange -> exchange.route().path())
        .filter(path -> path.startsWith(KEYS) || path.equals(ACTIVITY))
        .flatMap(path -> tools.scope.principal(request))
        .map(principal -> principal.project().id());
  }

  private void answerInThread(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    boolean stranger = tools.scope.principal(request).isEmpty();
    Semaphore threads = stranger ? forStrangers : forProjects;
    if (!threads.tryAcquire()) {
      tools.refusals.refuse(request, response, GatewayError.unavailable(RETRY_AFTER_SECONDS));
      return;
    }
    try {
      answer(request, response);
    } finally {
      threads.release();
    }
  }

  private void answer(HttpServletRequest request, HttpServletResponse response) throws IOException {
    Exchange exchange = tools.scope.exchange(request).orElse(null);
    Optional<Principal> principal = tools.scope.principal(request);
    if (!RequestScope.isOriginal(request)
        || exchange == null
        || (principal.isEmpty() && exchange.route().access() != Access.PUBLIC)) {
      tools.refusals.refuse(request, response, GatewayError.of(Kind.INVALID_KEY));
      return;
    }
    try {
      // Read the whole body first: a request with a truncated or oversized body must change
      // nothing.
      byte[] body = body(request, exchange.route());
      Reply reply =
          principal.isEmpty()
              ? publicAnswer(exchange)
              : answer(exchange, principal.get(), request, body);
      write(reply, exchange, request, response);
    } catch (RefusedException e) {
      tools.refusals.refuse(request, response, e.error());
    }
  }

  /** The body, for a route that reads it. Any other body is read and dropped. */
  private static byte[] body(HttpServletRequest request, Route route) {
    boolean read = route.path().startsWith(KEYS) && !route.method().equals("GET");
    try {
      if (!read) {
        request.getInputStream().transferTo(OutputStream.nullOutputStream());
        return new byte[0];
      }
      byte[] bytes = request.getInputStream().readNBytes(MAX_BODY_BYTES + 1);
      if (bytes.length > MAX_BODY_BYTES) {
        throw new RefusedException(GatewayError.bodyTooLarge(MAX_BODY_BYTES));
      }
      return bytes;
    } catch (BodyTooLargeException e) {
      throw new RefusedException(GatewayError.bodyTooLarge(e.maxBytes()));
    } catch (IOException e) {
      throw RefusedException.malformed("body");
    }
  }

  private Reply publicAnswer(Exchange exchange) {
    return switch (exchange.route().path()) {
      case "/v0/llm/models" -> {
        if (tools.prices.isEmpty()) {
          // The prices have not been read yet. An empty list would claim that there are no models.
          throw new RefusedException(GatewayError.unavailable(RETRY_AFTER_SECONDS));
        }
        yield Reply.ok(Answer.models(tools.prices.list()));
      }
      case "/api/v1/openapi.json" -> Reply.ok(OpenApi.document());
      default -> throw RefusedException.notFound();
    };
  }

  private Reply answer(Exchange exchange, Principal who, HttpServletRequest request, byte[] body) {
    String projectId = who.project().id();
    Route route = exchange.route();
    if (route.path().startsWith(KEYS)) {
      new Parameters(exchange.query()).requireWorkspace(who.project().name());
    }
    return switch (route.method() + " " + route.path()) {
      case "GET /api/v1/key", "GET /api/v1/auth/key" -> Reply.ok(Answer.data(keyFacts(who)));
      case "GET /api/v1/credits" ->
          Reply.ok(Answer.data(Answer.credits(tools.ledger.totals(projectId))));
      case "GET /api/v1/activity" -> activity.read(who, exchange.query());
      case "GET /api/v1/keys" -> keyRoutes.list(who, exchange.query());
      case "POST /api/v1/keys" -> keyRoutes.create(who, text(request, body));
      case "GET /api/v1/keys/{hash}" -> keyRoutes.read(who, hash(request));
      case "PATCH /api/v1/keys/{hash}" -> keyRoutes.change(who, hash(request), text(request, body));
      case "DELETE /api/v1/keys/{hash}" -> keyRoutes.delete(who, hash(request));
      case "GET /v0/credits/balance" -> Reply.ok(Answer.balance(tools.ledger.balance(projectId)));
      case "POST /v0/llm/enable" ->
          Reply.ok(Answer.enabled(keys().enable(projectId, who.key().id()).key()));
      case "GET /v0/llm/status" -> Reply.ok(Answer.status(keys().enabledSince(projectId)));
      case "DELETE /v0/llm/disable" -> {
        keys().disable(projectId, who.key().id());
        yield Reply.ok(new Answer().add("success", true));
      }
      default -> publicAnswer(exchange);
    };
  }

  private InferenceKeys keys() {
    if (tools.keys == null) {
      throw RefusedException.notFound();
    }
    return tools.keys;
  }

  /** The path's last segment. The path has matched its route, so the segment is well-formed. */
  private static String hash(HttpServletRequest request) {
    String path = request.getRequestURI();
    return PercentEncoding.decode(path.substring(path.lastIndexOf('/') + 1)).orElse("");
  }

  private static String text(HttpServletRequest request, byte[] body) {
    String coding = request.getHeader("Content-Encoding");
    if (coding != null && !coding.trim().equalsIgnoreCase("identity")) {
      throw RefusedException.malformed("the body is encoded");
    }
    if (!Json.isUtf8(body)) {
      throw RefusedException.malformed("the body is not UTF-8");
    }
    return new String(body, StandardCharsets.UTF_8);
  }

  private Answer keyFacts(Principal who) {
    ApiKey key = who.key();
    return KeyFacts.of(
        key,
        tools.ledger.spending(
            who.project().id(), key.caps().isEmpty() ? null : key.id(), tools.clock.instant()),
        who.project().limits().over(tools.defaults).rate());
  }

  private static void write(
      Reply reply, Exchange exchange, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    byte[] body = JSON.writeValueAsBytes(reply.body());
    response.setStatus(reply.status());
    response.setContentType("application/json");
    response.setHeader("X-Request-Id", exchange.id());
    // The response is valid only now and only for this caller.
    response.setHeader("Cache-Control", "no-store");
    response.setContentLength(body.length);
    exchange.stats().setStatus(reply.status());
    exchange.decide(Outcome.COMPLETE);
    if (!request.getMethod().equals("HEAD")) {
      response.getOutputStream().write(body);
      exchange.stats().addResponseBytes(body.length);
    }
  }
}
