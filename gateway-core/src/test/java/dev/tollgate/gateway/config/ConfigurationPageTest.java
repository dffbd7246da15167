package dev.tollgate.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The table in docs/configuration.md is made of the settings. */
class ConfigurationPageTest {
  private static String row(Setting<?> setting) {
    String text = setting.defaultText();
    String shown = text == null ? "none" : text.isEmpty() ? "(empty)" : "`" + text + "`";
    return String.format(
        "| `%s` | %s | %s | %s |", setting.name(), shown, setting.allowed(), setting.meaning());
  }

  @Test
  void theTableIsWhatTheSettingsSayOfThemselves() throws Exception {
    String expected =
        Settings.ALL.stream().map(ConfigurationPageTest::row).collect(Collectors.joining("\n"));
    String page =
        Files.readAllLines(Path.of("..", "docs", "configuration.md")).stream()
            .filter(line -> line.startsWith("| `tollgate."))
            .collect(Collectors.joining("\n"));

    assertThat(page)
        .as("the rows of the table in docs/configuration.md; they should be:%n%s", expected)
        .isEqualTo(expected);
  }
}
