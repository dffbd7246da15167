package dev.tollgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.testkit.JettyContainer;
import dev.tollgate.gateway.testkit.Postgres;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** GatewayBuilder.dataSource says: up to four at once. */
@Timeout(60)
class HostPoolTest {
  @Test
  void noMoreConnectionsOfTheHostsAreTakenThanPromised() throws Exception {
    var options = Postgres.newWholeDatabase();
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(options.url());
    config.setUsername(options.user());
    config.setMaximumPoolSize(20);
    AtomicInteger now = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    try (HikariDataSource pool = new HikariDataSource(config);
        ScriptedUpstream upstream = new ScriptedUpstream()) {
      DataSource counting =
          (DataSource)
              Proxy.newProxyInstance(
                  getClass().getClassLoader(),
                  new Class<?>[] {DataSource.class},
                  (self, method, arguments) -> {
                    Connection connection = pool.getConnection();
                    most.accumulateAndGet(now.incrementAndGet(), Math::max);
                    // A database that takes its time.
                    Thread.sleep(50);
                    return Proxy.newProxyInstance(
                        getClass().getClassLoader(),
                        new Class<?>[] {Connection.class},
                        (me, call, values) -> {
                          if (call.getName().equals("close")) {
                            now.decrementAndGet();
                          }
                          try {
                            return call.invoke(connection, values);
                          } catch (InvocationTargetException e) {
                            throw e.getCause();
                          }
                        });
                  });
      Gateway gateway =
          Gateway.builder()
              .config(
                  GatewayConfig.of(
                      Map.of(
                          "tollgate.upstream.url",
                          upstream.baseUrl().toString(),
                          "tollgate.upstream.key",
                          RunningGateway.UPSTREAM_KEY,
                          "tollgate.master.key",
                          "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")))
              .dataSource(counting)
              .build();
      try (JettyContainer container = new JettyContainer("/", 30_000, gateway::install)) {
        HttpClient http = HttpClient.newHttpClient();
        List<CompletableFuture<?>> all = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
          // Anybody may send such keys.
          all.add(
              http.sendAsync(
                  HttpRequest.newBuilder(
                          URI.create("http://127.0.0.1:" + container.port() + "/api/v1/models"))
                      .header("X-API-Key", "tg_a1b2c3d4_" + String.valueOf(10 + i).repeat(21) + "x")
                      .build(),
                  BodyHandlers.discarding()));
        }
        CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get();
      } finally {
        gateway.close();
      }
    }
    assertThat(most.get()).as("connections of the host's pool at once").isLessThanOrEqualTo(4);
  }
}
