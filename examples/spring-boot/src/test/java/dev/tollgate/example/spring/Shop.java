package dev.tollgate.example.spring;

import dev.tollgate.gateway.Gateway;
import dev.tollgate.gateway.jdbc.DatabaseOptions;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.BooksView;
import dev.tollgate.gateway.testkit.BooksView.Line;
import dev.tollgate.gateway.testkit.Postgres;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;

/** The application as it runs in a test, on a fresh database. */
final class Shop implements AutoCloseable {
  /** The login of its one user. */
  static final String LOGIN =
      "Authorization: Basic "
          + Base64.getEncoder()
              .encodeToString("shop:open sesame".getBytes(StandardCharsets.US_ASCII));

  private final DatabaseOptions database;
  private final URI upstream;
  private final String[] arguments;
  private final ConfigurableApplicationContext context;
  private final String key;

  Shop(URI upstream, String... arguments) {
    this.database = Postgres.newWholeDatabase();
    this.upstream = upstream;
    this.arguments = arguments;
    this.context = run();
    this.key = gateway().admin().createProject("shop", Money.parse("5"), null).key().reveal();
  }

  private Shop(Shop before) {
    this.database = before.database;
    this.upstream = before.upstream;
    this.arguments = before.arguments;
    this.context = run();
    this.key = before.key;
  }

  /** Starts it again on what it left, after {@link #close}. */
  Shop again() {
    return new Shop(this);
  }

  private ConfigurableApplicationContext run() {
    List<String> all =
        new ArrayList<>(
            List.of(
                "--server.address=127.0.0.1",
                "--server.port=0",
                "--spring.datasource.url=" + database.url(),
                "--spring.datasource.username=" + database.user(),
                "--tollgate.master.key=" + Base64.getEncoder().encodeToString(new byte[32]),
                "--tollgate.upstream.key=sk-or-v1-operator",
                "--tollgate.upstream.url=" + upstream));
    all.addAll(List.of(arguments));
    return SpringApplication.run(ShopApplication.class, all.toArray(String[]::new));
  }

  int port() {
    return context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
  }

  Gateway gateway() {
    return context.getBean(Gateway.class);
  }

  String key() {
    return "X-API-Key: " + key;
  }

  List<Long> chargedNanos() throws SQLException {
    try (BooksView books = new BooksView(database.url() + "?currentSchema=tollgate")) {
      return books.charges().stream().map(Line::amountNanos).toList();
    }
  }

  /** What its own connections see. */
  List<String> ask(String query) {
    return context.getBean(JdbcTemplate.class).queryForList(query, String.class);
  }

  @Override
  public void close() {
    context.close();
  }
}
