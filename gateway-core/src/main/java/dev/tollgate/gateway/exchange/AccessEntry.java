package dev.tollgate.gateway.exchange;

import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Tokens;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What a line of the access log says of a request that has ended. Null and {@link #UNKNOWN} stand
 * for what there was not or is not known.
 *
 * @param id the request's
 * @param traceId of the trace that it belongs to
 * @param method the HTTP method
 * @param route the path of the route; {@code -} where none was found
 * @param path as {@link Asked} shows it, where no route was found; null elsewhere
 * @param project its name
 * @param key the key's id
 * @param client the address of who is on the other side of the connection
 * @param status what the client got; 0: nothing
 * @param outcome in a word
 * @param code of the refusal; null: it was not refused
 * @param requestBytes of body
 * @param responseBytes of body
 * @param bill what a metered request came to; null: it was none, or did not get so far
 * @param firstByteMillis from the request to the first byte of the answer's body
 * @param totalMillis from the request to the end
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
  /** In place of a number that is not known. */
  public static final long UNKNOWN = -1;

  /**
   * A request that has no exchange, such as one of the admin API.
   *
   * @param id the request's
   * @param traceId of the trace that it belongs to
   * @param route the path of the route; null: none was found, so the path that was asked for is
   *     shown
   * @param project its name
   * @param client the address of who is on the other side of the connection
   * @param status what the client got
   * @param code of the refusal; null: it was not refused
   * @param startNanos when it came, as {@link System#nanoTime}
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
   * What a metered request came to.
   *
   * @param model that was asked for, or that answered; of the client's or the upstream's making
   * @param cost the upstream's; null: it is not known yet, or there is none
   * @param charge the project's; null: likewise
   * @param settlement whether it is settled, in a word; {@code -} where it did not come to one
   */
  public record Bill(
      @Nullable String model,
      Tokens tokens,
      @Nullable Money cost,
      @Nullable Money charge,
      String settlement) {}
}
