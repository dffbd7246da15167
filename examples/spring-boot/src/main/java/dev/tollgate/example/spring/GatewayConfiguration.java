package dev.tollgate.example.spring;

import dev.tollgate.gateway.Gateway;
import dev.tollgate.gateway.config.GatewayConfig;
import jakarta.servlet.Filter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.boot.web.servlet.ServletContextInitializer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/** The gateway, on the application's database or on a SQLite file. */
@Configuration
class GatewayConfiguration {
  @Profile("!file")
  // docs: spring
  @Bean(destroyMethod = "close")
  Gateway gateway(DataSource dataSource, ConfigurableEnvironment environment) {
    return Gateway.builder()
        .config(GatewayConfig.load(settings(environment)))
        .dataSource(dataSource)
        .path("/llm")
        .build();
  }

  @Bean
  ServletContextInitializer gatewayInstaller(Gateway gateway) {
    return gateway::install;
  }

  // end

  @Profile("file")
  // docs: spring-file
  @Bean(destroyMethod = "close")
  Gateway gatewayOnFile(ConfigurableEnvironment environment) {
    return Gateway.builder().config(GatewayConfig.load(settings(environment))).path("/llm").build();
  }

  // end

  // docs: spring-forms
  /** Before all filters of Spring's: one of them may ask for a parameter of a form. */
  @Bean
  FilterRegistrationBean<Filter> unparsedBodies(Gateway gateway) {
    FilterRegistrationBean<Filter> first =
        new FilterRegistrationBean<>(gateway.unparsedBodyFilter());
    first.setUrlPatterns(List.of("/llm/*"));
    first.setOrder(Ordered.HIGHEST_PRECEDENCE);
    return first;
  }

  // end

  // docs: spring-settings
  /** What application.properties says; the gateway reads TOLLGATE_... variables by itself. */
  private static Map<String, String> settings(ConfigurableEnvironment environment) {
    Map<String, String> settings = new HashMap<>();
    for (PropertySource<?> source : environment.getPropertySources()) {
      if (source instanceof EnumerablePropertySource<?> properties
          && !(source instanceof SystemEnvironmentPropertySource)) {
        for (String name : properties.getPropertyNames()) {
          if (name.startsWith("tollgate.")) {
            settings.put(name, environment.getProperty(name));
          }
        }
      }
    }
    return settings;
  }
  // end
}
