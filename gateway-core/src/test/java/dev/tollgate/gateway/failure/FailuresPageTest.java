package dev.tollgate.gateway.failure;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Each row of docs/failures.md is proved, and each reaction of a phase stands there. */
class FailuresPageTest {
  private static final List<Class<?>> TESTS =
      List.of(
          ClientFailuresTest.class,
          ClientRequestFailuresTest.class,
          GatewayFailuresTest.class,
          StoreFailuresTest.class,
          UpstreamBreaksTest.class,
          UpstreamClosesTest.class,
          UpstreamFailuresTest.class,
          UpstreamOddBodiesTest.class);

  @Test
  void eachRowHasATestAndEachTestARow() {
    assertThat(
            TESTS.stream()
                .flatMap(test -> Stream.of(test.getDeclaredMethods()))
                .filter(method -> method.isAnnotationPresent(Row.class))
                .map(FailuresPage::nameOf)
                .collect(Collectors.toSet()))
        .isEqualTo(FailuresPage.rows().keySet());
  }

  @Test
  void eachReactionOfAPhaseStandsOnThePage() throws Exception {
    SortedSet<String> reactions =
        new TreeSet<>(List.of("awaiting, signal", "holding, signal", "ending, signal"));
    Class<?> phase = Class.forName("dev.tollgate.gateway.relay.Phase");
    Arrays.stream(phase.getPermittedSubclasses())
        .flatMap(FailuresPageTest::reactions)
        .forEach(reactions::add);

    Set<String> onPage =
        FailuresPage.transitions().stream()
            .map(row -> row.split(" -> ", -1)[0])
            .collect(Collectors.toSet());
    assertThat(onPage).isEqualTo(reactions);
  }

  /** What a phase has a method for, as {@code phase, event}; each has those of every phase. */
  private static Stream<String> reactions(Class<?> phase) {
    String name = phase.getSimpleName().toLowerCase(Locale.ROOT);
    if (name.equals("closed")) {
      return Stream.of();
    }
    return Stream.concat(
            Stream.of("completed", "stopped"),
            Stream.of(phase.getDeclaredMethods())
                .map(Method::getName)
                .filter(method -> method.startsWith("on"))
                .map(method -> event(method.substring(2))))
        .map(event -> name + ", " + event);
  }

  private static String event(String words) {
    return words.replaceAll("(?<=.)(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
  }
}
