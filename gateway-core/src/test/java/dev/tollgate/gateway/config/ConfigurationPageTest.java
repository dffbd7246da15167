package dev.tollgate.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** docs/configuration.md says what the code does. */
class ConfigurationPageTest {
  @Test
  void everySettingStandsOnThePageWithItsDefault() throws Exception {
    List<String> expected =
        Setting.ALL.stream()
            .map(
                setting -> {
                  String text = Objects.requireNonNullElse(setting.defaultText(), "none");
                  String shown =
                      text.isEmpty() ? "(empty)" : text.equals("none") ? text : "`" + text + "`";
                  return "| `" + setting.name() + "` | " + shown + " |";
                })
            .toList();
    List<String> rows =
        Files.readAllLines(Path.of("..", "docs", "configuration.md")).stream()
            .filter(line -> line.startsWith("| `tollgate."))
            .map(line -> line.replaceFirst("^(\\| [^|]+ \\| [^|]+ \\|).*", "$1"))
            .toList();
    assertThat(rows).containsExactlyElementsOf(expected);
  }
}
