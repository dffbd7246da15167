package dev.tollgate.example.spring;

import dev.tollgate.gateway.Gateway;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;
import org.springframework.core.annotation.Order;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.access.intercept.AuthorizationFilter;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;
import org.springframework.security.web.util.matcher.RequestMatcher;

/** Who may see what: the application's users, and at {@code /llm} either keys or users. */
@Configuration
class SecurityConfiguration {
  @Bean
  UserDetailsService users() {
    return new InMemoryUserDetailsManager(
        User.withUsername("shop").password("{noop}open sesame").build());
  }

  @Bean
  @Order(2)
  SecurityFilterChain ownPages(HttpSecurity http) throws Exception {
    return http.authorizeHttpRequests(requests -> requests.anyRequest().authenticated())
        .httpBasic(Customizer.withDefaults())
        .build();
  }

  // docs: spring-keys
  // Not securityMatcher("/llm/**"): Spring Security 6 would look for it below the servlet's path.
  private static final RequestMatcher GATEWAY =
      PathPatternRequestMatcher.withDefaults().matcher("/llm/**");

  /** The gateway's API keys decide. */
  @Bean
  @Order(1)
  @Profile("!users")
  SecurityFilterChain gatewayByKey(HttpSecurity http) throws Exception {
    return http.securityMatcher(GATEWAY)
        .authorizeHttpRequests(requests -> requests.anyRequest().permitAll())
        .csrf(AbstractHttpConfigurer::disable) // no cookie opens anything here
        .sessionManagement(
            sessions -> sessions.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
        .build();
  }

  // end

  // docs: spring-users
  /** The application's users call, each for the project of the same name. */
  @Bean
  @Order(1)
  @Profile("users")
  SecurityFilterChain gatewayByUser(HttpSecurity http, Gateway gateway) throws Exception {
    return http.securityMatcher(GATEWAY)
        .authorizeHttpRequests(requests -> requests.anyRequest().authenticated())
        .httpBasic(Customizer.withDefaults())
        .csrf(AbstractHttpConfigurer::disable)
        .sessionManagement(
            sessions -> sessions.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
        .addFilterAfter(new ProjectOfUser(gateway), AuthorizationFilter.class)
        .build();
  }
  // end
}
