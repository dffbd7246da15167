package dev.tollgate.gateway;

import jakarta.servlet.Filter;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/**
 * Answers where nothing is: 404, in the caller's flavor. It stands in the place of a container's
 * default servlet, which would answer in HTML, and some of them TRACE with the credentials.
 */
final class NotFoundServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;

  private final transient Filter accessFilter;

  /**
   * @param accessFilter finds no route here, and says so
   */
  NotFoundServlet(Filter accessFilter) {
    this.accessFilter = accessFilter;
  }

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws ServletException, IOException {
    accessFilter.doFilter(
        request, response, (next, answer) -> response.sendError(HttpServletResponse.SC_NOT_FOUND));
  }
}
