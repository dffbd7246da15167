package dev.tollgate.example.jetty;

import dev.tollgate.example.jetty.Customers.Customer;
import dev.tollgate.gateway.Gateway;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

// docs: as-project
/** Tells the gateway which project the customer that has logged in calls for. */
final class AsProject extends HttpFilter {
  private static final long serialVersionUID = 1L;
  private final transient Gateway gateway;

  AsProject(Gateway gateway) {
    this.gateway = gateway;
  }

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (request.getAttribute(Login.CUSTOMER) instanceof Customer customer) {
      gateway
          .principalOf(customer.project().name())
          .ifPresent(project -> gateway.authenticate(request, project));
    }
    chain.doFilter(request, response);
  }
}
// end
