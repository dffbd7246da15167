package dev.tollgate.gateway.relay;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.Gateway;
import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.KeyMint.Minted;
import dev.tollgate.gateway.account.Limit;
import dev.tollgate.gateway.account.ModelList;
import dev.tollgate.gateway.account.RatePolicy;
import dev.tollgate.gateway.account.SpendingCaps;
import dev.tollgate.gateway.admin.KeySpec;
import dev.tollgate.gateway.admin.LimitsChange;
import dev.tollgate.gateway.admin.ProjectChange;
import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.ledger.ForwardingLedger;
import dev.tollgate.gateway.ledger.HoldOutcome;
import dev.tollgate.gateway.ledger.HoldRequest;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.BookkeepingUpstream;
import dev.tollgate.gateway.testkit.JettyContainer;
import dev.tollgate.gateway.testkit.MoneyClient;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.SettableClock;
import dev.tollgate.gateway.testkit.Tenant;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.TemporalAdjusters;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a project and a key are kept to beside the balance, over HTTP. */
class LimitsTest {
  private static final Duration SOON = Duration.ofSeconds(5);

  private static BookkeepingUpstream upstream;
  private static RunningGateway gateway;
  private Tenant tenant;
  private MoneyClient client;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    upstream = new BookkeepingUpstream();
    gateway = RunningGateway.start(directory, upstream.baseUrl());
  }

  @AfterAll
  static void stop() throws Exception {
    gateway.close();
    upstream.close();
  }

  @BeforeEach
  void enter() {
    tenant = Tenant.of(gateway, "5");
    client = new MoneyClient(tenant.chat(), tenant.key());
  }

  private void limit(LimitsChange limits) {
    gateway.admin().configure(tenant.project(), new ProjectChange(null, null, limits));
  }

  private static LimitsChange daily(String dollars) {
    return LimitsChange.NONE.set(Limit.DAILY_CAP, Money.parse(dollars).nanos());
  }

  private HttpResponse<String> spend(String dollars) throws Exception {
    return client.ask("a/b", "\"x_cost\":\"" + dollars + "\"");
  }

  private static String refusal(int code, String text) {
    return "{\"code\":%d,\"msg\":\"error\",\"data\":{\"error\":\"%s\"}}".formatted(code, text);
  }

  private static String tomorrow() {
    return LocalDate.now(ZoneOffset.UTC).plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant() + "";
  }

  @Test
  void moreOpenRequestsThanAllowedAreRefusedUntilOneEnds() throws Exception {
    limit(LimitsChange.NONE.set(Limit.CONCURRENCY, 1));
    String body = "{\"stream\":true,\"x_events\":1000,\"x_pause_ms\":20}";
    // Within a second of the change the old limit may still hold.
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              try (RawClient stream = tenant.connect()) {
                stream.send(tenant.chatHead("Content-Length: " + body.length()) + body);
                stream.readUntil("data: {");
                HttpResponse<String> second = spend("0.001");
                assertThat(second.statusCode()).isEqualTo(429);
                assertThat(second.body())
                    .isEqualTo(refusal(429, "Rate limit exceeded, please retry later"));
                assertThat(second.headers().firstValue("Retry-After")).contains("1");
              }
            });

    // The client has gone; what is asked for later is no open request.
    await().atMost(SOON).until(() -> spend("0.001").statusCode() == 200);
  }

  @Test
  void whoHasSpentADaysCapIsToldWhenItIsOver() throws Exception {
    limit(daily("0.50"));
    await().atMost(SOON).until(() -> spend("0.30").statusCode() == 403);

    HttpResponse<String> refused = spend("0.01");

    assertThat(refused.body())
        .isEqualTo(refusal(403, "Spending limit reached (daily), resets at " + tomorrow()));
  }

  @Test
  void theCapOfAWeekIsOverOnMondayAndTheTotalNever() throws Exception {
    limit(LimitsChange.NONE.set(Limit.WEEKLY_CAP, Money.parse("0.20").nanos()));
    await().atMost(SOON).until(() -> spend("0.20").statusCode() == 403);
    String monday =
        LocalDate.now(ZoneOffset.UTC).with(TemporalAdjusters.next(DayOfWeek.MONDAY)).toString();
    assertThat(spend("0.01").body())
        .isEqualTo(
            refusal(403, "Spending limit reached (weekly), resets at " + monday + "T00:00:00Z"));

    limit(LimitsChange.NONE.set(Limit.TOTAL_CAP, Money.parse("0.20").nanos()));
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(spend("0.01").body())
                    .isEqualTo(refusal(403, "Spending limit reached (total)")));
  }

  @Test
  void aCapThatIsRaisedLetsGoOn() throws Exception {
    limit(daily("0.10"));
    await().atMost(SOON).until(() -> spend("0.10").statusCode() == 403);
    limit(daily("4.00"));

    await().atMost(SOON).until(() -> spend("0.10").statusCode() == 200);
  }

  @Test
  void aKeysCapIsItsOwn() throws Exception {
    Minted capped =
        gateway
            .admin()
            .createKey(
                tenant.project(),
                new KeySpec(
                    ApiKey.Kind.INFERENCE,
                    null,
                    new SpendingCaps(null, Money.parse("0.20").nanos())));
    MoneyClient other = new MoneyClient(tenant.chat(), capped.key().reveal());
    assertThat(other.ask("a/b", "\"x_cost\":\"0.20\"").statusCode()).isEqualTo(200);

    HttpResponse<String> refused = other.ask("a/b", "\"x_cost\":\"0.01\"");

    assertThat(refused.statusCode()).isEqualTo(403);
    assertThat(refused.body()).contains("Spending limit reached (monthly), resets at ");
    assertThat(spend("0.01").statusCode()).isEqualTo(200);
  }

  @Test
  void aModelThatIsNotOnTheListIsNamed() throws Exception {
    limit(LimitsChange.NONE.set(Limit.MODELS, new ModelList(List.of("openai/gpt-4o-mini"))));
    await().atMost(SOON).until(() -> spend("0.001").statusCode() == 403);
    int dispatched = upstream.dispatched();

    assertThat(spend("0.001").body())
        .isEqualTo(refusal(403, "Model not allowed for this project: a/b"));
    assertThat(client.ask("openai/gpt-4o-mini", "\"models\":[\"c/d\"]").body())
        .isEqualTo(refusal(403, "Model not allowed for this project: c/d"));
    assertThat(client.ask("openai/gpt-4o-mini", "\"x\":1", "Content-Encoding", "gzip").body())
        .isEqualTo(refusal(403, "Model not allowed for this project: (the body cannot be read)"));
    assertThat(upstream.dispatched()).isEqualTo(dispatched);
    assertThat(client.ask("openai/gpt-4o-mini", "\"x\":1").statusCode()).isEqualTo(200);
    assertThat(gateway.admin().showProject(tenant.project()).balance().loaned())
        .isEqualTo(Money.ZERO);
  }

  @Test
  void byCreditFreeModelsAreAskedForTwentyTimesAMinute() throws Exception {
    limit(LimitsChange.NONE.set(Limit.RATE, RatePolicy.BY_CREDIT));
    tenant.setBalance("500");
    await()
        .atMost(SOON)
        .until(() -> client.ask("a/b:free", "\"x_cost\":\"0\"").statusCode() == 429);

    HttpResponse<String> refused = client.ask("a/b:free", "\"x_cost\":\"0\"");

    assertThat(refused.statusCode()).isEqualTo(429);
    assertThat(Long.parseLong(refused.headers().firstValue("Retry-After").orElse("")))
        .isBetween(1L, 3L);
    assertThat(client.ask("a/b", "\"x_cost\":\"0.001\"").statusCode()).isEqualTo(200);
  }

  private List<Integer> send(int times, String... headers) throws Exception {
    List<Integer> statuses = new ArrayList<>();
    String body = "{\"model\":\"a/b:free\",\"x_cost\":\"0\"}";
    for (int i = 0; i < times; i++) {
      try (RawClient raw = tenant.connect()) {
        raw.send(tenant.chatHead(headers).replace("\r\n\r\n", "\r\n"))
            .send("Content-Length: " + body.length() + "\r\n\r\n" + body);
        statuses.add(Integer.parseInt(raw.readHead().substring(9, 12)));
      }
    }
    return statuses;
  }

  /** The upstream gets the same body as ever, and no word of an encoding. */
  @Test
  void anEncodingOfOneConnectionHidesNoFreeModel() throws Exception {
    limit(LimitsChange.NONE.set(Limit.RATE, RatePolicy.BY_CREDIT));
    tenant.setBalance("500");
    await().atMost(SOON).until(() -> send(21).contains(429));

    assertThat(send(21, "Content-Encoding: x", "Connection: Content-Encoding")).contains(429);
  }

  @Test
  void aSecondEncodingHidesNoModel() throws Exception {
    limit(LimitsChange.NONE.set(Limit.MODELS, new ModelList(List.of("a/b:free"))));
    await().atMost(SOON).until(() -> spend("0.001").statusCode() == 403);

    assertThat(send(1, "Content-Encoding: identity", "Content-Encoding: br")).containsExactly(403);
  }

  /** By the name that Pinata's callers have for it, which is the one that they are told, too. */
  @Test
  void aModelIsAllowedByThatNameWhichItsCallersWrite() throws Exception {
    String model = "anthropic/claude-sonnet-4-6";
    limit(LimitsChange.NONE.set(Limit.MODELS, new ModelList(List.of(model))));
    await().atMost(SOON).until(() -> spend("0.001").statusCode() == 403);
    String body = "{\"model\":\"" + model + "\"}";

    try (RawClient raw = tenant.connect()) {
      raw.send(
              "POST /v0/llm/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ")
          .send(tenant.key() + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
      String head = raw.readHead();
      assertThat(head).as(raw.readBody(head)).startsWith("HTTP/1.1 200 ");
    }
  }

  @Test
  void theDayThatIsSpentIsTheOneThatTheRequestCameIn(@TempDir Path directory) throws Exception {
    SettableClock clock = new SettableClock();
    clock.advance(Duration.ofHours(24).minusSeconds(1));
    AtomicBoolean slow = new AtomicBoolean();
    GatewayConfig config =
        GatewayConfig.of(
            Map.of(
                "tollgate.upstream.url",
                upstream.baseUrl().toString(),
                "tollgate.upstream.key",
                "sk-or-v1-x",
                "tollgate.database.url",
                "jdbc:sqlite:" + directory.resolve("tollgate.db")));
    try (Gateway late =
            Gateway.builder()
                .config(config)
                .clock(clock)
                .decorateLedger(
                    books ->
                        new ForwardingLedger(books) {
                          @Override
                          public CompletionStage<HoldOutcome> hold(HoldRequest request) {
                            return super.hold(request)
                                .whenComplete(
                                    (outcome, failure) ->
                                        clock.advance(Duration.ofSeconds(slow.get() ? 2 : 0)));
                          }
                        })
                .build();
        JettyContainer container = new JettyContainer("/", 30_000, late::install)) {
      Minted key = late.admin().createProject("shop", Money.parse("5"), null);
      late.admin().configure("shop", new ProjectChange(null, null, daily("0.10")));
      MoneyClient shop =
          new MoneyClient(
              URI.create(
                  "http://127.0.0.1:"
                      + container.port()
                      + "/api/v1/chat/completions?project_name=shop"),
              key.key().reveal());
      assertThat(shop.ask("a/b", "\"x_cost\":\"0.10\"").statusCode()).isEqualTo(200);
      slow.set(true);

      assertThat(shop.ask("a/b", "\"x_cost\":\"0.10\"").body())
          .contains("Spending limit reached (daily), resets at 2026-01-02T00:00:00Z");
    }
  }

  /** Each writes a key and a line of the audit log, and makes all nodes read their keys anew. */
  @Test
  void keysAreMadeAtTheProjectsRateAtMost() throws Exception {
    limit(LimitsChange.NONE.set(Limit.RATE, RatePolicy.parse("1/m")));
    await().atMost(SOON).until(() -> spend("0.001").statusCode() == 429);
    String management =
        gateway
            .admin()
            .createKey(
                tenant.project(), new KeySpec(ApiKey.Kind.MANAGEMENT, null, SpendingCaps.NONE))
            .key()
            .reveal();

    try (RawClient raw = tenant.connect()) {
      raw.send("POST /v0/llm/enable HTTP/1.1\r\nHost: localhost\r\n")
          .send("Authorization: Bearer " + management + "\r\nContent-Length: 0\r\n\r\n");
      assertThat(raw.readHead()).startsWith("HTTP/1.1 429 ");
    }
  }

  /** What an upstream takes for no max_tokens at all is a bound of one token here. */
  @Test
  void inStrictNoBodyMakesTheOperatorPay(@TempDir Path directory) throws Exception {
    upstream.price(new BookkeepingUpstream.Model("acme/dear", "0.00001", "0.0001", 8192, 4000));
    try (RunningGateway strict =
        RunningGateway.start(
            directory, upstream.baseUrl(), Map.of("tollgate.hold.mode", "strict"), 30_000)) {
      tenant = Tenant.of(strict, "5");
      byte[] body =
          "{\"model\":\"acme/dear\",\"max_toke\u00c1\u00aes\":1,\"x_cost\":\"0.4\"}"
              .getBytes(ISO_8859_1);
      String head;
      do {
        // 503 while there are no prices yet.
        try (RawClient raw = tenant.connect()) {
          raw.send(tenant.chatHead("Content-Length: " + body.length)).send(body);
          head = raw.readHead();
          raw.readBody(head);
        }
      } while (head.startsWith("HTTP/1.1 503 "));
      Money left = strict.admin().showProject(tenant.project()).balance().total();

      assertThat(head.startsWith("HTTP/1.1 400 ") || left.compareTo(Money.parse("4.6")) <= 0)
          .as(head + " and " + left + " left")
          .isTrue();
    }
  }
}
