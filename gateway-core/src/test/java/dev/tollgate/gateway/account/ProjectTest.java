package dev.tollgate.gateway.account;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ProjectTest {
  static Stream<String> validNames() {
    return Stream.of("a", "_", "0", "shop", "My_Shop-2.eu", "a..b", "a-", "x".repeat(100));
  }

  @ParameterizedTest
  @MethodSource("validNames")
  void lettersDigitsDotDashAndUnderscoreAreAName(String name) {
    assertThatCode(() -> Project.requireValidName(name)).doesNotThrowAnyException();
  }

  static Stream<String> invalidNames() {
    return Stream.of(
        "",
        " ",
        " shop",
        "shop ",
        "a b",
        ".",
        "..",
        "../etc",
        ".hidden",
        "-rf",
        "a/b",
        "a\\b",
        "a\r",
        "a\n",
        "a\r\nb",
        "a\u0000",
        "caf\u00e9",
        "\u5546\u5e97",
        "\u0661",
        "\ud83d\ude00",
        "a%2Fb",
        "a&b",
        "a=b",
        "a'b",
        "x".repeat(101),
        "x".repeat(300));
  }

  @ParameterizedTest
  @MethodSource("invalidNames")
  void anythingElseIsRefusedInOneLine(String name) {
    assertThatThrownBy(() -> Project.requireValidName(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("a project name must have 1 to 100 letters")
        .hasMessageNotContaining("\n");
  }
}
