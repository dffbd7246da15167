package dev.tollgate.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.admin.LimitsChange;
import dev.tollgate.gateway.admin.ProjectChange;
import dev.tollgate.gateway.config.ConfigException;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.BookkeepingUpstream;
import dev.tollgate.gateway.testkit.BookkeepingUpstream.Model;
import dev.tollgate.gateway.testkit.BooksView;
import dev.tollgate.gateway.testkit.BooksView.Line;
import dev.tollgate.gateway.testkit.MoneyClient;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import java.math.BigDecimal;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is held and charged for what the upstream answers, and for what it does not. */
class MoneyTest {
  private static final String MODEL = "test/model";

  @TempDir Path directory;
  private final BookkeepingUpstream upstream = new BookkeepingUpstream();
  private RunningGateway gateway;
  private MoneyClient client;
  private BooksView books;

  private void start(String... settings) throws Exception {
    upstream.price(new Model(MODEL, "0.00000012", "0.00000048", 8192, 1000));
    Map<String, String> all = new HashMap<>();
    all.put("tollgate.settle.first-delay", "50ms");
    all.put("tollgate.settle.max-delay", "200ms");
    for (int i = 0; i < settings.length; i += 2) {
      all.put(settings[i], settings[i + 1]);
    }
    gateway = RunningGateway.start(directory, upstream.baseUrl(), all, 30_000);
    client = new MoneyClient(gateway.chat(), gateway.key());
    books = new BooksView("jdbc:sqlite:" + directory.resolve("tollgate.db"));
    // The list of prices is there once a request of the model is held for by it.
    if (!all.containsKey("tollgate.prices.file")) {
      await().atMost(Duration.ofSeconds(10)).until(() -> upstream.priceListsRead() > 0);
    }
  }

  @AfterEach
  void stop() throws Exception {
    if (gateway != null) {
      assertThat(books.broken()).isEmpty();
      books.close();
      gateway.close();
    }
    upstream.close();
    assertThat(upstream.failures()).isEmpty();
  }

  private static long nanos(BigDecimal dollars) {
    return Money.ceiling(dollars).nanos();
  }

  private Line onlyCharge() throws Exception {
    await().atMost(Duration.ofSeconds(10)).until(() -> books.unsettled() == 0);
    List<Line> charges = books.charges();
    assertThat(charges).hasSize(1);
    return charges.get(0);
  }

  private long upstreamsNanos() {
    return nanos(upstream.books().values().iterator().next());
  }

  // --- what is charged

  @Test
  void aJsonAnswerIsChargedWhatItCost() throws Exception {
    start();

    assertThat(client.ask(MODEL, "\"x_cost\":\"0.00012345678901234\"").statusCode()).isEqualTo(200);

    Line charge = onlyCharge();
    assertThat(charge.amountNanos()).isEqualTo(123_457);
    assertThat(charge.literal()).isEqualTo("0.00012345678901234");
    assertThat(charge.generationId()).isEqualTo("gen-1");
    assertThat(charge.flags()).isEmpty();
  }

  @Test
  void aStreamIsChargedWhatItCost() throws Exception {
    start();

    HttpResponse<String> answer =
        client.ask(MODEL, "\"stream\":true,\"x_events\":5,\"x_cost\":\"1.2e-7\"");

    assertThat(answer.body()).endsWith("data: [DONE]\n\n");
    assertThat(onlyCharge().amountNanos()).isEqualTo(120);
    assertThat(onlyCharge().literal()).isEqualTo("1.2e-7");
  }

  @Test
  void theChargeIsInTheBooksBeforeTheClientSeesTheEnd() throws Exception {
    start();
    for (int i = 1; i <= 20; i++) {
      client.ask(MODEL, i % 2 == 0 ? "\"stream\":true" : "");

      assertThat(books.charges()).hasSize(i);
    }
  }

  @Test
  void aMarkupIsOnTopOfTheCost() throws Exception {
    start();
    gateway
        .gateway()
        .admin()
        .configure(
            RunningGateway.PROJECT,
            new ProjectChange(Markup.parse("12.5%"), null, LimitsChange.NONE));

    client.ask(MODEL, "\"x_cost\":\"0.000100001\"");

    assertThat(onlyCharge().costNanos()).isEqualTo(100_001);
    // 112,501.125, rounded up once.
    assertThat(onlyCharge().amountNanos()).isEqualTo(112_502);
  }

  @Test
  void anErrorOfTheUpstreamCostsNothing() throws Exception {
    start();

    assertThat(client.ask(MODEL, "\"x_status\":503").statusCode()).isEqualTo(503);

    await().atMost(Duration.ofSeconds(10)).until(() -> books.unsettled() == 0);
    assertThat(books.charges()).isEmpty();
    assertThat(books.states()).isEqualTo(Map.of("released", 1));
  }

