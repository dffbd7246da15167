package dev.tollgate.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Flag;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Tokens;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Connection;
import dev.tollgate.gateway.testkit.Tenant;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is charged for the answers of many kinds of servers, none of which names a readable cost.
 * Input costs 2, cached input 0.5 and output 8 dollars for a million tokens.
 */
class AnswersWithoutCostTest {
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private static final String PRICES =
      """
      [{"model_id":"a/model","input_usd_per_1m_tokens":2,"cache_read_usd_per_1m_tokens":0.5,
        "output_usd_per_1m_tokens":8,"max_output_tokens":4000,"context_length":100000},
       {"model_id":"a/vectors","input_usd_per_1m_tokens":0.1,"output_usd_per_1m_tokens":0},
       {"model_id":"a/gift","input_usd_per_1m_tokens":0,"output_usd_per_1m_tokens":0}]
      """;

  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private RunningGateway gateway;
  private Tenant tenant;

  @BeforeEach
  void start() throws Exception {
    Path prices = Files.writeString(directory.resolve("prices.json"), PRICES);
    gateway =
        RunningGateway.start(
            directory,
            upstream.baseUrl(),
            Map.of(
                "tollgate.upstream.profile", "generic", "tollgate.prices.file", prices.toString()),
            30_000);
    tenant = Tenant.of(gateway, "5.00");
  }

  @AfterEach
  void stop() throws Exception {
    gateway.close();
    upstream.close();
    assertThat(upstream.failures()).isEmpty();
  }

  private Entry chargeFor(String route, String body) throws Exception {
    try {
      var unused =
          HTTP.send(
              tenant
                  .request(tenant.uri("/api/v1" + route + "?project_name=" + tenant.project()))
                  .timeout(Duration.ofSeconds(20))
                  .POST(BodyPublishers.ofString(body))
                  .build(),
              BodyHandlers.ofString());
    } catch (IOException e) {
      // The answer was broken off, as the test wants.
    }
    await().atMost(Duration.ofSeconds(10)).until(() -> charges().size() == 1);
    return charges().get(0);
  }

  private List<Entry> charges() {
    return gateway.admin().entries(tenant.project(), 10).stream()
        .filter(entry -> entry.kind() == Entry.Kind.CHARGE)
        .toList();
  }

  private void answers(String body) {
    upstream.script((request, connection) -> connection.write(ScriptedUpstream.json(200, body)));
  }

  /** A stream of these events that ends in order. */
  private void streams(String... events) {
    upstream.script((request, connection) -> write(connection, events).lastChunk());
  }

  /** A stream of these events that breaks off behind them. */
  private void breaks(String... events) {
    upstream.script(
        (request, connection) -> {
          write(connection, events);
          connection.close();
        });
  }

  private static Connection write(Connection connection, String... events) throws IOException {
    connection.write(ScriptedUpstream.streamHead());
    for (String event : events) {
      connection.chunk("data: " + event + "\n\n");
    }
    return connection;
  }

  private static String text(int characters) {
    return "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
        + "word ".repeat(characters / 5)
        + "\"}}]}";
  }

  private static final String CHAT = "{\"model\":\"a/model\",\"messages\":[]}";
  private static final String STREAM = "{\"model\":\"a/model\",\"messages\":[],\"stream\":true}";

  @Test
  void reasoningThatIsNamedBesideTheCompletionIsCharged() throws Exception {
    answers(
        """
        {"choices":[],"usage":{"prompt_tokens":1000,"completion_tokens":200,"total_tokens":1900,
          "completion_tokens_details":{"reasoning_tokens":700}}}""");

    Entry charge = chargeFor("/chat/completions", CHAT);

    assertThat(charge.amount()).isEqualTo(micros(1000 * 2 + 900 * 8));
    assertThat(charge.tokens())
        .isEqualTo(new Tokens(1000, Tokens.UNKNOWN, Tokens.UNKNOWN, 900, 700));
    assertThat(charge.flags()).containsExactly(Flag.ESTIMATED);
  }

  @Test
  void cachedTokensOfAMessagesStreamAreChargedAtTheirPrice() throws Exception {
    streams(
        """
        {"type":"message_start","message":{"usage":{"input_tokens":20,\
        "cache_read_input_tokens":4000,"cache_creation_input_tokens":100,"output_tokens":1}}}""",
        """
        {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":50}}""",
        "{\"type\":\"message_stop\"}");

    Entry charge =
        chargeFor(
            "/messages",
            "{\"model\":\"a/model\",\"max_tokens\":100,\"stream\":true,\"messages\":[]}");

    assertThat(charge.amount()).isEqualTo(micros(20 * 2 + 4000 / 2 + 100 * 2 + 50 * 8));
    assertThat(charge.tokens()).isEqualTo(new Tokens(4120, 4000, 100, 50, Tokens.UNKNOWN));
  }

