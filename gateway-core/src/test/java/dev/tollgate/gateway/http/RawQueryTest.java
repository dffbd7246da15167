package dev.tollgate.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RawQueryTest {
  private static final String NAME = "project_name";

  @Test
  void noQueryHasNoParameters() {
    assertThat(RawQuery.parse(null).values(NAME)).isEmpty();
  }

  @Test
  void anEmptyQueryHasNoParameters() {
    assertThat(RawQuery.parse("").values("")).isEmpty();
  }

  @Test
  void aParameterThatIsNotThereHasNoValue() {
    assertThat(RawQuery.parse("project=a&xproject_name=b").values(NAME)).isEmpty();
  }

  @Test
  void namesAreCaseSensitive() {
    assertThat(RawQuery.parse("Project_Name=a").values(NAME)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"project_name", "project_name=", "&&project_name=&"})
  void aParameterWithoutTextIsThereAndEmpty(String raw) {
    assertThat(RawQuery.parse(raw).values(NAME)).containsExactly(Optional.of(""));
  }

  @Test
  void aRepeatedParameterKeepsAllValuesInOrder() {
    assertThat(RawQuery.parse("project_name=b&x=1&project_name=a").values(NAME))
        .containsExactly(Optional.of("b"), Optional.of("a"));
  }

  @Test
  void theFirstEqualsSignEndsTheName() {
    assertThat(RawQuery.parse("project_name=a=b").values(NAME)).containsExactly(Optional.of("a=b"));
  }

  @Test
  void aPlusIsASpace() {
    assertThat(RawQuery.parse("project_name=a+b").values(NAME)).containsExactly(Optional.of("a b"));
  }

  @Test
  void anEscapedPlusIsAPlus() {
    assertThat(RawQuery.parse("project_name=a%2Bb").values(NAME))
        .containsExactly(Optional.of("a+b"));
  }

  @Test
  void escapesAreUtf8InEitherCase() {
    assertThat(RawQuery.parse("project_name=%C3%a9%e2%82%AC").values(NAME))
        .containsExactly(Optional.of("\u00e9\u20ac"));
  }

  @Test
  void anEscapedSeparatorDoesNotSeparate() {
    assertThat(RawQuery.parse("project_name=a%26x%3D1").values(NAME))
        .containsExactly(Optional.of("a&x=1"));
  }

  @Test
  void aNameIsDecodedToo() {
    assertThat(RawQuery.parse("project%5Fname=a").values(NAME)).containsExactly(Optional.of("a"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"%", "%4", "a%", "%zz", "%4z", "%+1", "%-1", "% 1", "%%41", "%\u0664\u0661"})
  void anInvalidEscapeHasNoValue(String value) {
    assertThat(RawQuery.parse("project_name=" + value).values(NAME))
        .containsExactly(Optional.empty());
  }

  @ParameterizedTest
  @ValueSource(strings = {"%ff", "%C3", "%C3%28", "%C0%AF", "%ED%A0%80", "%F4%90%80%80"})
  void invalidUtf8HasNoValue(String value) {
    assertThat(RawQuery.parse("project_name=" + value).values(NAME))
        .containsExactly(Optional.empty());
  }

  @Test
  void whatTheContainerHasDecodedStaysAsItIs() {
    assertThat(RawQuery.parse("project_name=\u00e9%C3%A9\u20ac").values(NAME))
        .containsExactly(Optional.of("\u00e9\u00e9\u20ac"));
  }

  @Test
  void withoutLeavesTheRawTextOfTheOthers() {
    assertThat(RawQuery.parse("a=1+2&project_name=x&b=%2F&c&a=%zz").without(NAME))
        .isEqualTo("a=1+2&b=%2F&c&a=%zz");
  }

  @Test
  void withoutTakesEveryRepetitionAndSpelling() {
    assertThat(RawQuery.parse("project_name=x&project%5fname=y&project_name").without(NAME))
        .isEmpty();
  }

  @Test
  void withoutDropsEmptyParts() {
    assertThat(RawQuery.parse("&a=1&&b=2&").without(NAME)).isEqualTo("a=1&b=2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a=1", "a", "=1", "a=%C3%A9&b=~!$'()*,;:@/?"})
  void printableAsciiThatDecodesIsWellFormed(String raw) {
    assertThat(RawQuery.parse(raw).isWellFormedExcept(NAME)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a=%zz", "a=%ff", "%zz=1", "%ff", "a=\u00e9", "\u00e9=1", "a=b c", "a=\t"})
  void whatDoesNotDecodeOrIsNotPrintableAsciiIsNotWellFormed(String raw) {
    assertThat(RawQuery.parse("x=1&" + raw).isWellFormedExcept(NAME)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"project_name=%zz", "project_name=%ff", "project%5Fname=\u00e9"})
  void theValuesOfTheExemptParameterMayBeAnything(String raw) {
    assertThat(RawQuery.parse(raw + "&a=1").isWellFormedExcept(NAME)).isTrue();
  }

  @Test
  void anExemptParameterExcusesNoOther() {
    assertThat(RawQuery.parse("project_name=%zz&a=%zz").isWellFormedExcept(NAME)).isFalse();
  }
}
