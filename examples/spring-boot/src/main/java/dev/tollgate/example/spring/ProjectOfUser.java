package dev.tollgate.example.spring;

import dev.tollgate.gateway.Gateway;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.security.Principal;
import org.springframework.web.filter.OncePerRequestFilter;

// docs: spring-project-of-user
/** Tells the gateway which project the user that Spring Security has let in calls for. */
class ProjectOfUser extends OncePerRequestFilter {
  private final Gateway gateway;

  ProjectOfUser(Gateway gateway) {
    this.gateway = gateway;
  }

  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    Principal user = request.getUserPrincipal();
    if (user != null) {
      gateway
          .principalOf(user.getName())
          .ifPresent(project -> gateway.authenticate(request, project));
    }
    chain.doFilter(request, response); // without a project the gateway asks for a key
  }
}
// end
