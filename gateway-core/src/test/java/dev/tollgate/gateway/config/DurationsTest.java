package dev.tollgate.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationsTest {
  @ParameterizedTest
  @CsvSource({
    "250ms, PT0.25S",
    "30s, PT30S",
    "5m, PT5M",
    "24h, PT24H",
    "30d, PT720H",
    "0s, PT0S",
    "007s, PT7S",
    "999999999d, PT23999999976H"
  })
  void aWholeNumberAndAUnitAreASpan(String text, Duration span) {
    assertThat(Durations.parse(text)).isEqualTo(span);
  }

  @ParameterizedTest
  @ValueSource(strings = {" 30s", "30s ", "30s\n"})
  void whiteSpaceAroundItIsOfNoInterest(String text) {
    assertThat(Durations.parse(text)).isEqualTo(Duration.ofSeconds(30));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "30",
        "s",
        "-1s",
        "+1s",
        "1.5s",
        "1 s",
        "1S",
        "1w",
        "1us",
        "PT1S",
        "1m30s",
        "1000000000s",
        "\u0661s"
      })
  void anyOtherFormIsRefused(String text) {
    assertThatThrownBy(() -> Durations.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(Durations.FORM);
  }
}