  @Test
  void theUsageOfAStreamIsFoundWhereOtherServersPutIt() throws Exception {
    streams(
        text(5),
        "{\"choices\":[],\"x_groq\":{\"usage\":{\"prompt_tokens\":\"300\",\"completion_tokens\":40.0}}}",
        "[DONE]");

    assertThat(chargeFor("/chat/completions", STREAM).amount()).isEqualTo(micros(300 * 2 + 40 * 8));
  }

  @Test
  void embeddingsThatNameOnlyATotalAreAllInput() throws Exception {
    answers("{\"object\":\"list\",\"data\":[],\"usage\":{\"total_tokens\":7000}}");

    Entry charge = chargeFor("/embeddings", "{\"model\":\"a/vectors\",\"input\":\"x\"}");

    assertThat(charge.amount()).isEqualTo(micros(700));
    assertThat(charge.tokens().input()).isEqualTo(7000);
  }

  @Test
  void aStreamThatEndsInOrderWithoutItsLastEventIsUnresolved() throws Exception {
    streams(text(4000));

    Entry charge = chargeFor("/chat/completions", STREAM);

    assertThat(charge.flags()).containsExactly(Flag.UNRESOLVED);
    assertThat(charge.amount()).isGreaterThanOrEqualTo(micros(1000 * 8));
  }

  @Test
  void theEstimateOfABrokenStreamStaysWithinTheRequestsOwnCap() throws Exception {
    breaks(text(40_000));

    Entry charge =
        chargeFor(
            "/chat/completions",
            "{\"model\":\"a/model\",\"messages\":[],\"stream\":true,\"max_tokens\":50,\"n\":3}");

    assertThat(charge.amount()).isBetween(micros(150 * 8), micros(150 * 8 + 100 * 2));
  }

  @Test
  void aBrokenMessagesStreamPaysForMoreThanThePlaceholderOfItsStart() throws Exception {
    breaks(
        "{\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":10,\"output_tokens\":1}}}",
        "{\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\""
            + "word ".repeat(200)
            + "\"}}");

    Entry charge =
        chargeFor(
            "/messages",
            "{\"model\":\"a/model\",\"max_tokens\":4000,\"stream\":true,\"messages\":[]}");

    assertThat(charge.amount()).isEqualTo(micros(10 * 2 + 250 * 8));
  }

  @Test
  void aPictureInAnAnswerCountsAsAPicture() throws Exception {
    answers(
        "{\"choices\":[{\"message\":{\"images\":[{\"image_url\":{\"url\":\"data:image/png;base64,"
            + "A".repeat(300_000)
            + "\"}}]}}]}");

    assertThat(chargeFor("/chat/completions", CHAT).amount())
        .isBetween(micros(50 * 8), micros(4000 * 8));
  }

  @Test
  void anAnswerInAnUnknownCodingCountsByItsBytes() throws Exception {
    byte[] body = new byte[2000];
    upstream.script(
        (request, connection) ->
            connection
                .write("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2000\r\n\r\n")
                .write(body));

    Entry charge = chargeFor("/chat/completions", CHAT);

    assertThat(charge.amount()).isBetween(micros(250 * 8), micros(2000 * 8 + 100));
    assertThat(charge.flags()).containsExactly(Flag.UNRESOLVED);
  }

  @Test
  void aCostInTicksIsACost() throws Exception {
    answers("{\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"cost_in_usd_ticks\":123456789}}");

    Entry charge = chargeFor("/chat/completions", CHAT);

    assertThat(charge.amount()).isEqualTo(new Money(12_345_679));
    assertThat(charge.literal()).isEqualTo("123456789");
    assertThat(charge.flags()).isEmpty();
  }

  @Test
  void aCostThatIsAnObjectIsItsTotalAndItsTextIsKept() throws Exception {
    answers("{\"choices\":[],\"usage\":{\"cost\":{\"total_cost\": 0.0125}}}");

    Entry charge = chargeFor("/chat/completions", CHAT);

    assertThat(charge.amount()).isEqualTo(Money.parse("0.0125"));
    assertThat(charge.literal()).isEqualTo("{\"total_cost\": 0.0125}");
  }

  @Test
  void aModelThatCostsNothingNeedsNoBalance() throws Exception {
    tenant.setBalance("0");
    answers("{\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":10}}");

    Entry charge = chargeFor("/chat/completions", "{\"model\":\"a/gift\",\"messages\":[]}");

    assertThat(charge.amount()).isEqualTo(Money.ZERO);
  }

  /** Millionths of a dollar. */
  private static Money micros(long micros) {
    return new Money(micros * 1000);
  }
}
