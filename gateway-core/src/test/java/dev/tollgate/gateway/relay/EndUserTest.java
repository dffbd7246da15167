package dev.tollgate.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Received;
import dev.tollgate.gateway.testkit.Tenant;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The project's own user, as the ledger records it. */
class EndUserTest {
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final String BODY = "{\"model\":\"a/model\",\"user\":\"of-body\",\"messages\":[]}";

  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private RunningGateway gateway;
  private Tenant tenant;

  @BeforeEach
  void start() throws Exception {
    gateway = RunningGateway.start(directory, upstream.baseUrl(), Map.of(), 30_000);
    tenant = Tenant.of(gateway, "5.00");
    upstream.script(
        (request, connection) ->
            connection.write(ScriptedUpstream.json(200, "{\"usage\":{\"cost\":0.01}}")));
  }

  @AfterEach
  void stop() throws Exception {
    gateway.close();
    upstream.close();
  }

  private String endUserOf(HttpRequest.Builder request) throws Exception {
    HTTP.send(request.POST(BodyPublishers.ofString(BODY)).build(), BodyHandlers.ofString());
    // The capture is durable before the answer ends.
    return gateway.admin().entries(tenant.project(), 10).stream()
        .filter(entry -> entry.kind() == Entry.Kind.CHARGE)
        .findFirst()
        .orElseThrow()
        .endUser();
  }

  @Test
  void theBodyNamesTheUser() throws Exception {
    assertThat(endUserOf(tenant.request(tenant.chat()))).isEqualTo("of-body");
  }

  @Test
  void theHeaderComesBeforeTheBodyAndStaysHere() throws Exception {
    HttpRequest.Builder request =
        tenant.request(tenant.chat()).header("X-Tollgate-User", " of-header ");

    assertThat(endUserOf(request)).isEqualTo("of-header");
    Received received = upstream.take();
    assertThat(received.headers())
        .noneMatch(line -> line.toLowerCase(Locale.ROOT).contains("of-header"));
    assertThat(received.body()).asString().isEqualTo(BODY);
  }

  @Test
  void aBlankHeaderNamesNobody() throws Exception {
    assertThat(endUserOf(tenant.request(tenant.chat()).header("X-Tollgate-User", " ")))
        .isEqualTo("of-body");
  }

  @Test
  void aLongNameIsHashed() throws Exception {
    assertThat(endUserOf(tenant.request(tenant.chat()).header("X-Tollgate-User", "u".repeat(200))))
        .matches("sha256:[0-9a-f]{64}");
  }
}
