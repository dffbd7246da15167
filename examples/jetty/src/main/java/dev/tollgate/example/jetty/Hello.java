package dev.tollgate.example.jetty;

import dev.tollgate.example.jetty.Customers.Customer;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** The application's own page. */
final class Hello extends HttpServlet {
  private static final long serialVersionUID = 1L;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Customer customer = (Customer) request.getAttribute(Login.CUSTOMER);
    response.setContentType("text/plain");
    response.getWriter().print("hello, " + customer.project().name());
  }
}
