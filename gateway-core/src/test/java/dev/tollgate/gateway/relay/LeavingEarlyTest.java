package dev.tollgate.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.account.Limit;
import dev.tollgate.gateway.admin.LimitsChange;
import dev.tollgate.gateway.admin.ProjectChange;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.BookkeepingUpstream;
import dev.tollgate.gateway.testkit.BookkeepingUpstream.Model;
import dev.tollgate.gateway.testkit.BooksView;
import dev.tollgate.gateway.testkit.MoneyClient;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.SettableClock;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Leaving an answer early, or asking for much at once, never spends a dollar twice. */
class LeavingEarlyTest {
  private static final String MODEL = "test/model";

  private static final String CHEAP = "test/cheap";

  /** At 0.0007 dollars a token a full answer costs 0.70. */
  private static final String FULL_ANSWER = "\"max_tokens\":1000";

  @TempDir Path directory;
  private final BookkeepingUpstream upstream = new BookkeepingUpstream();
  private final SettableClock clock = new SettableClock();
  private RunningGateway gateway;
  private BooksView books;

  private void start(String... settings) throws Exception {
    upstream.price(new Model(MODEL, "0", "0.0007", 8192, 1000));
    upstream.price(new Model(CHEAP, "0", "0.0001", 8192, 100));
    Map<String, String> all = new HashMap<>();
    for (int i = 0; i < settings.length; i += 2) {
      all.put(settings[i], settings[i + 1]);
    }
    gateway = RunningGateway.start(directory, upstream.baseUrl(), all, clock);
    books = new BooksView("jdbc:sqlite:" + directory.resolve("tollgate.db"));
    await().atMost(Duration.ofSeconds(10)).until(() -> upstream.priceListsRead() > 0);
  }

  @AfterEach
  void stop() throws Exception {
    assertThat(books.broken()).isEmpty();
    books.close();
    gateway.close();
    upstream.close();
    assertThat(upstream.failures()).isEmpty();
  }

  /** Opens a stream that costs 0.70 in the end, and leaves at its first word. */
  private void leaveAtTheFirstWord() throws Exception {
    var unused = leave(MODEL, FULL_ANSWER, "0.70", "w ");
  }

  /**
   * Opens a stream, and leaves as soon as {@code seen} has come.
   *
   * @return the head of a refusal; empty if there was none
   */
  private String leave(String model, String cap, String cost, String seen) throws Exception {
    int before = upstream.dispatched();
    String body =
        "{\"model\":\"%s\",\"stream\":true,%s,\"metadata\":{\"x_events\":1000,\"x_pause_ms\":20,"
                .formatted(model, cap)
            + "\"x_full_cost\":\""
            + cost
            + "\"}}";
    try (RawClient raw = new RawClient(gateway.port())) {
      raw.send(gateway.chatHead("Content-Length: " + body.length()) + body);
      String head = raw.readHead();
      if (!head.startsWith("HTTP/1.1 200")) {
        return head;
      }
      raw.readUntil(seen);
      raw.reset();
    }
    assertThat(upstream.dispatched()).isEqualTo(before + 1);
    await().atMost(Duration.ofSeconds(10)).until(() -> !books.states().containsKey("open"));
    return "";
  }

