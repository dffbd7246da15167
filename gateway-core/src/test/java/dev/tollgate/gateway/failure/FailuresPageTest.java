package dev.tollgate.gateway.failure;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** docs/failures.md says what {@link FailureTableTest} sees. */
class FailuresPageTest {
  @Test
  void everyFailureStandsOnThePage() throws Exception {
    List<String> page = Files.readAllLines(Path.of("..", "docs", "failures.md"));
    String tables =
        page.stream()
            .dropWhile(line -> !line.equals("## " + Party.CLIENT))
            .collect(Collectors.joining("\n", "", "\n"));

    assertThat(tables.lines().toList())
        .as("the tables of docs/failures.md, which are to be:\n\n%s", FailureTable.text())
        .containsExactlyElementsOf(FailureTable.text().lines().toList());
  }

  @Test
  void eachReactionOfAPhaseStandsOnThePage() throws Exception {
    SortedSet<String> ownSteps =
        new TreeSet<>(List.of("awaiting, signal", "holding, signal", "ending, signal"));
    ownSteps.addAll(PhaseTable.reactionsInCode());

    assertThat(PhaseTable.reactionsOnPage()).isEqualTo(ownSteps);
  }

  @Test
  void noTwoRowsAreAboutTheSame() {
    assertThat(
            FailureTable.CELLS.stream()
                .flatMap(
                    cell ->
                        cell.asked().stream().map(each -> cell.party() + " " + cell.name(each))))
        .doesNotHaveDuplicates();
  }
}
