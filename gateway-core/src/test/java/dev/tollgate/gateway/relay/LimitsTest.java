package dev.tollgate.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.KeyMint.Minted;
import dev.tollgate.gateway.account.ModelList;
import dev.tollgate.gateway.account.RatePolicy;
import dev.tollgate.gateway.account.SpendingCaps;
import dev.tollgate.gateway.admin.AdminService.Configuration;
import dev.tollgate.gateway.admin.CapsChange;
import dev.tollgate.gateway.admin.Change;
import dev.tollgate.gateway.admin.KeyWish;
import dev.tollgate.gateway.admin.LimitsChange;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.BookkeepingUpstream;
import dev.tollgate.gateway.testkit.MoneyClient;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.Tenant;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
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
    gateway.admin().configure(tenant.project(), new Configuration(null, null, limits));
  }

  private static CapsChange daily(String dollars) {
    return new CapsChange(Change.to(Money.parse(dollars)), Change.none());
  }

  private static LimitsChange caps(CapsChange caps) {
    return new LimitsChange(Change.none(), Change.none(), Change.none(), caps);
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
    limit(new LimitsChange(Change.none(), Change.to(1), Change.none(), CapsChange.NONE));
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
    limit(caps(daily("0.50")));
    await().atMost(SOON).until(() -> spend("0.30").statusCode() == 403);

    HttpResponse<String> refused = spend("0.01");

    assertThat(refused.body())
        .isEqualTo(refusal(403, "Spending limit reached (daily), resets at " + tomorrow()));
  }

  @Test
  void aCapThatIsRaisedLetsGoOn() throws Exception {
    limit(caps(daily("0.10")));
    await().atMost(SOON).until(() -> spend("0.10").statusCode() == 403);
    limit(caps(daily("4.00")));

    await().atMost(SOON).until(() -> spend("0.10").statusCode() == 200);
  }

  @Test
  void aKeysCapIsItsOwn() throws Exception {
    Minted capped =
        gateway
            .admin()
            .createKey(
                tenant.project(),
                new KeyWish(
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
    limit(
        new LimitsChange(
            Change.none(),
            Change.none(),
            Change.to(new ModelList(List.of("openai/gpt-4o-mini"))),
            CapsChange.NONE));
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
    limit(
        new LimitsChange(
            Change.to(RatePolicy.BY_CREDIT), Change.none(), Change.none(), CapsChange.NONE));
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
}