  @ParameterizedTest
  @ValueSource(strings = {"strict", "bounded"})
  void aStreamThatIsLeftKeepsItsMoneyUntilItsCostIsKnown(String mode) throws Exception {
    start("tollgate.hold.mode", mode);
    upstream.hideGenerations(Integer.MAX_VALUE);
    gateway.setBalance("1.00");

    for (int i = 0; i < 6; i++) {
      leaveAtTheFirstWord();
    }

    // In strict the second hold of 0.70 does not fit; in bounded it is cut to 0.30, the third to
    // none.
    assertThat(upstream.dispatched()).isEqualTo(mode.equals("strict") ? 1 : 2);
    upstream.hideGenerations(0);
    settle();
    assertThat(upstream.usage()).isEqualByComparingTo(mode.equals("strict") ? "0.70" : "1.40");
    assertThat(gateway.balance().total())
        .isEqualTo(Money.parse(mode.equals("strict") ? "0.30" : "-0.40"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"strict", "bounded"})
  void aCapIsNotFreedByLeavingEither(String mode) throws Exception {
    start("tollgate.hold.mode", mode);
    gateway
        .admin()
        .configure(
            RunningGateway.PROJECT,
            new ProjectChange(
                null,
                null,
                LimitsChange.NONE
                    .set(Limit.CONCURRENCY, 1)
                    .set(Limit.DAILY_CAP, Money.parse("1.00").nanos())));
    upstream.hideGenerations(Integer.MAX_VALUE);

    for (int i = 0; i < 6; i++) {
      leaveAtTheFirstWord();
    }

    assertThat(upstream.dispatched()).isEqualTo(mode.equals("strict") ? 1 : 2);
  }

  @Test
  void aClientThatLeavesBeforeTheHeadersPaysForWhatItAskedFor() throws Exception {
    start();
    String body =
        "{\"model\":\""
            + MODEL
            + "\",\"stream\":true,"
            + FULL_ANSWER
            + ",\"metadata\":{\"x_head_pause_ms\":3000,\"x_events\":1000,\"x_pause_ms\":20,\"x_full_cost\":\"0.70\"}}";
    try (RawClient raw = new RawClient(gateway.port())) {
      raw.send(gateway.chatHead("Content-Length: " + body.length()) + body);
      await().atMost(Duration.ofSeconds(5)).until(() -> upstream.dispatched() == 1);
      raw.reset();
    }

    await().atMost(Duration.ofSeconds(10)).until(() -> books.states().containsKey("pending"));
    settle();
    assertThat(books.charges()).hasSize(1);
    assertThat(books.charges().get(0).amountNanos()).isEqualTo(700_000_000);
    assertThat(books.charges().get(0).flags()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"plugins\":[{\"id\":\"file-parser\"}]",
        "\"preset\":\"mine\"",
        "\"tools\":[{\"type\":\"openrouter:web_search\"}]",
        "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"file\",\"file\":{\"file_data\":"
            + "\"https://x.example/y.pdf\"}}]}]"
      })
  void aCentBuysOneRequestWithExtrasAtATime(String extras) throws Exception {
    start();
    upstream.hideGenerations(Integer.MAX_VALUE);
    gateway.setBalance("0.01");
    MoneyClient client = new MoneyClient(gateway.chat(), gateway.key());
    String wishes = extras + ",\"max_tokens\":1,\"x_pause_ms\":1000,\"x_cost\":\"1.00\"";

    CompletableFuture<HttpResponse<String>> first =
        CompletableFuture.supplyAsync(() -> ask(client, wishes));
    await().atMost(Duration.ofSeconds(5)).until(() -> upstream.dispatched() == 1);
    for (int i = 0; i < 20; i++) {
      assertThat(ask(client, wishes).statusCode()).isEqualTo(403);
    }

    assertThat(first.join().statusCode()).isEqualTo(200);
    assertThat(upstream.dispatched()).isEqualTo(1);
  }

  private static HttpResponse<String> ask(MoneyClient client, String wishes) {
    try {
      return client.ask(MODEL, wishes);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aTenantWhoStopsEveryFourthStreamKeepsWorking() throws Exception {
    start("tollgate.hold.mode", "strict");
    upstream.delayGenerations(clock, Duration.ofMinutes(5));
    MoneyClient client = new MoneyClient(gateway.chat(), gateway.key());

    // A stream every half a minute. Each holds 0.01, costs 0.0001, and the balance is ten holds.
    for (int i = 0; i < 48; i++) {
      gateway.setBalance("0.10");
      if (i % 4 == 3) {
        assertThat(leave(CHEAP, "\"max_tokens\":100", "0.0001", "w ")).isEmpty();
      } else {
        String wishes = "\"max_tokens\":100,\"metadata\":{\"x_cost\":\"0.0001\"}";
        assertThat(client.ask(CHEAP, wishes).statusCode()).as("stream " + i).isEqualTo(200);
      }
      clock.advance(Duration.ofSeconds(30));
      await().atMost(Duration.ofSeconds(10)).until(() -> !books.isDue(clock.instant()));
    }

    settle();
    assertThat(upstream.dispatched()).isEqualTo(48);
  }

  @Test
  void aRefusedRequestFreesWhatPendingHoldsKeepBeyondTheirCost() throws Exception {
    start("tollgate.hold.mode", "strict", "tollgate.settle.first-delay", "1h");
    gateway.setBalance("1.00");
    assertThat(leave(MODEL, FULL_ANSWER, "0.01", "w ")).isEmpty();
    MoneyClient client = new MoneyClient(gateway.chat(), gateway.key());
    String wishes = FULL_ANSWER + ",\"metadata\":{\"x_cost\":\"0.01\"}";

    assertThat(client.ask(MODEL, wishes).statusCode()).isEqualTo(403);

    await().atMost(Duration.ofSeconds(10)).until(() -> books.charges().size() == 1);
    assertThat(client.ask(MODEL, wishes).statusCode()).isEqualTo(200);
  }

  /** Lets the look-ups run until nothing is pending. */
  private void settle() {
    await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () -> {
              clock.advance(Duration.ofMinutes(20));
              return books.unsettled() == 0;
            });
  }
}
