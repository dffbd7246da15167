package dev.tollgate.example.tomcat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.Gateway;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TwoGatewaysTest {
  @TempDir Path directory;
  private final ScriptedUpstream first = new ScriptedUpstream();
  private final ScriptedUpstream second = new ScriptedUpstream();
  private TwoGateways application;
  private String firstKey;
  private String secondKey;

  @BeforeEach
  void start() throws Exception {
    application =
        new TwoGateways(
            0,
            directory,
            ApplicationTest.config(directory.resolve("one.db"), first.baseUrl()),
            ApplicationTest.config(directory.resolve("two.db"), second.baseUrl()));
    firstKey = project(application.one());
    secondKey = project(application.two());
    String usage = "{\"usage\":{\"cost\":0.01}}";
    first.script((request, connection) -> connection.write(ScriptedUpstream.json(200, usage)));
    second.script((request, connection) -> connection.write(ScriptedUpstream.json(200, usage)));
  }

  private static String project(Gateway gateway) {
    return gateway.admin().createProject("shop", Money.parse("5"), null).key().reveal();
  }

  @AfterEach
  void stop() throws Exception {
    application.close();
    first.close();
    second.close();
    assertThat(first.failures()).isEmpty();
    assertThat(second.failures()).isEmpty();
  }

  private String chat(String path, String key) throws Exception {
    try (RawClient client = new RawClient(application.port())) {
      return client
          .send(
              "POST "
                  + path
                  + "/api/v1/chat/completions?project_name=shop HTTP/1.1\r\nHost: a\r\n"
                  + "Connection: close\r\nContent-Length: 2\r\nX-API-Key: "
                  + key
                  + "\r\n\r\n{}")
          .readToEnd();
    }
  }

  private static Money balance(Gateway gateway) {
    return gateway.admin().showProject("shop").balance().total();
  }

  @Test
  void eachHasItsUpstreamAndItsBooks() throws Exception {
    assertThat(chat("/one", firstKey)).startsWith("HTTP/1.1 200");

    assertThat(first.waiting()).isEqualTo(1);
    assertThat(second.waiting()).isZero();
    assertThat(balance(application.one())).isEqualTo(Money.parse("4.99"));
    assertThat(balance(application.two())).isEqualTo(Money.parse("5"));

    assertThat(chat("/two", secondKey)).startsWith("HTTP/1.1 200");
    assertThat(second.waiting()).isEqualTo(1);
    assertThat(balance(application.two())).isEqualTo(Money.parse("4.99"));
  }

  @Test
  void aKeyOfTheOneOpensNothingOfTheOther() throws Exception {
    assertThat(chat("/two", firstKey))
        .startsWith("HTTP/1.1 401")
        .contains("Invalid API key or project name");
    assertThat(second.waiting()).isZero();
  }

  @Test
  void nothingIsServedBesideTheirPaths() throws Exception {
    assertThat(chat("", firstKey)).startsWith("HTTP/1.1 404").doesNotContain("\"msg\"");
    assertThat(chat("/oneself", firstKey)).startsWith("HTTP/1.1 404").doesNotContain("\"msg\"");
  }

  @Test
  void eachSaysHowItIsAtItsPath() throws Exception {
    for (String path : new String[] {"/one", "/two"}) {
      try (RawClient client = new RawClient(application.port())) {
        assertThat(
                client
                    .send("GET " + path + "/health/ready HTTP/1.1\r\nHost: a\r\n\r\n")
                    .readUntil("ok\n"))
            .startsWith("HTTP/1.1 200");
      }
    }
  }
}
