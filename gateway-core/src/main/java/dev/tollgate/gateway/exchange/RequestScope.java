package dev.tollgate.gateway.exchange;

import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.flavor.Flavor;
import dev.tollgate.gateway.http.RawQuery;
import dev.tollgate.gateway.http.TraceParent;
import dev.tollgate.gateway.metrics.ExchangeEnd;
import dev.tollgate.gateway.metrics.GatewayMetrics;
import dev.tollgate.gateway.metrics.GuardedMetrics;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServletRequest;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Carries the exchange and the principal of a request from filter to filter within one gateway
 * instance. Attributes that another instance or other code has set under the same names are
 * ignored. Stateless except for the {@link Traffic}; thread-safe.
 */
public final class RequestScope {
  private static final String EXCHANGE = "dev.tollgate.gateway.exchange";
  private static final String PRINCIPAL = "dev.tollgate.gateway.principal";
  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT");

  private static final int TIME_DIGITS = 12;
  private static final int RANDOM_DIGITS = 4;

  private static final Pattern ADDRESS = Pattern.compile("[0-9A-Za-z.:_%\\[\\]-]{1,64}");

  private final Traffic traffic;
  private final GatewayMetrics metrics;
  private final AccessLog access;

  /**
   * @param metrics gets each exchange; does not throw
   * @param access gets a line for each exchange
   * @param maxOpen the maximum number of open exchanges
   */
  public RequestScope(GuardedMetrics metrics, AccessLog access, int maxOpen) {
    this.traffic = new Traffic(maxOpen);
    this.metrics = metrics;
    this.access = access;
  }

  private record Bound(RequestScope scope, Principal principal) {}

  /** The exchanges of this instance. */
  public Traffic traffic() {
    return traffic;
  }

  /** Opens the exchange of a request. The caller must {@linkplain Exchange#finish finish} it. */
  public Exchange open(HttpServletRequest request, Route route, Flavor flavor) {
    // An unknown method is free text from the client. Keep it out of the metrics.
    String method = METHODS.contains(request.getMethod()) ? request.getMethod() : "-";
    // Compare routes by path: the first call of a record's equals makes the JDK keep the class
    // loader of a WAR for as long as there is memory.
    RawQuery query = RawQuery.parse(request.getQueryString());
    Exchange exchange =
        new Exchange(
            this,
            newRequestId(),
            TraceParent.traceId(request.getHeader("traceparent")),
            method,
            printableAddress(request.getRemoteAddr()),
            route,
            route.path().equals(Route.NONE.path())
                ? Asked.of(request.getMethod(), request.getRequestURI())
                : null,
            flavor,
            query);
    principal(request).ifPresent(exchange::setPrincipal);
    request.setAttribute(EXCHANGE, exchange);
    traffic.enter(exchange);
    metrics.exchangeOpened();
    return exchange;
  }

  void ended(ExchangeEnd end) {
    metrics.exchangeEnded(end);
  }

  /** The log that gets a line for each exchange. */
  public AccessLog access() {
    return access;
  }

  /**
   * An address in a form that is safe for a log line; {@code -} for text that is no address, which
   * a proxy may send.
   */
  public static String printableAddress(@Nullable String address) {
    return address != null && ADDRESS.matcher(address).matches() ? address : "-";
  }

  /**
   * A new request id: {@code req_} and 32 hexadecimal digits. They hold the time in milliseconds,
   * as in a UUID of version 7 (RFC 9562 5.7), and 78 random bits. Ordered ids let a database append
   * to the end of its index instead of writing a different page for each request.
   */
  public static String newRequestId() {
    UUID random = UUID.randomUUID();
    HexFormat hex = HexFormat.of();
    return "req_"
        + hex.toHexDigits(System.currentTimeMillis(), TIME_DIGITS)
        + hex.toHexDigits(random.getMostSignificantBits() >>> Integer.SIZE, RANDOM_DIGITS)
        + hex.toHexDigits(random.getLeastSignificantBits());
  }

  /** The exchange that this instance opened for a request; empty if there is none. */
  public Optional<Exchange> exchange(HttpServletRequest request) {
    return request.getAttribute(EXCHANGE) instanceof Exchange exchange && exchange.belongsTo(this)
        ? Optional.of(exchange)
        : Optional.empty();
  }

  /** Binds a principal to a request and this instance. The caller must have checked its key. */
  public void authenticate(HttpServletRequest request, Principal principal) {
    request.setAttribute(PRINCIPAL, new Bound(this, principal));
    exchange(request).ifPresent(exchange -> exchange.setPrincipal(principal));
  }

  /** The principal that is bound to a request and this instance; empty if there is none. */
  public Optional<Principal> principal(HttpServletRequest request) {
    @Nullable Object bound = request.getAttribute(PRINCIPAL);
    return bound instanceof Bound b && b.scope == this
        ? Optional.of(b.principal)
        : Optional.empty();
  }

  /**
   * Whether the client sent the request to this path itself. A forward or an include arrives on the
   * credential of another route, so it is not relayed.
   */
  public static boolean isOriginal(HttpServletRequest request) {
    return request.getDispatcherType() == DispatcherType.REQUEST;
  }
}
