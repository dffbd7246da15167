package dev.tollgate.gateway.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.Scrape;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.Tenant;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** docs/metrics.md, the dashboard and the alerts speak of the metrics that there are. */
class MetricsPageTest {
  private static final Path DOCS = Path.of("..", "docs");
  private static final Pattern METRIC = Pattern.compile("\\b(tollgate|gen_ai|jvm|process)_\\w+");
  private static final Pattern SELECTOR = Pattern.compile("(\\w+)\\{([^}]*)}");
  private static final Pattern LABEL = Pattern.compile("(\\w+)\\s*(?:=~|!~|!=|=)\\s*\"");

  /** What Prometheus adds by itself, and a histogram has. */
  private static final Set<String> ADDED = Set.of("instance", "job", "le");

  /** Of a scrape itself, whether it worked. */
  private static final String UP = "up";

  private static Scrape scrape;

  @BeforeAll
  static void ask(@TempDir Path directory) throws Exception {
    HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    Map<String, String> settings =
        Map.of("tollgate.admin.token", "an-admin-token-of-forty-characters-or-so");
    try (ScriptedUpstream upstream = new ScriptedUpstream();
        RunningGateway gateway =
            RunningGateway.start(directory, upstream.baseUrl(), settings, 30_000)) {
      Tenant tenant = Tenant.of(gateway, "5");
      upstream.script(
          (request, connection) ->
              connection
                  .write(ScriptedUpstream.streamHead())
                  .chunk("data: {\"choices\":[{\"delta\":{\"content\":\"Hello\"}}]}\n\n")
                  .chunk(
                      "data: {\"usage\":{\"cost\":0.1,\"prompt_tokens\":7,"
                          + "\"completion_tokens\":3}}\n\ndata: [DONE]\n\n")
                  .lastChunk());
      // The second one is refused: that is an error with a type.
      for (String project : List.of(tenant.project(), "nobody")) {
        http.send(
            tenant
                .request(tenant.uri(Tenant.CHAT + "?project_name=" + project))
                .POST(BodyPublishers.ofString("{\"model\":\"m\",\"stream\":true}"))
                .build(),
            BodyHandlers.ofString());
      }
      await().until(() -> gateway.gateway().awaitIdle(Duration.ZERO));
      scrape =
          new Scrape(
              http.send(
                      HttpRequest.newBuilder(gateway.uri("/metrics"))
                          .header("Authorization", "Bearer " + settings.get("tollgate.admin.token"))
                          .build(),
                      BodyHandlers.ofString())
                  .body());
    }
  }

  @Test
  void thePageListsEachMetricWithItsTypeAndLabels() throws Exception {
    List<String> expected =
        scrape.families().values().stream()
            .map(
                family -> {
                  String labels =
                      family.labels().stream()
                          .map(label -> "`" + label + "`")
                          .collect(Collectors.joining(", "));
                  return "| `"
                      + family.name()
                      + "` | "
                      + family.type()
                      + " | "
                      + (labels.isEmpty() ? "-" : labels)
                      + " |";
                })
            .toList();
    List<String> rows =
        Files.readAllLines(DOCS.resolve("metrics.md")).stream()
            .filter(line -> line.matches("\\| `\\w+` \\| (counter|gauge|histogram) .*"))
            .toList();

    assertThat(rows.stream().map(row -> row.replaceFirst("^((\\| [^|]+ ){3}\\|).*", "$1")))
        .containsExactlyElementsOf(expected);
    // A unit, and what it means.
    assertThat(rows).allMatch(row -> row.matches("(\\| [^|]+ ){3}\\| [^|]{3,} \\| [^|]{5,} \\|"));
  }

  @Test
  void theDashboardAsksForMetricsAndLabelsThatThereAre() throws Exception {
    JsonNode dashboard =
        new ObjectMapper().readTree(DOCS.resolve("monitoring/grafana-dashboard.json").toFile());
    List<String> queries = new ArrayList<>();
    Set<Integer> ids = new TreeSet<>();
    for (JsonNode panel : dashboard.get("panels")) {
      assertThat(ids.add(panel.get("id").intValue())).isTrue();
      assertThat(panel.get("title").textValue()).isNotEmpty();
      for (JsonNode target : panel.path("targets")) {
        assertThat(target.at("/datasource/uid").textValue()).isEqualTo("${datasource}");
        queries.add(target.get("expr").textValue());
      }
    }

    assertThat(ids).hasSizeGreaterThan(20);
    assertThat(dashboard.at("/templating/list/0/type").textValue()).isEqualTo("datasource");
    assertThat(dashboard.get("id").isNull()).as("it is new where it is imported").isTrue();
    queries.forEach(MetricsPageTest::check);
    check(dashboard.at("/templating/list/1/definition").textValue());
    assertThat(metrics(String.join("\n", queries))).hasSizeGreaterThan(25);
  }

  @Test
  void theAlertsAskForMetricsAndLabelsThatThereAre() throws Exception {
    String alerts = Files.readString(DOCS.resolve("monitoring/alerts.yml"));

    check(alerts);
    assertThat(alerts.split("- alert: ", -1)).hasSizeGreaterThan(10);
    assertThat(metrics(alerts)).hasSizeGreaterThan(10);
  }

  private static Set<String> metrics(String text) {
    Set<String> names = new TreeSet<>();
    Matcher metric = METRIC.matcher(text);
    while (metric.find()) {
      names.add(metric.group());
    }
    names.removeAll(labels());
    return names;
  }

  private static Set<String> labels() {
    return scrape.families().values().stream()
        .flatMap(family -> family.labels().stream())
        .collect(Collectors.toSet());
  }

  private static void check(String text) {
    assertThat(scrape.sampleNames()).containsAll(metrics(text));
    Matcher selector = SELECTOR.matcher(text);
    while (selector.find()) {
      String name = selector.group(1).replaceFirst("_(bucket|sum|count)$", "");
      Set<String> known = new TreeSet<>(ADDED);
      if (scrape.families().containsKey(name)) {
        known.addAll(scrape.families().get(name).labels());
      } else if (!name.equals(UP)) {
        known.addAll(scrape.families().get(selector.group(1)).labels());
      }
      Matcher label = LABEL.matcher(selector.group(2));
      while (label.find()) {
        assertThat(known).as(selector.group()).contains(label.group(1));
      }
    }
  }
}
