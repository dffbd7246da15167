package dev.tollgate.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.testkit.BooksView;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.Tenant;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A strict hold is an upper bound, or the request is refused before anything is sent. */
class StrictFailsClosedTest {
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private static final String MODELS =
      """
      {"data":[
        {"id":"a/chat","pricing":{"prompt":"0.000001","completion":"0.000002"},
         "context_length":100000,"top_provider":{"max_completion_tokens":1000}},
        {"id":"a/vectors","pricing":{"prompt":"0.00001","completion":"0"},
         "context_length":4000}]}
      """;

  private static final String ENDPOINTS =
      """
      {"data":{"endpoints":[
        {"tag":"cheap","pricing":{"prompt":"0.000001","completion":"0.000002"}},
        {"tag":"dear/fp8","pricing":{"prompt":"0.000004","completion":"0.00002"}}]}}
      """;

  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private final AtomicInteger priceLists = new AtomicInteger();
  private RunningGateway gateway;
  private Tenant tenant;
  private BooksView books;

  @BeforeEach
  void start() throws Exception {
    upstream.background(
        (request, connection) -> {
          boolean endpoints = request.target().endsWith("/a/chat/endpoints");
          String list = endpoints ? ENDPOINTS : MODELS;
          boolean known = endpoints || request.target().endsWith("/models");
          connection.write(ScriptedUpstream.json(known ? 200 : 404, known ? list : "{}"));
          priceLists.incrementAndGet();
        });
    upstream.script(
        (request, connection) ->
            connection.write(
                ScriptedUpstream.json(200, "{\"choices\":[],\"usage\":{\"cost\":0.0000001}}")));
    gateway =
        RunningGateway.start(
            directory, upstream.baseUrl(), Map.of("tollgate.hold.mode", "strict"), 30_000);
    tenant = Tenant.of(gateway, "10.00");
    books = new BooksView("jdbc:sqlite:" + directory.resolve("tollgate.db"));
    await().atMost(Duration.ofSeconds(10)).until(() -> priceLists.get() > 0);
  }

  @AfterEach
  void stop() throws Exception {
    books.close();
    gateway.close();
    upstream.close();
    assertThat(upstream.failures()).isEmpty();
  }

  private HttpResponse<String> post(String route, String body) throws Exception {
    return HTTP.send(
        tenant
            .request(tenant.uri("/api/v1" + route + "?project_name=" + tenant.project()))
            .timeout(Duration.ofSeconds(20))
            .POST(BodyPublishers.ofString(body.replace('\'', '"')))
            .build(),
        BodyHandlers.ofString());
  }

  private long placedNanos() throws Exception {
    await().atMost(Duration.ofSeconds(10)).until(() -> books.unsettled() == 0);
    return books.holds().get(0).placedNanos();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'n':'100'",
        "'best_of':'20'",
        "'max_token\u017f':1000000",
        "'MAX_TOKENS':1",
        "'Model':'a/vectors'",
        "'model\u017f':['a/vectors']",
        "'unheard_of':1",
        "'conversation':'c_1'",
        "'mcp_servers':[{'type':'url','url':'https://x.example'}]",
        "'container':'c_1'",
        "'messages':[{'role':'user','content':{'text':'x'}}]",
        "'messages':[{'role':'user','content':[{'text':'x'}]}]",
        "'messages':[{'role':'user','content':[{'type':'unheard_of','text':'x'}]}]"
      })
  void aChatThatNothingBoundsIsRefused(String member) throws Exception {
    HttpResponse<String> answer =
        post("/chat/completions", "{'model':'a/chat','max_tokens':10," + member + "}");

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
    assertThat(answer.body()).contains("Malformed request: body (holds are strict: ");
    assertThat(upstream.waiting()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'previous_response_id':'r_1'",
        "'prompt':{'id':'p_1'}",
        "'background':true",
        "'tools':[{'type':'mcp','server_url':'https://x.example'}]"
      })
  void aResponseThatLivesOnStateOfTheUpstreamsIsRefused(String member) throws Exception {
    HttpResponse<String> answer =
        post("/responses", "{'model':'a/chat','max_output_tokens':10,'input':'x'," + member + "}");

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
    assertThat(upstream.waiting()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[{'role':'assistant','content':[{'type':'thinking','thinking':'x','signature':'s'},"
            + "{'type':'redacted_thinking','data':'x'},"
            + "{'type':'tool_use','id':'t','name':'ls','input':{'model':'no model'}}]},"
            + "{'role':'user','content':[{'type':'tool_result','tool_use_id':'t','content':"
            + "[{'type':'text','text':'x'}]}]}]"
      })
  void theSecondTurnOfACodingAgentIsAdmitted(String messages) throws Exception {
    HttpResponse<String> answer =
        post(
            "/messages",
            "{'model':'a/chat','max_tokens':10,'tools':[{'name':'ls','input_schema':{}},"
                + "{'type':'custom','name':'cat','input_schema':{}}],'messages':"
                + messages
                + "}");

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
  }

  @Test
  void eachInputOfAListIsHeldForByItself() throws Exception {
    String input = "'" + "x".repeat(3000) + "'";
    String inputs = (input + ",").repeat(126) + input;

    assertThat(post("/embeddings", "{'model':'a/vectors','input':[" + inputs + "]}").statusCode())
        .isEqualTo(200);

    // More than one context of 4,000 tokens at 0.00001: a token for each byte.
    assertThat(placedNanos()).isGreaterThan(127 * 3000 * 10_000L);
  }

  @Test
  void theDearestEndpointIsHeldFor() throws Exception {
    post("/chat/completions", "{'model':'a/chat','max_tokens':1000,'messages':[]}");

    assertThat(placedNanos()).isGreaterThan(1000 * 20_000L);
  }

  @Test
  void anEndpointThatTheRequestExcludesIsNotHeldFor() throws Exception {
    post(
        "/chat/completions",
        "{'model':'a/chat','max_tokens':1000,'messages':[],'provider':{'only':['cheap']}}");

    assertThat(placedNanos()).isBetween(1000 * 2_000L, 1000 * 3_000L);
  }

  @Test
  void aRequestIsRefusedForNowWhileThePricesOfTheEndpointsCannotBeRead() throws Exception {
    upstream.background(
        (request, connection) -> connection.write(ScriptedUpstream.json(503, "{}")));

    HttpResponse<String> answer =
        post("/chat/completions", "{'model':'a/chat','max_tokens':10,'messages':[]}");

    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.headers().firstValue("Retry-After")).isPresent();
    assertThat(upstream.waiting()).isZero();
  }
}
