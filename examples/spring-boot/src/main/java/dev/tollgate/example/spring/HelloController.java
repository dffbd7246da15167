package dev.tollgate.example.spring;

import java.security.Principal;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** The application's own page. */
@RestController
class HelloController {
  private final JdbcTemplate database;

  HelloController(JdbcTemplate database) {
    this.database = database;
  }

  @GetMapping("/api/hello")
  String hello(Principal user) {
    return database.queryForObject("SELECT greeting FROM project", String.class)
        + ", "
        + user.getName();
  }
}
