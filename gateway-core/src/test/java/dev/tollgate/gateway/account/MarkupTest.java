package dev.tollgate.gateway.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MarkupTest {
  @ParameterizedTest
  @CsvSource({
    "0%, 0",
    "10%, 100000",
    "10.0%, 100000",
    "12.5%, 125000",
    "0.0001%, 1",
    "1000%, 10000000",
    "0007%, 70000"
  })
  void aPercentageIsRead(String percent, long ppm) {
    assertThat(Markup.parse(percent)).isEqualTo(new Markup(ppm));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "%", "10", "-1%", "+1%", " 10%", "10 %", "10%\n", "1.%", ".1%", "1e1%", "\u0661%"
      })
  void whatIsNoPercentageIsRefused(String text) {
    assertThatThrownBy(() -> Markup.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("a markup must be a percentage");
  }

  @Test
  void aFifthDecimalIsRefused() {
    assertThatThrownBy(() -> Markup.parse("0.00001%")).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1000.0001%", "9999%"})
  void moreThanTenTimesTheCostIsRefused(String percent) {
    assertThatThrownBy(() -> Markup.parse(percent))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a markup must be from 0% to 1000%");
  }

  @Test
  void aMarkupBelowNothingIsRefused() {
    assertThatThrownBy(() -> new Markup(-1)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "0%, 0.000001234567890123, 0.000001234567890123",
    "10%, 1.2e-7, 0.000000132",
    "0.0001%, 1, 1.000001",
    "1000%, 0.5, 5.5",
    "12.5%, 0, 0"
  })
  void itIsAddedExactly(String percent, BigDecimal cost, BigDecimal charge) {
    assertThat(Markup.parse(percent).on(cost)).isEqualByComparingTo(charge);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0%", "10%", "100%", "12.5%", "0.0001%", "1000%"})
  void itPrintsWhatIsReadAgain(String percent) {
    assertThat(Markup.parse(percent)).hasToString(percent);
  }
}
