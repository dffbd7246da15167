package dev.tollgate.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.account.UpstreamAccess;
import dev.tollgate.gateway.admin.LimitsChange;
import dev.tollgate.gateway.admin.ProjectChange;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Received;
import dev.tollgate.gateway.testkit.SharedGateway;
import dev.tollgate.gateway.testkit.Tenant;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tenants are strangers: what one made, no other can ask for. */
class GenerationTest extends SharedGateway {
  private static final String NOT_FOUND =
      "{\"code\":404,\"msg\":\"error\",\"data\":{\"error\":\"Generation not found\"}}";

  private static int generations;
  private String id;

  @BeforeEach
  void makeOne() throws Exception {
    tenant = Tenant.of(gateway, "5", Secret.of("sk-first"));
    id = make(tenant);
  }

  private static String make(Tenant tenant) throws Exception {
    generations++;
    String id = "gen-" + generations;
    upstream.script(
        (request, connection) ->
            connection.write(
                "HTTP/1.1 200 X\r\nContent-Type: application/json\r\nX-Generation-Id: "
                    + id
                    + "\r\nContent-Length: 23\r\n\r\n{\"usage\":{\"cost\":0.01}}"));
    HttpResponse<String> answer =
        HTTP.send(
            tenant.request(tenant.chat()).POST(BodyPublishers.ofString("{}")).build(),
            BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(200);
    upstream.reset();
    return id;
  }

  private HttpResponse<String> ask(Tenant who, String query) throws Exception {
    return HTTP.send(
        who.request(who.uri("/api/v1/generation" + query)).build(), BodyHandlers.ofString());
  }

  @Test
  void aProjectMayAskForWhatItMade() throws Exception {
    upstream.script(
        (request, connection) ->
            connection.write(ScriptedUpstream.json(200, "{\"data\":{\"total_cost\":0.01}}")));

    HttpResponse<String> answer = ask(tenant, "?id=" + id);

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("{\"data\":{\"total_cost\":0.01}}");
    assertThat(upstream.take().target()).isEqualTo("/api/v1/generation?id=" + id);
  }

  @Test
  void aGenerationIsAskedForWithTheKeyThatMadeIt() throws Exception {
    gateway
        .admin()
        .configure(
            tenant.project(),
            new ProjectChange(null, UpstreamAccess.own(Secret.of("sk-second")), LimitsChange.NONE));

    assertThat(ask(tenant, "?id=" + id).statusCode()).isEqualTo(200);

    Received asked = upstream.take();
    assertThat(asked.values("Authorization")).containsExactly("Bearer sk-first");
  }

  @Test
  void anotherProjectsGenerationIsNotFoundAndNotAskedFor() throws Exception {
    Tenant other = Tenant.of(gateway, "5", Secret.of("sk-first"));

    HttpResponse<String> answer = ask(other, "?id=" + id);

    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(answer.body()).isEqualTo(NOT_FOUND);
    assertThat(upstream.waiting()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "?id=",
        "?id=gen-none",
        "?ID=@",
        "?id[]=@",
        "?id=@&id=gen-none",
        "?id=gen-none&id=@",
        "?id=@%20",
        "?id=@,gen-none",
        "?id=@%00",
        "?generation_id=@",
        "?id=%25"
      })
  void whatIsNotOneIdOfItsOwnIsNotFound(String query) throws Exception {
    HttpResponse<String> answer = ask(tenant, query.replace("@", id));

    assertThat(answer.body()).isEqualTo(NOT_FOUND);
    assertThat(upstream.waiting()).isZero();
  }

  @Test
  void nothingButTheIdGoesUpstream() throws Exception {
    Tenant other = Tenant.of(gateway, "5");
    String others = make(other);

    assertThat(ask(tenant, "?id=" + id + "&id[]=" + others + "&ids=" + others).statusCode())
        .isEqualTo(200);

    assertThat(upstream.take().target()).isEqualTo("/api/v1/generation?id=" + id);
  }

  @Test
  void theRefusalIsInTheCallersFlavor() throws Exception {
    HttpResponse<String> answer =
        HTTP.send(
            java.net.http.HttpRequest.newBuilder(tenant.uri("/api/v1/generation?id=no"))
                .header("Authorization", "Bearer " + tenant.key())
                .build(),
            BodyHandlers.ofString());

    assertThat(new ObjectMapper().readTree(answer.body()).at("/error/message").asText())
        .isEqualTo("Generation not found");
    assertThat(answer.statusCode()).isEqualTo(404);
  }
}
