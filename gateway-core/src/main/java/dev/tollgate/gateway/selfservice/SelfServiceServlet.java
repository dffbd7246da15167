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
import dev.tollgate.gateway.exchange.RequestScope;
import dev.tollgate.gateway.exchange.Route.Access;
import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.flavor.GatewayError.Kind;
import dev.tollgate.gateway.http.BodyTooLargeException;
import dev.tollgate.gateway.json.Json;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.meter.PriceBook;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * The end of the filter chain for routes that the gateway itself answers: a project's key, credits,
 * balance and inference key, and the list of prices. It never reveals the operator's account. Like
 * the relay, it refuses a request that the filters have not authenticated.
 */
public final class SelfServiceServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private static final int RETRY_AFTER_SECONDS = 5;

  /**
   * The maximum number of container threads, for callers with and without a key separately. Each
   * thread waits for its client, which may send a body or read a response slowly.
   */
  static final int MAX_THREADS = 16;

  private static final ObjectMapper JSON =
      new ObjectMapper(Json.factory().build())
          .enable(JsonGenerator.Feature.WRITE_BIGDECIMAL_AS_PLAIN);

  private final transient Tools tools;
  private final transient Semaphore forProjects = new Semaphore(MAX_THREADS);
  private final transient Semaphore forStrangers = new Semaphore(MAX_THREADS);

  /**
   * The servlet's collaborators.
   *
   * @param scope the scope of the gateway instance that this servlet belongs to
   * @param refusals sends refusals
   * @param ledger has the balances
   * @param prices has the prices of models
   * @param keys creates inference keys; null: the embedding application manages the keys, and
   *     projects cannot create any
   * @param defaults the limits of projects that have none of their own
   */
  public record Tools(
      RequestScope scope,
      RefusalWriter refusals,
      Ledger ledger,
      PriceBook prices,
      @Nullable InferenceKeys keys,
      Limits defaults,
      InstantSource clock) {}

  /** Creates the servlet. */
  public SelfServiceServlet(Tools tools) {
    this.tools = tools;
  }

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
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
      // Read and drop the body first: a request with a truncated or oversized body must change
      // nothing.
      request.getInputStream().transferTo(OutputStream.nullOutputStream());
    } catch (BodyTooLargeException e) {
      tools.refusals.refuse(request, response, GatewayError.bodyTooLarge(e.maxBytes()));
      return;
    } catch (IOException e) {
      tools.refusals.refuse(request, response, GatewayError.malformed("body"));
      return;
    }
    Object answer =
        principal.isEmpty() ? publicAnswer(exchange) : answer(exchange, principal.get());
    if (answer instanceof GatewayError error) {
      tools.refusals.refuse(request, response, error);
    } else {
      write(answer, exchange, request, response);
    }
  }

  /** The response body, or a {@link GatewayError}. */
  private Object publicAnswer(Exchange exchange) {
    if (!exchange.route().path().equals("/v0/llm/models")) {
      return GatewayError.of(Kind.NOT_FOUND);
    }
    // The prices have not been read yet. An empty list would claim that there are no models.
    return tools.prices.isEmpty()
        ? GatewayError.unavailable(RETRY_AFTER_SECONDS)
        : Answer.models(tools.prices.list());
  }

  private Object answer(Exchange exchange, Principal who) {
    String projectId = who.project().id();
    InferenceKeys keys = tools.keys;
    return switch (exchange.route().path()) {
      case "/api/v1/key", "/api/v1/auth/key" -> Answer.data(keyFacts(who));
      case "/api/v1/credits" -> Answer.data(Answer.credits(tools.ledger.totals(projectId)));
      case "/v0/credits/balance" -> Answer.balance(tools.ledger.balance(projectId));
      case "/v0/llm/enable" ->
          keys == null
              ? GatewayError.of(Kind.NOT_FOUND)
              : Answer.enabled(keys.enable(projectId, who.key().id()).key());
      case "/v0/llm/status" ->
          keys == null
              ? GatewayError.of(Kind.NOT_FOUND)
              : Answer.status(keys.enabledSince(projectId));
      case "/v0/llm/disable" -> {
        if (keys == null) {
          yield GatewayError.of(Kind.NOT_FOUND);
        }
        keys.disable(projectId, who.key().id());
        yield new Answer().add("success", true);
      }
      default -> publicAnswer(exchange);
    };
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
      Object answer, Exchange exchange, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    byte[] body = JSON.writeValueAsBytes(answer);
    response.setStatus(HttpServletResponse.SC_OK);
    response.setContentType("application/json");
    response.setHeader("X-Request-Id", exchange.id());
    // The response is valid only now and only for this caller.
    response.setHeader("Cache-Control", "no-store");
    response.setContentLength(body.length);
    exchange.stats().setStatus(HttpServletResponse.SC_OK);
    exchange.decide(Outcome.COMPLETE);
    if (!request.getMethod().equals("HEAD")) {
      response.getOutputStream().write(body);
      exchange.stats().addResponseBytes(body.length);
    }
  }
}