  @Test
  void whatIsHeldIsLoanedWhileTheRequestIsOpen() throws Exception {
    start();
    try (RawClient raw = new RawClient(gateway.port())) {
      String body =
          "{\"model\":\"" + MODEL + "\",\"max_tokens\":100,\"stream\":true,\"x_pause_ms\":300}";
      raw.send(gateway.chatHead("Content-Length: " + body.length()) + body).readUntil("w ");

      // 100 tokens of the answer, and a token for each three bytes of the body, begun ones too.
      long prompt = (body.length() + 2) / 3 * 120;
      assertThat(gateway.balance().loaned().nanos()).isEqualTo(100 * 480 + prompt);
    }
  }

  @Test
  void anAnswerWithoutUsageIsAskedFor() throws Exception {
    start();
    upstream.hideGenerations(2);

    client.ask(MODEL, "\"x_no_usage\":true");

    assertThat(onlyCharge().amountNanos()).isEqualTo(upstreamsNanos());
    assertThat(onlyCharge().flags()).isEmpty();
  }

  @Test
  void anAnswerWithNeitherUsageNorIdIsUnresolvedAtOnce() throws Exception {
    start();

    client.ask(MODEL, "\"x_no_usage\":true,\"x_no_id\":true,\"x_events\":40");

    Line charge = onlyCharge();
    assertThat(charge.flags()).isEqualTo("unresolved");
    // An estimate of what was delivered.
    assertThat(charge.amountNanos()).isPositive();
  }

  @Test
  void aGenericUpstreamIsNeverAskedForAGeneration() throws Exception {
    start("tollgate.upstream.profile", "generic", "tollgate.prices.file", priceFile());

    client.ask(MODEL, "\"x_no_usage\":true,\"x_events\":40");

    assertThat(onlyCharge().flags()).isEqualTo("unresolved");
    assertThat(onlyCharge().generationId()).isEmpty();
  }

  @Test
  void aGenericUpstreamIsChargedByThePricesOfTheOperator() throws Exception {
    start("tollgate.upstream.profile", "generic", "tollgate.prices.file", priceFile());

    client.ask(MODEL, "\"x_no_cost\":true,\"x_events\":40");

    // 7 tokens of prompt at 2 dollars a million, 40 at 10.
    assertThat(onlyCharge().amountNanos()).isEqualTo(14_000 + 400_000);
    assertThat(onlyCharge().flags()).isEqualTo("estimated");
    // Only to try the operator's key.
    await().until(() -> upstream.priceListsRead() == 1);
  }

  private String priceFile() throws Exception {
    Path file = directory.resolve("prices.json");
    Files.writeString(
        file,
        "[{\"model_id\":\"test/model\",\"input_usd_per_1m_tokens\":2,"
            + "\"output_usd_per_1m_tokens\":1e1}]");
    return file.toString();
  }

  @Test
  void aFileOfPricesThatCannotBeReadStopsTheStart() throws Exception {
    Path file = Files.writeString(directory.resolve("prices.json"), "[{\"model_id\":\"a\"}]");

    assertThatThrownBy(() -> start("tollgate.prices.file", file.toString()))
        .isInstanceOf(ConfigException.class)
        .hasMessage("tollgate.prices.file: the input_usd_per_1m_tokens of a is no price");
  }

  @ParameterizedTest
  @CsvSource({"release, 0", "hold, 1000000"})
  void whatIsUnresolvedIsClosedAsConfigured(String fallback, long nanos) throws Exception {
    start("tollgate.settle.unresolved", fallback, "tollgate.hold.unknown-price", "0.001");

    client.ask("no/such-model", "\"x_no_usage\":true,\"x_no_id\":true");

    assertThat(onlyCharge().amountNanos()).isEqualTo(nanos);
  }

  @Test
  void aGenerationThatIsNeverFoundIsUnresolvedAfterAWhile() throws Exception {
    start("tollgate.settle.keep-hold", "1s");
    upstream.hideGenerations(Integer.MAX_VALUE);

    client.ask(MODEL, "\"x_no_usage\":true");

    assertThat(books.unsettled()).isEqualTo(1);
    assertThat(onlyCharge().flags()).isEqualTo("unresolved");
  }

  // --- what breaks off

