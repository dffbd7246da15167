package dev.tollgate.example.jetty;

import dev.tollgate.example.jetty.Customers.Customer;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The application's own login, by name and password with every request (RFC 7617). */
final class Login extends HttpFilter {
  /** The attribute of a request that says which {@link Customer} is calling. */
  static final String CUSTOMER = "customer";

  private static final long serialVersionUID = 1L;
  private static final String BASIC = "Basic ";

  private final transient Customers customers;

  Login(Customers customers) {
    this.customers = customers;
  }

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    Optional<Customer> customer = customer(request.getHeader("Authorization"));
    if (customer.isEmpty()) {
      response.setHeader("WWW-Authenticate", "Basic realm=\"shop\"");
      response.sendError(HttpServletResponse.SC_UNAUTHORIZED);
      return;
    }
    request.setAttribute(CUSTOMER, customer.get());
    chain.doFilter(request, response);
  }

  private Optional<Customer> customer(@Nullable String header) {
    if (header == null || !header.startsWith(BASIC)) {
      return Optional.empty();
    }
    try {
      byte[] decoded = Base64.getDecoder().decode(header.substring(BASIC.length()).trim());
      String[] parts = new String(decoded, StandardCharsets.UTF_8).split(":", 2);
      return parts.length == 2 ? customers.login(parts[0], parts[1]) : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
