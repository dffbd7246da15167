package dev.tollgate.gateway.failure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.tollgate.gateway.testkit.KeyStores;
import dev.tollgate.gateway.testkit.LogCapture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Lets every failure of the {@link FailureTable} happen, between real sockets, and compares what is
 * seen of it with the table.
 *
 * <p>Most of it is waiting, so all of it begins before the first test: in each shared {@link House}
 * one failure after the other, and beside that those that need a house of their own, a few at a
 * time. Nothing that one of them looks at is another's but the log, whose lines are told apart by
 * their ids.
 */
@EnabledOnOs(OS.LINUX) // Elsewhere the gateway does not notice that a silent client has left.
class FailureTableTest {
  private static final int AT_ONCE = 6;

  /** For a look at some of them: {@code -Dtollgate-test.failures=}, a regular expression. */
  private static final Pattern ONLY =
      Pattern.compile(System.getProperty("tollgate-test.failures", ""));

  private static final Map<Party, List<Performance>> PERFORMANCES = new EnumMap<>(Party.class);
  private static final LogCapture LOG = new LogCapture();
  private static final ExecutorService THREADS = Executors.newFixedThreadPool(AT_ONCE);

  @TempDir static Path directory;
  private static Path keyStore;
  private static KeyStores.Trust trust;

  @BeforeAll
  static void begin() throws Exception {
    keyStore = KeyStores.make(directory.resolve("upstream.p12"), "localhost", "PKCS12");
    trust = KeyStores.trust(keyStore);
    Map<House.Kind, List<Performance>> shared = new LinkedHashMap<>();
    List<Performance> alone = new ArrayList<>();
    for (Cell cell : FailureTable.CELLS) {
      for (Asked asked : cell.asked()) {
        Performance performance = new Performance(cell, asked);
        if (!ONLY.matcher(cell.party() + ": " + performance.name()).find()) {
          continue;
        }
        PERFORMANCES.computeIfAbsent(cell.party(), ignored -> new ArrayList<>()).add(performance);
        if (performance.kind().isShared()) {
          shared.computeIfAbsent(performance.kind(), ignored -> new ArrayList<>()).add(performance);
        } else {
          alone.add(performance);
        }
      }
    }
    for (Map.Entry<House.Kind, List<Performance>> each : shared.entrySet()) {
      Path home = Files.createTempDirectory(directory, "shared");
      THREADS.execute(() -> playInTurn(home, each.getKey(), each.getValue()));
    }
    for (Performance performance : alone) {
      Path home = Files.createTempDirectory(directory, "alone");
      THREADS.execute(() -> performance.playAlone(home, keyStore, LOG));
    }
  }

  private static void playInTurn(Path home, House.Kind kind, List<Performance> performances) {
    try (House house = House.open(home, kind, keyStore)) {
      performances.forEach(performance -> performance.playIn(house, LOG));
    } catch (Exception | AssertionError e) {
      performances.forEach(performance -> performance.fail(e));
    }
  }

  @AfterAll
  static void end() {
    THREADS.shutdownNow();
    trust.close();
    LOG.close();
  }

  /** No transition that happens in these failures is missing on the page. */
  @Test
  void eachPhaseReactsAsItsTableSays() throws Exception {
    assumeThat(ONLY.pattern()).as("all failures happen").isEmpty();
    for (List<Performance> each : PERFORMANCES.values()) {
      each.forEach(Performance::awaitEnd);
    }

    assertThat(PhaseTable.seenIn(LOG.lines()))
        .as("rows of the table of phases in docs/failures.md")
        .isSubsetOf(PhaseTable.onPage());
  }

  @TestFactory
  Stream<DynamicContainer> everybodySeesWhatTheTableSays() {
    return PERFORMANCES.keySet().stream()
        .map(
            party ->
                DynamicContainer.dynamicContainer(
                    party.toString(),
                    PERFORMANCES.get(party).stream()
                        .map(each -> DynamicTest.dynamicTest(each.name(), each::judge))));
  }
}
