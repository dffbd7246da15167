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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The benchmark itself: that it measures what it says, and would notice a wrong answer. */
class BenchmarkIT {
  private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");
  private static final Path JAR = Path.of(System.getProperty("tollgate-bench.jar"));
  private static final Duration A_WHILE = Duration.ofMillis(500);

  @TempDir private Path directory;
  private Targets targets;

  @BeforeEach
  void startUpstream() throws Exception {
    targets = new Targets(JAVA, JAR, directory);
  }

  @AfterEach
  void stopUpstream() {
    targets.close();
  }

  private Target start(Kind kind) throws Exception {
    return targets.start(kind).orElseThrow();
  }

  private static Load.Result closed(Target target, Shape shape) throws Exception {
    try (Load load = target.load(shape)) {
      return load.closed(4, A_WHILE);
    }
  }

  private JsonNode seenUpstream() throws Exception {
    URI stats = URI.create(start(Kind.DIRECT).base() + "/stats");
    return new ObjectMapper()
        .readTree(
            HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(stats).build(), BodyHandlers.ofString())
                .body());
  }

  @Test
  void everyMeasureOfEveryRelayIsFreeOfErrors() throws Exception {
    List<Sample> samples =
        Benchmark.measure(
            Options.parse(
                List.of(
                    "rounds=1",
                    "seconds=1",
                    "warmup=0",
                    "rate=20",
                    "streams=20",
                    "targets=direct,gateway,jetty",
                    "jar=" + JAR,
                    "directory=" + directory.resolve("all"))));

    assertThat(samples).filteredOn(sample -> sample.errors() > 0).isEmpty();
    assertThat(measuredOf(samples, "Tollgate")).containsExactlyInAnyOrder(Measure.values());
    assertThat(new Tables(samples, "Jetty").toString())
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
    try (Target gateway = start(Kind.GATEWAY)) {
      Load.Result documents = closed(gateway, Shape.JSON);
      Load.Result streams = closed(gateway, Shape.FLAT);

      assertThat(documents.answers()).isPositive();
      assertThat(streams.events()).isEqualTo(100 * streams.answers()).isPositive();
      JsonNode seen = seenUpstream();
      // The gateway itself asked for the list of models.
      assertThat(seen.path("answers").asLong())
          .isEqualTo(documents.answers() + streams.answers() + 1);
      assertThat(seen.path("events").asLong()).isEqualTo(streams.events());
      assertThat(requestsInTheBooks(gateway)).isEqualTo(documents.answers() + streams.answers());
    }
  }

  /** By the project's own key. */
  private static long requestsInTheBooks(Target gateway) throws Exception {
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
    Target direct = start(Kind.DIRECT);

    assertThat(closed(direct, Shape.SHORT).errors()).isPositive();
    assertThat(closed(direct, Shape.SHORT).answers()).isZero();
    assertThat(closed(direct, Shape.WRONG).firstError()).contains("a wrong byte");
    assertThat(closed(direct, Shape.JSON).errors()).isZero();
  }

  @Test
  void aRefusalIsAnError() throws Exception {
    try (Target gateway = start(Kind.GATEWAY);
        Load load = new Load(gateway.base(), "Bearer nobody's", Shape.JSON)) {
      assertThat(load.closed(1, A_WHILE).firstError()).contains("HTTP/1.1 401");
    }
  }

  @Test
  void aFixedRateAsksForSoManyHoweverLongAnAnswerTakes() throws Exception {
    try (Load load = start(Kind.DIRECT).load(Shape.JSON)) {
      assertThat(load.rate(200, Duration.ofSeconds(1)).answers()).isEqualTo(200);
    }
  }

  @Test
  void idleStreamsAreOpenWhenAllHaveHadAnEvent() throws Exception {
    try (Load load = start(Kind.DIRECT).load(Shape.IDLE)) {
      assertThat(load.open(20, 100)).isEqualTo(20);
    }
  }
}
