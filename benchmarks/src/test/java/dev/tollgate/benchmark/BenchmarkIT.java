package dev.tollgate.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tollgate.benchmark.Targets.Kind;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The benchmark itself: that it measures what it says, and would notice a wrong answer. */
class BenchmarkIT {
  private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");
  private static final Path JAR = Path.of(System.getProperty("tollgate-bench.jar"));
  private static final Duration A_WHILE = Duration.ofMillis(500);

  @TempDir private static Path directory;
  private static Targets targets;
  private static Target direct;
  private static Target gateway;

  @BeforeAll
  static void start() throws Exception {
    targets = new Targets(JAVA, JAR, directory);
    direct = targets.start(Kind.DIRECT).orElseThrow();
    gateway = targets.start(Kind.GATEWAY).orElseThrow();
  }

  @AfterAll
  static void stop() {
    gateway.close();
    targets.close();
  }

  private static Load.Result closed(Target target, Shape shape) throws Exception {
    try (Load load = target.load(shape)) {
      return load.closed(4, A_WHILE);
    }
  }

  private static JsonNode seenUpstream() throws Exception {
    URI stats = URI.create(direct.base() + "/stats");
    return new ObjectMapper()
        .readTree(
            HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(stats).build(), BodyHandlers.ofString())
                .body());
  }

  @Test
  void everyMeasureIsFreeOfErrors() throws Exception {
    List<Sample> samples =
        Benchmark.measure(
            Options.parse(
                List.of(
                    "rounds=1",
                    "seconds=1",
                    "warmup=0",
                    "rate=20",
                    "streams=20",
                    "targets=direct,gateway",
                    "jar=" + JAR,
                    "directory=" + directory.resolve("all"))));

    assertThat(samples).filteredOn(sample -> sample.errors() > 0).isEmpty();
    assertThat(measuredOf(samples, "Tollgate")).containsExactlyInAnyOrder(Measure.values());
    assertThat(new Tables(samples, "Tollgate").toString())
        .contains("| Tollgate | ")
        .contains("### " + Measure.JSON.title());
  }

  private static Set<Measure> measuredOf(List<Sample> samples, String target) {
    return samples.stream()
        .filter(sample -> sample.target().equals(target) && !sample.values().isEmpty())
        .map(Sample::measure)
        .collect(Collectors.toSet());
  }

  @Test
  void countsAreThoseOfTheUpstreamAndOfTheBooks() throws Exception {
    JsonNode before = seenUpstream();
    long bookedBefore = requestsInTheBooks();
    Load.Result documents = closed(gateway, Shape.JSON);
    Load.Result streams = closed(gateway, Shape.FLAT);
    JsonNode after = seenUpstream();

    assertThat(documents.answers()).isPositive();
    assertThat(streams.events()).isEqualTo(100 * streams.answers()).isPositive();
    long requests = documents.answers() + streams.answers();
    assertThat(after.path("answers").asLong() - before.path("answers").asLong())
        .isEqualTo(requests);
    assertThat(after.path("events").asLong() - before.path("events").asLong())
        .isEqualTo(streams.events());
    assertThat(requestsInTheBooks() - bookedBefore).isEqualTo(requests);
  }

  /** By the project's own key. */
  private static long requestsInTheBooks() throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(gateway.base() + "/key"))
            .header("Authorization", gateway.authorization())
            .build();
    String answer = HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
    double usage = new ObjectMapper().readTree(answer).path("data").path("usage").asDouble();
    return Math.round(usage / 0.000385);
  }

  @Test
  void anAnswerThatIsNotWhatWasSentIsAnError() throws Exception {
    assertThat(closed(direct, Shape.SHORT).errors()).isPositive();
    assertThat(closed(direct, Shape.SHORT).answers()).isZero();
    assertThat(closed(direct, Shape.WRONG).firstError()).contains("a wrong byte");
    assertThat(closed(direct, Shape.JSON).errors()).isZero();
  }

  @Test
  void aRefusalIsAnError() throws Exception {
    try (Load load = new Load(gateway.base(), "Bearer nobody's", Shape.JSON)) {
      assertThat(load.closed(1, A_WHILE).firstError()).contains("HTTP/1.1 401");
    }
  }

  @Test
  void jettysProxyRelaysEveryShape() throws Exception {
    try (Target proxy = targets.start(Kind.JETTY).orElseThrow()) {
      assertThat(closed(proxy, Shape.JSON).errors()).isZero();
      assertThat(closed(proxy, Shape.MODELS).errors()).isZero();
      assertThat(closed(proxy, Shape.FLAT).answers()).isPositive();
    }
  }

  @Test
  void aFixedRateAsksForSoManyHoweverLongAnAnswerTakes() throws Exception {
    try (Load load = direct.load(Shape.JSON)) {
      assertThat(load.rate(200, Duration.ofSeconds(1)).answers()).isEqualTo(200);
    }
  }

  @Test
  void idleStreamsAreOpenWhenAllHaveHadAnEvent() throws Exception {
    try (Load load = direct.load(Shape.IDLE)) {
      assertThat(load.open(20, 100)).isEqualTo(20);
    }
  }
}
