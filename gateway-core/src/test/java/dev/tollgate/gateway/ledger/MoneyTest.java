package dev.tollgate.gateway.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MoneyTest {
  private static final Money MOST = new Money(Long.MAX_VALUE);
  private static final Money LEAST = new Money(Long.MIN_VALUE);
  private static final Money NANO = new Money(1);

  @ParameterizedTest
  @CsvSource({
    "5, 5000000000",
    "10.00, 10000000000",
    "+1.5, 1500000000",
    "-0.000000001, -1",
    "0, 0",
    "-0.00, 0",
    "007, 7000000000",
    "9223372036.854775807, 9223372036854775807",
    "-9223372036.854775808, -9223372036854775808"
  })
  void aDecimalNumberIsReadToTheNano(String dollars, long nanos) {
    assertThat(Money.parse(dollars).nanos()).isEqualTo(nanos);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        " 5",
        "5 ",
        "5\n",
        "+",
        "-",
        "--5",
        ".5",
        "5.",
        "5,00",
        "1e3",
        "0x1",
        "$5",
        "NaN",
        "Infinity",
        "\u0665",
        "1_000",
        "0.0000000001",
        "1.0000000000",
        "1234567890123"
      })
  void whatIsNoSuchNumberIsRefused(String dollars) {
    assertThatThrownBy(() -> Money.parse(dollars))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("an amount must be a decimal number of US dollars");
  }

  @ParameterizedTest
  @ValueSource(strings = {"9223372036.854775808", "-9223372036.854775809", "999999999999"})
  void whatCannotBeCountedIsRefused(String dollars) {
    assertThatThrownBy(() -> Money.parse(dollars))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("an amount must be below 9,223,372,036 US dollars");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0.00",
    "5000000000, 5.00",
    "10000000000, 10.00",
    "100000000000000, 100000.00",
    "1500000000, 1.50",
    "1230000000, 1.23",
    "1234000000, 1.234",
    "1234500000, 1.2345",
    "1234560000, 1.23456",
    "1234567000, 1.234567",
    "1234567800, 1.2345678",
    "1234567890, 1.23456789",
    "1234567891, 1.234567891",
    "1, 0.000000001",
    "-1, -0.000000001",
    "-5000000000, -5.00",
    "9223372036854775807, 9223372036.854775807",
    "-9223372036854775808, -9223372036.854775808"
  })
  void itPrintsTwoToNineDecimals(long nanos, String dollars) {
    assertThat(new Money(nanos)).hasToString(dollars);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, -1, 10, 999_999_999, -1_234_567_891, Long.MAX_VALUE, Long.MIN_VALUE})
  void whatItPrintsIsReadAgain(long nanos) {
    assertThat(Money.parse(new Money(nanos).toString()).nanos()).isEqualTo(nanos);
  }

  @Test
  void sumsAndDifferencesAreExact() {
    Money big = Money.parse("9000000000.00");

    assertThat(big.plus(NANO).minus(big)).isEqualTo(NANO);
  }

  @Test
  void aSumThatCannotBeCountedThrows() {
    assertThatThrownBy(() -> MOST.plus(NANO)).isInstanceOf(ArithmeticException.class);
  }

  @Test
  void aDifferenceThatCannotBeCountedThrows() {
    assertThatThrownBy(() -> LEAST.minus(NANO)).isInstanceOf(ArithmeticException.class);
    assertThatThrownBy(() -> Money.ZERO.minus(LEAST)).isInstanceOf(ArithmeticException.class);
  }

  @Test
  void nothingIsNeitherPositiveNorNegative() {
    assertThat(Money.ZERO.isPositive()).isFalse();
    assertThat(Money.ZERO.isNegative()).isFalse();
  }

  @Test
  void aNanoIsPositiveAndItsOppositeNegative() {
    assertThat(NANO.isPositive()).isTrue();
    assertThat(new Money(-1).isNegative()).isTrue();
  }

  @Test
  void amountsAreOrdered() {
    assertThat(LEAST).isLessThan(Money.ZERO);
    assertThat(MOST).isGreaterThan(NANO);
  }

  @Test
  void whatIsHeldIsNotAvailable() {
    assertThat(new Balance(new Money(5), new Money(7)).available()).isEqualTo(new Money(-2));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "5, 5000000000",
    "0.000000001, 1",
    "1e-9, 1",
    "0.0000000001, 1",
    "1.2e-7, 120",
    "1.0000000001e-7, 101",
    "1.2345678901234567e-7, 124",
    "0.00000255, 2550",
    "-0.0000000019, -1",
    "9223372036.854775807, 9223372036854775807"
  })
  void aCostIsRoundedUpToTheNano(BigDecimal dollars, long nanos) {
    assertThat(Money.ceiling(dollars).nanos()).isEqualTo(nanos);
  }

  @ParameterizedTest
  @ValueSource(strings = {"9223372036.8547758071", "1e10", "-9223372036.854775809"})
  void aCostThatCannotBeCountedThrows(BigDecimal dollars) {
    assertThatThrownBy(() -> Money.ceiling(dollars)).isInstanceOf(ArithmeticException.class);
  }

  @Test
  void theSmallerAndTheLargerAreFound() {
    assertThat(NANO.min(Money.ZERO)).isEqualTo(Money.ZERO);
    assertThat(Money.ZERO.min(NANO)).isEqualTo(Money.ZERO);
    assertThat(NANO.max(Money.ZERO)).isEqualTo(NANO);
    assertThat(Money.ZERO.max(NANO)).isEqualTo(NANO);
    assertThat(LEAST.max(MOST)).isEqualTo(MOST);
    assertThat(LEAST.min(MOST)).isEqualTo(LEAST);
  }
}
