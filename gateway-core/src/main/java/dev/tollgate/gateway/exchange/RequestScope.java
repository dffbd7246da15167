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
 * What the filters of one gateway instance hand on through a request. What another instance set, or
 * anybody else under the same name, is not seen. Stateless but for the {@link Traffic}; safe for
 * use by many threads.
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
   * @param metrics hears of each exchange; it does not throw
   * @param access has a line for each exchange
   * @param maxOpen how many exchanges may be open at once
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

  /** Opens the exchange of a request. It must be {@linkplain Exchange#finish finished}. */
  public Exchange open(HttpServletRequest request, Route route, Flavor flavor) {
    // An unknown method is a client's free text: metrics do not get it.
    String method = METHODS.contains(request.getMethod()) ? request.getMethod() : "-";
    // Routes are compared by their paths: the first equals of a record makes the JDK keep the
    // class loader of a WAR for as long as there is memory.
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

  /** Has a line for each exchange. */
  public AccessLog access() {
    return access;
  }

  /** An address as it goes into a log line; where it is a proxy's word it may be anything. */
  public static String printableAddress(@Nullable String address) {
    return address != null && ADDRESS.matcher(address).matches() ? address : "-";
  }

  /**
   * A new id for a request, {@code req_} and 32 hexadecimal digits: the time in milliseconds, as in
   * a UUID of version 7 (RFC 9562 5.7), and 78 random bits. What is indexed by it is then written
   * at the end of the index, and not to a page of its own for each request.
   */
  public static String newRequestId() {
    UUID random = UUID.randomUUID();
    HexFormat hex = HexFormat.of();
    return "req_"
        + hex.toHexDigits(System.currentTimeMillis(), TIME_DIGITS)
        + hex.toHexDigits(random.getMostSignificantBits() >>> Integer.SIZE, RANDOM_DIGITS)
        + hex.toHexDigits(random.getLeastSignificantBits());
  }

  /** The exchange that this instance opened for a request, if it did. */
  public Optional<Exchange> exchange(HttpServletRequest request) {
    return request.getAttribute(EXCHANGE) instanceof Exchange exchange && exchange.belongsTo(this)
        ? Optional.of(exchange)
        : Optional.empty();
  }

  /** Binds a principal, whose key was checked, to a request and this instance. */
  public void authenticate(HttpServletRequest request, Principal principal) {
    request.setAttribute(PRINCIPAL, new Bound(this, principal));
    exchange(request).ifPresent(exchange -> exchange.setPrincipal(principal));
  }

  /** The principal that was bound to a request and this instance, if one was. */
  public Optional<Principal> principal(HttpServletRequest request) {
    @Nullable Object bound = request.getAttribute(PRINCIPAL);
    return bound instanceof Bound b && b.scope == this
        ? Optional.of(b.principal)
        : Optional.empty();
  }

  /**
   * Whether the container sent the request here for itself. A forward or an include reached by
   * another route's credential is not relayed.
   */
  public static boolean isOriginal(HttpServletRequest request) {
    return request.getDispatcherType() == DispatcherType.REQUEST;
  }
}
