package dev.tollgate.gateway.selfservice;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.admin.LimitsChange;
import dev.tollgate.gateway.admin.ProjectChange;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Period;
import dev.tollgate.gateway.testkit.BookkeepingUpstream;
import dev.tollgate.gateway.testkit.MoneyClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.SettableClock;
import dev.tollgate.gateway.testkit.Tenant;
import java.math.BigDecimal;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** After a random history, what a project is shown adds up to its ledger, to the nano-dollar. */
abstract class TenantSumsContract {
  private static final int REQUESTS = 60;
  private static final Duration LONGEST_PAUSE = Duration.ofHours(30);

  private final SettableClock clock = new SettableClock();

  /** The settings of an empty database. */
  abstract Map<String, String> database(Path directory);

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void keysActivityAndCreditsAddUpToTheLedger(long seed, @TempDir Path directory) throws Exception {
    Random random = new Random(seed);
    try (BookkeepingUpstream upstream = new BookkeepingUpstream();
        RunningGateway gateway =
            RunningGateway.start(directory, upstream.baseUrl(), database(directory), clock)) {
      Tenant tenant = Tenant.of(gateway, "1000");
      CallerClient manager = CallerClient.managing(tenant);
      gateway
          .admin()
          .configure(
              tenant.project(), new ProjectChange(Markup.parse("12.5%"), null, LimitsChange.NONE));
      List<String> keys = new ArrayList<>(List.of(tenant.key()));
      for (int i = 0; i < 3; i++) {
        keys.add(manager.post("/api/v1/keys", "{\"name\":\"a\"}").json().path("key").asText());
      }
      for (int i = 0; i < REQUESTS; i++) {
        clock.advance(Duration.ofSeconds(random.nextLong(LONGEST_PAUSE.toSeconds())));
        spend(random, tenant, keys.get(random.nextInt(keys.size())));
        if (i % 20 == 0) {
          // The sums of the days before are remembered from here on.
          assertThat(manager.get("/api/v1/keys").data()).hasSize(keys.size());
        }
      }
      List<Entry> charges =
          gateway.admin().entries(tenant.project(), 10_000).stream()
              .filter(entry -> entry.kind() == Entry.Kind.CHARGE)
              .toList();
      assertThat(charges).hasSize(REQUESTS);
      assertKeys(manager, charges);
      assertActivity(manager, charges);
      assertThat(manager.get("/api/v1/credits").data().path("total_usage").decimalValue())
          .isEqualByComparingTo(sum(charges, entry -> true));
    }
  }

  private static void spend(Random random, Tenant tenant, String key) throws Exception {
    String cost = BigDecimal.valueOf(random.nextInt(2_000_000_000), 12).toPlainString();
    HttpResponse<String> answer =
        new MoneyClient(tenant.chat(), key)
            .ask("acme/m" + random.nextInt(4), "\"x_cost\":\"" + cost + "\"");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
  }

  private static BigDecimal sum(List<Entry> charges, Predicate<Entry> which) {
    return charges.stream()
        .filter(which)
        .map(entry -> entry.amount().dollars())
        .reduce(BigDecimal.ZERO, BigDecimal::add);
  }

  private void assertKeys(CallerClient manager, List<Entry> charges) throws Exception {
    for (JsonNode key : manager.get("/api/v1/keys?include_disabled=true").data()) {
      Predicate<Entry> own = entry -> entry.keyId().equals("tg_" + key.path("hash").asText());
      Map<String, Period> members =
          Map.of(
              "usage", Period.TOTAL,
              "usage_daily", Period.DAILY,
              "usage_weekly", Period.WEEKLY,
              "usage_monthly", Period.MONTHLY);
      members.forEach(
          (member, period) -> {
            Instant from = period.start(period.number(clock.instant()));
            assertThat(key.path(member).decimalValue())
                .as(member)
                .isEqualByComparingTo(sum(charges, own.and(entry -> !entry.at().isBefore(from))));
          });
    }
  }

  private void assertActivity(CallerClient manager, List<Entry> charges) throws Exception {
    LocalDate today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
    Map<String, BigDecimal> expected = new TreeMap<>();
    for (Entry entry : charges) {
      LocalDate day = LocalDate.ofInstant(entry.at(), ZoneOffset.UTC);
      if (day.isBefore(today) && !day.isBefore(today.minusDays(ActivityRoute.DAYS))) {
        expected.merge(day + " " + entry.model(), entry.amount().dollars(), BigDecimal::add);
      }
    }
    Map<String, BigDecimal> shown = new TreeMap<>();
    long requests = 0;
    for (JsonNode row : manager.get("/api/v1/activity").data()) {
      String name = row.path("date").asText() + " " + row.path("model").asText();
      assertThat(shown.put(name, row.path("usage").decimalValue().setScale(9))).isNull();
      requests += row.path("requests").asLong();
    }
    assertThat(shown).isNotEmpty().isEqualTo(expected);
    assertThat(requests)
        .isEqualTo(
            charges.stream()
                .map(entry -> LocalDate.ofInstant(entry.at(), ZoneOffset.UTC))
                .filter(day -> day.isBefore(today))
                .filter(day -> !day.isBefore(today.minusDays(ActivityRoute.DAYS)))
                .count());
  }
}
