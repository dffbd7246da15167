package dev.tollgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Named.named;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tollgate.gateway.client.TcpTableFuzzTest;
import dev.tollgate.gateway.config.ConfigFuzzTest;
import dev.tollgate.gateway.flavor.ChatEditsFuzzTest;
import dev.tollgate.gateway.http.HeadersFuzzTest;
import dev.tollgate.gateway.meter.GenerationFuzzTest;
import dev.tollgate.gateway.meter.RequestSketchFuzzTest;
import dev.tollgate.gateway.meter.UsageTapFuzzTest;
import dev.tollgate.gateway.sse.EventStreamParserFuzzTest;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * All targets in one process, for every build: the fuzzer takes ten seconds to start, and one
 * process has room for one. The committed inputs of all come first, then what the fuzzer makes of
 * them. The first byte of an input chooses its target.
 */
class EveryFuzzTest {
  private interface Run {
    void on(byte[] input) throws Exception;
  }

  private record Target(Class<?> type, Run run) {}

  private static final List<Target> TARGETS =
      List.of(
          new Target(
              EventStreamParserFuzzTest.class,
              new EventStreamParserFuzzTest()::everySplitGivesTheEventsOfTheNaiveParser),
          new Target(
              UsageTapFuzzTest.class,
              new UsageTapFuzzTest()::anyAnswerIsReadTheSameHoweverItIsSplit),
          new Target(
              RequestSketchFuzzTest.class,
              new RequestSketchFuzzTest()::anyBodyIsSketchedAsItsTreeReads),
          new Target(
              GenerationFuzzTest.class,
              new GenerationFuzzTest()::anyAnswerIsAGenerationAsItsTreeReads),
          new Target(
              ChatEditsFuzzTest.class, new ChatEditsFuzzTest()::anyBodyIsMalformedOrEditedAsTextIs),
          new Target(HeadersFuzzTest.class, new HeadersFuzzTest()::nothingPassesThatMustNot),
          new Target(
              ConfigFuzzTest.class,
              new ConfigFuzzTest()::anyTextIsAConfigurationOrRefusedWithoutItsSecrets),
          new Target(
              TcpTableFuzzTest.class,
              new TcpTableFuzzTest()::anyTableIsReadAndOnlyWhatIsInItIsFound));

  private static final char FIRST = 'a';

  @MethodSource("committedInputs")
  @FuzzTest
  void everyTargetHoldsWhatItPromises(byte[] input) {
    if (input.length == 0) {
      return;
    }
    Target target = TARGETS.get(Math.floorMod(input[0] - FIRST, TARGETS.size()));
    try {
      target.run.on(Arrays.copyOfRange(input, 1, input.length));
    } catch (Throwable e) {
      throw new AssertionError(
          target.type.getSimpleName() + " fails on this input without its first byte", e);
    }
  }

  /**
   * Without instrumentation no input looks new, and all would pass with nothing having been tried.
   */
  @AfterAll
  static void theFuzzerSawWhereItsInputsLed() throws IOException {
    if (System.getenv("JAZZER_FUZZ") != null) {
      Path corpus = Path.of(".cifuzz-corpus", EveryFuzzTest.class.getName());
      try (Stream<Path> found = Files.walk(corpus).filter(Files::isRegularFile)) {
        assertThat(found).as("inputs that led to something new").isNotEmpty();
      }
    }
  }

  static Stream<Arguments> committedInputs() throws IOException, URISyntaxException {
    List<Arguments> inputs = new ArrayList<>();
    for (int i = 0; i < TARGETS.size(); i++) {
      Class<?> type = TARGETS.get(i).type;
      Path folder = Path.of(type.getResource(type.getSimpleName() + "Inputs").toURI());
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.sorted().toList()) {
          byte[] rest = Files.readAllBytes(file);
          byte[] input = new byte[rest.length + 1];
          input[0] = (byte) (FIRST + i);
          System.arraycopy(rest, 0, input, 1, rest.length);
          inputs.add(arguments(named(type.getSimpleName() + ": " + file.getFileName(), input)));
        }
      }
    }
    return inputs.stream();
  }
}
