package dev.tollgate.gateway.exchange;

import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Tokens;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One line of the access log, about a request that has ended. Null and {@link #UNKNOWN} stand for
 * absent or unknown values.
 *
 * @param id the request's id
 * @param traceId the id of the request's trace
 * @param method the HTTP method
 * @param route the path of the route; {@code -} if no route was found
 * @param path the path as {@link Asked} shows it, if no route was found; otherwise null
 * @param project the project's name
 * @param key the key's id
 * @param client the client's address
 * @param status the status that was sent to the client; 0: none
 * @param outcome the outcome in one word
 * @param code the code of the refusal; null: the request was not refused
 * @param requestBytes the length of the request body
 * @param responseBytes the length of the response body
 * @param bill the cost of a metered request; null: the request is not metered or ended before its
 *     model was known
 * @param firstByteMillis the time from the request to the first byte of the response body
 * @param totalMillis the time from the request to the end of the exchange
 */
public record AccessEntry(
    String id,
    @Nullable String traceId,
    String method,
    String route,
    @Nullable String path,
    @Nullable String project,
    @Nullable String key,
    String client,
    int status,
    String outcome,
    @Nullable String code,
    long requestBytes,
    long responseBytes,
    @Nullable Bill bill,
    long firstByteMillis,
    long totalMillis) {
  /** Stands for an unknown number. */
  public static final long UNKNOWN = -1;

  /**
   * Creates the entry of a request without an exchange, such as an admin API request.
   *
   * @param id the request's id
   * @param traceId the id of the request's trace
   * @param route the path of the route; null: no route was found, so the requested path is shown
   * @param project the project's name
   * @param client the client's address
   * @param status the status that was sent to the client
   * @param code the code of the refusal; null: the request was not refused
   * @param startNanos the time of the request's arrival, from {@link System#nanoTime}
   */
  public static AccessEntry withoutExchange(
      String id,
      @Nullable String traceId,
      Asked asked,
      @Nullable String route,
      @Nullable String project,
      String client,
      int status,
      @Nullable String code,
      long startNanos) {
    return new AccessEntry(
        id,
        traceId,
        asked.method(),
        route == null ? Route.NONE.path() : route,
        route == null ? asked.path() : null,
        project,
        null,
        client,
        status,
        (code == null ? Outcome.COMPLETE : Outcome.REFUSED).toString(),
        code,
        UNKNOWN,
        UNKNOWN,
        null,
        UNKNOWN,
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos));
  }

  /**
   * The cost of a metered request.
   *
   * @param model the requested model, or the model that answered; untrusted text from the client or
   *     the upstream
   * @param cost the upstream's price; null: unknown so far, or there is none
   * @param charge the project's charge; null: unknown so far, or there is none
   * @param settlement the state of the settlement in one word; {@code -} if the request did not get
   *     that far
   */
  public record Bill(
      @Nullable String model,
      Tokens tokens,
      @Nullable Money cost,
      @Nullable Money charge,
      String settlement) {}
}
