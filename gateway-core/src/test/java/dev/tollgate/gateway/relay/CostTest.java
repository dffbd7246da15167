package dev.tollgate.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.testkit.BooksView;
import dev.tollgate.gateway.testkit.BooksView.Line;
import dev.tollgate.gateway.testkit.MoneyClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever an upstream writes as a cost. */
class CostTest {
  /** What the request holds: one token of the answer, and nothing for the prompt. */
  private static final long HOLD = 2_000;

  private static final String TOKENS = "\"prompt_tokens\":1,\"completion_tokens\":3";

  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private final AtomicInteger priceLists = new AtomicInteger();
  private RunningGateway gateway;
  private BooksView books;

  @BeforeEach
  void start() throws Exception {
    upstream.background(
        (request, connection) -> {
          if (request.target().endsWith("/models")) {
            connection.write(
                ScriptedUpstream.json(
                    200,
                    "{\"data\":[{\"id\":\"a/b\",\"pricing\":"
                        + "{\"prompt\":\"0\",\"completion\":\"0.000002\"}}]}"));
            priceLists.incrementAndGet();
          } else {
            connection.write(
                ScriptedUpstream.json(
                    200, "{\"data\":{\"id\":\"gen-1\",\"total_cost\":0.000000777}}"));
          }
        });
    gateway =
        RunningGateway.start(
            directory,
            upstream.baseUrl(),
            Map.of("tollgate.settle.first-delay", "50ms", "tollgate.settle.max-cost", "5.00"),
            30_000);
    books = new BooksView("jdbc:sqlite:" + directory.resolve("tollgate.db"));
    await().atMost(Duration.ofSeconds(10)).until(() -> priceLists.get() > 0);
  }

  @AfterEach
  void stop() throws Exception {
    assertThat(books.broken()).isEmpty();
    books.close();
    gateway.close();
    upstream.close();
    assertThat(upstream.failures()).isEmpty();
  }

  private Line chargeFor(String head, String body) throws Exception {
    upstream.script(
        (request, connection) ->
            connection.write(
                ScriptedUpstream.json(200, body)
                    .replace("\r\nContent-Type", "\r\n" + head + "Content-Type")));
    new MoneyClient(gateway.chat(), gateway.key()).ask("a/b", "\"max_tokens\":1");
    await().atMost(Duration.ofSeconds(10)).until(() -> books.unsettled() == 0);
    List<Line> charges = books.charges();
    assertThat(charges).hasSize(1);
    return charges.get(0);
  }

  private Line chargeForUsage(String usage) throws Exception {
    return chargeFor(
        "X-Generation-Id: gen-1\r\n",
        "{\"id\":\"gen-1\",\"model\":\"a/b\",\"usage\":{" + usage + "}}");
  }

  /** The same of an answer that the upstream cannot be asked for. */
  private Line chargeForUsageWithoutAnId(String usage) throws Exception {
    return chargeFor("", "{\"id\":\"cmpl-1\",\"model\":\"a/b\",\"usage\":{" + usage + "}}");
  }

  @ParameterizedTest
  @CsvSource({
    "1.2e-7, 120",
    "-0, 0",
    "0, 0",
    "0.00000000010000000, 1",
    "1E-9, 1",
    "1e-999999999, 1",
    "0.12345678901234567, 123456790",
    "4.9999999999999999, 5000000000",
    "5.00, 5000000000"
  })
  void aCostIsRoundedUpToTheNano(String literal, long nanos) throws Exception {
    Line charge = chargeForUsage(TOKENS + ",\"cost\":" + literal);

    assertThat(charge.amountNanos()).isEqualTo(nanos);
    assertThat(charge.literal()).isEqualTo(literal);
    assertThat(charge.flags()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "-5, negative_cost",
    "-1e-12, negative_cost",
    "NaN, not_finite_cost",
    "Infinity, not_finite_cost",
    "1e999999999, absurd_cost",
    "5.000000000000001, absurd_cost"
  })
  void aCostThatCannotBeBelievedIsTheHoldAndFlagged(String literal, String flag) throws Exception {
    Line charge = chargeForUsage(TOKENS + ",\"cost\":" + literal);

    assertThat(charge.amountNanos()).isEqualTo(HOLD);
    assertThat(charge.costNanos()).isZero();
    assertThat(charge.literal()).isEqualTo(literal);
    assertThat(charge.flags()).isEqualTo(flag);
  }

  @ParameterizedTest
  @ValueSource(strings = {TOKENS, TOKENS + ",\"cost\":null", TOKENS + ",\"cost\":\"0.01\""})
  void withoutACostTheUpstreamIsAskedFirst(String usage) throws Exception {
    Line charge = chargeForUsage(usage);

    assertThat(charge.amountNanos()).isEqualTo(777);
    assertThat(charge.flags()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {TOKENS, TOKENS + ",\"cost\":null"})
  void withoutACostAndAnIdTokensAndAKnownPriceAreAnEstimate(String usage) throws Exception {
    Line charge = chargeForUsageWithoutAnId(usage);

    assertThat(charge.amountNanos()).isEqualTo(3 * 2_000);
    assertThat(charge.flags()).isEqualTo("estimated");
    assertThat(charge.literal()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"0.01\"", "true"})
  void aCostThatIsNoNumberCountsAsMissingAndIsKept(String literal) throws Exception {
    Line charge = chargeForUsageWithoutAnId(TOKENS + ",\"cost\":" + literal);

    assertThat(charge.amountNanos()).isEqualTo(3 * 2_000);
    assertThat(charge.flags()).isEqualTo("estimated,unreadable_cost");
    assertThat(charge.literal()).isEqualTo(literal.replace("\"", ""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"usage\":null}",
        "{}",
        "",
        "no JSON at all",
        "{\"usage\":{\"cost\":0.1",
        "{\"error\":{\"code\":502}}",
        "{\"usage\":{\"total_tokens\":5}}"
      })
  void withoutAUsageThatSaysSoTheUpstreamIsAsked(String body) throws Exception {
    Line charge = chargeFor("X-Generation-Id: gen-1\r\n", body);

    assertThat(charge.amountNanos()).isEqualTo(777);
    assertThat(charge.flags()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"true, 150", "false, 100"})
  void onlyByokAddsTheProvidersOwnCost(boolean byok, long nanos) throws Exception {
    Line charge =
        chargeForUsage(
            "\"cost\":1e-7,\"is_byok\":"
                + byok
                + ",\"cost_details\":{\"upstream_inference_cost\":5e-8}");

    assertThat(charge.amountNanos()).isEqualTo(nanos);
  }
}