  @Test
  void aStreamThatTheClientLeavesAtAnyEventIsChargedWhatTheUpstreamSays() throws Exception {
    start();
    upstream.hideGenerations(2);
    int events = 12;
    int asked = 0;
    for (int seen = 0; seen <= events; seen++) {
      for (boolean inside : new boolean[] {false, true}) {
        leaveAfter(events, seen, inside);
        asked++;
      }
    }
    leaveBeforeTheHeaders(events);
    asked++;

    int all = asked;
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> books.unsettled() == 0 && books.charges().size() == all);
    assertChargesAreTheUpstreamsBooks();
  }

  private void leaveAfter(int events, int seen, boolean inside) throws Exception {
    String body =
        "{\"model\":\""
            + MODEL
            + "\",\"stream\":true,\"x_pause_ms\":4,\"x_events\":"
            + events
            + "}";
    try (RawClient raw = new RawClient(gateway.port())) {
      raw.send(gateway.chatHead("Content-Length: " + body.length()) + body);
      raw.readUntil("PROCESSING\n\n");
      for (int i = 0; i < seen; i++) {
        raw.readUntil("\n\n");
      }
      if (inside) {
        raw.readUntil("data: {\"id\":");
      }
      raw.reset();
    }
  }

  private void leaveBeforeTheHeaders(int events) throws Exception {
    String body =
        "{\"model\":\""
            + MODEL
            + "\",\"stream\":true,\"x_pause_ms\":4,\"x_events\":"
            + events
            + "}";
    int before = upstream.dispatched();
    try (RawClient raw = new RawClient(gateway.port())) {
      raw.send(gateway.chatHead("Content-Length: " + body.length()) + body);
      await().pollInterval(Duration.ofMillis(1)).until(() -> upstream.dispatched() > before);
      raw.reset();
    }
  }

  /** Each generation was charged once, to the nano, and nothing else was. */
  private void assertChargesAreTheUpstreamsBooks() throws Exception {
    Map<String, Long> expected = new HashMap<>();
    upstream.books().forEach((id, cost) -> expected.put(id, nanos(cost)));
    Map<String, Long> charged = new HashMap<>();
    for (Line charge : books.charges()) {
      assertThat(charged.put(charge.generationId(), charge.amountNanos())).isNull();
    }
    assertThat(charged).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 5, 11})
  void aStreamThatTheUpstreamBreaksIsChargedWhatTheUpstreamSays(int after) throws Exception {
    start();
    upstream.hideGenerations(1);
    try (RawClient raw = new RawClient(gateway.port())) {
      String body =
          "{\"model\":\""
              + MODEL
              + "\",\"stream\":true,\"x_events\":12,\"x_pause_ms\":2,\"x_break_after\":"
              + after
              + "}";
      raw.send(gateway.chatHead("Content-Length: " + body.length()) + body).readToEnd();
    }

    assertThat(onlyCharge().amountNanos()).isEqualTo(upstreamsNanos());
    assertChargesAreTheUpstreamsBooks();
  }

  @Test
  void aStreamThatFallsSilentIsChargedWhatTheUpstreamSays() throws Exception {
    start("tollgate.upstream.idle-timeout", "300ms");
    try (RawClient raw = new RawClient(gateway.port())) {
      String body =
          "{\"model\":\"" + MODEL + "\",\"stream\":true,\"x_events\":3,\"x_pause_ms\":2000}";
      raw.send(gateway.chatHead("Content-Length: " + body.length()) + body).readToEnd();
    }

    assertThat(onlyCharge().amountNanos()).isEqualTo(upstreamsNanos());
    assertChargesAreTheUpstreamsBooks();
  }

  @Test
  void aRequestWithoutAnAnswerInTimeIsUnresolvedAndItsKeyStaysTaken() throws Exception {
    start("tollgate.upstream.headers-timeout", "300ms");

    HttpResponse<String> answer =
        client.ask(MODEL, "\"x_pause_ms\":2000", "Idempotency-Key", "order 1");

    assertThat(answer.statusCode()).isEqualTo(502);
    assertThat(answer.headers().firstValue("x-should-retry")).contains("false");
    assertThat(onlyCharge().flags()).isEqualTo("unresolved");
    assertThat(client.ask(MODEL, "", "Idempotency-Key", "order 1").statusCode()).isEqualTo(409);
  }

  @Test
  void aRequestThatWasNeverSentCostsNothingAndItsKeyIsFreeAgain() throws Exception {
    start();
    upstream.close();

    for (int i = 0; i < 2; i++) {
      HttpResponse<String> answer = client.ask(MODEL, "", "Idempotency-Key", "order 1");
      assertThat(answer.statusCode()).isEqualTo(502);
      assertThat(answer.headers().firstValue("x-should-retry")).isEmpty();
    }
    await().atMost(Duration.ofSeconds(10)).until(() -> books.unsettled() == 0);
    assertThat(books.states()).isEqualTo(Map.of("released", 2));
  }

  @Test
  void aJsonAnswerThatBreaksOffIsAskedFor() throws Exception {
    start();
    try (RawClient raw = new RawClient(gateway.port())) {
      String body = "{\"model\":\"" + MODEL + "\",\"x_break_after\":0}";
      raw.send(gateway.chatHead("Content-Length: " + body.length()) + body).readToEnd();
    }

    assertThat(onlyCharge().amountNanos()).isEqualTo(upstreamsNanos());
  }

  @Test
  void aPendingHoldKeepsItsWholeAmount() throws Exception {
    start();
    upstream.hideGenerations(Integer.MAX_VALUE);
    try (RawClient raw = new RawClient(gateway.port())) {
      String body =
          "{\"model\":\"" + MODEL + "\",\"stream\":true,\"x_events\":12,\"x_break_after\":3}";
      raw.send(gateway.chatHead("Content-Length: " + body.length()) + body).readToEnd();
    }

    await().atMost(Duration.ofSeconds(10)).until(() -> books.states().containsKey("pending"));
    BooksView.Hold hold = books.holds().get(0);
    assertThat(hold.reason()).isEqualTo("upstream_failed");
    assertThat(hold.generationId()).isEqualTo("gen-1");
    assertThat(hold.amountNanos()).isPositive().isEqualTo(hold.placedNanos());
  }

  @Test
  void whatIsOpenAtTheShutdownIsSettledAfterTheRestart() throws Exception {
    start();
    String body =
        "{\"model\":\"" + MODEL + "\",\"stream\":true,\"x_events\":50,\"x_pause_ms\":100}";
    try (RawClient raw = new RawClient(gateway.port())) {
      raw.send(gateway.chatHead("Content-Length: " + body.length()) + body).readUntil("w ");
      gateway.close();
    }
    assertThat(books.states()).isEqualTo(Map.of("pending", 1));

    gateway = gateway.restart();

    assertThat(onlyCharge().amountNanos()).isEqualTo(upstreamsNanos());
    assertChargesAreTheUpstreamsBooks();
  }

  // --- the same twice

  @Test
  void anIdempotencyKeyIsDispatchedOnce() throws Exception {
    start();
    HttpResponse<String> first = client.ask(MODEL, "", "Idempotency-Key", "order 1");
    HttpResponse<String> second = client.ask(MODEL, "", "Idempotency-Key", "order 1");

    assertThat(first.statusCode()).isEqualTo(200);
    assertThat(second.statusCode()).isEqualTo(409);
    assertThat(second.headers().firstValue("x-should-retry")).contains("false");
    assertThat(second.body())
        .isEqualTo(
            "{\"code\":409,\"msg\":\"error\",\"data\":{\"error\":\"Duplicate request: "
                + books.holds().get(0).id()
                + "\"}}");
    assertThat(upstream.dispatched()).isEqualTo(1);
  }

  @Test
  void anIdempotencyKeyIsLookedAtBeforeTheMoneyForTheHold() throws Exception {
    start("tollgate.hold.mode", "strict");
    client.ask(MODEL, "", "Idempotency-Key", "order 1");
    gateway.setBalance("0.000000001");

    assertThat(client.ask(MODEL, "", "Idempotency-Key", "order 2").statusCode()).isEqualTo(403);
    assertThat(client.ask(MODEL, "", "Idempotency-Key", "order 1").statusCode()).isEqualTo(409);
  }

  @Test
  void anIdempotencyKeyIsFreeAgainIfThereWasNoMoney() throws Exception {
    start("tollgate.hold.mode", "strict");
    gateway.setBalance("0.000000001");
    assertThat(client.ask(MODEL, "", "Idempotency-Key", "order 1").statusCode()).isEqualTo(403);
    gateway.setBalance("1.00");

    assertThat(client.ask(MODEL, "", "Idempotency-Key", "order 1").statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b", "x"})
  void idempotencyKeysThatDifferAreMalformed(String other) throws Exception {
    start();

    HttpResponse<String> answer =
        client.ask(MODEL, "", "Idempotency-Key", "y", "Idempotency-Key", other);

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).contains("Malformed request: Idempotency-Key");
    assertThat(upstream.dispatched()).isZero();
  }

  @Test
  void aVeryLongIdempotencyKeyIsMalformed() throws Exception {
    start();

    assertThat(client.ask(MODEL, "", "Idempotency-Key", "k".repeat(256)).statusCode())
        .isEqualTo(400);
    assertThat(client.ask(MODEL, "", "Idempotency-Key", "k".repeat(255)).statusCode())
        .isEqualTo(200);
  }
}
