package dev.tollgate.gateway.flavor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelAliasesTest {
  @ParameterizedTest
  @CsvSource({
    "anthropic/claude-sonnet-4-6, anthropic/claude-sonnet-4.6",
    "anthropic/claude-sonnet-4-6:free, anthropic/claude-sonnet-4.6:free",
    "anthropic/claude-opus-4-1, anthropic/claude-opus-4.1",
    "anthropic/claude-haiku-4-5:nitro, anthropic/claude-haiku-4.5:nitro",
    "anthropic/claude-3-5-haiku, anthropic/claude-3.5-haiku",
    "anthropic/claude-3-7-sonnet:thinking, anthropic/claude-3.7-sonnet:thinking",
    "anthropic/claude-sonnet-4-0, anthropic/claude-sonnet-4",
  })
  void aDashedIdIsWhatTheUpstreamWritesWithADot(String alias, String model) {
    assertThat(ModelAliases.DEFAULTS.find(alias)).hasValue(model);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":",
        ":free",
        "anthropic/claude-sonnet-4.6",
        "anthropic/claude-sonnet-4-6-20260217",
        "anthropic/claude-sonnet-4-60",
        "anthropic/claude-sonnet-4",
        "anthropic/claude-opus-5",
        "Anthropic/claude-sonnet-4-6",
        " anthropic/claude-sonnet-4-6",
        "claude-sonnet-4-6",
        "openai/gpt-4o-mini",
      })
  void everyOtherIdIsNoAlias(String model) {
    assertThat(ModelAliases.DEFAULTS.find(model)).isEmpty();
  }

  @Test
  void onlyDashesBecomeDotsInTheDefaults() {
    assertThat(ModelAliases.DEFAULTS.table())
        .isNotEmpty()
        .allSatisfy(
            (alias, model) ->
                assertThat(alias.replaceFirst("-0$", "").replace('-', '.'))
                    .isEqualTo(model.replace('-', '.')));
  }

  @Test
  void anAliasWithASuffixOfItsOwnComesBeforeTheOneWithout() {
    ModelAliases aliases = ModelAliases.parse("a=x/a, a:free=y/gratis");
    assertThat(aliases.find("a:free")).hasValue("y/gratis");
    assertThat(aliases.find("a:nitro")).hasValue("x/a:nitro");
    assertThat(aliases.find("a:free:online")).hasValue("x/a:free:online");
  }

  @Test
  void aTableIsReadFromText() {
    assertThat(ModelAliases.parse(" a=b ,\n\tc/d:e  =  f.g "))
        .isEqualTo(ModelAliases.of(Map.of("a", "b", "c/d:e", "f.g")));
  }

  @Test
  void aTableIsWrittenAsItIsRead() {
    assertThat(ModelAliases.parse("c=d,a=b")).hasToString("a=b, c=d");
    assertThat(ModelAliases.parse(ModelAliases.DEFAULTS.toString()))
        .isEqualTo(ModelAliases.DEFAULTS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "\n"})
  void noTextIsNoAlias(String text) {
    assertThat(ModelAliases.parse(text)).isEqualTo(ModelAliases.none());
    assertThat(ModelAliases.none().find("a")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "a=", "=b", "=", "a=b,", ",", "a=b=c", "a=b, c", " = "})
  void textOfAnotherFormIsRefusedAndQuoted(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ModelAliases.parse(text))
        .withMessageStartingWith("not a model alias (write alias=id, alias=id): '");
  }

  @Test
  void anAliasThatIsThereTwiceIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ModelAliases.parse("a=b, a=c"))
        .withMessage("duplicate model alias: a");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a=a", "a=b, b=c", "a=b, b=a", "a=b:free, b=c", "a=b, b:free=c"})
  void anAliasThatLeadsToAnotherIsRefused(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ModelAliases.parse(text))
        .withMessageStartingWith("a model alias must not point to another alias: ");
  }

  @Test
  void aBlankIdIsRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> ModelAliases.of(Map.of("a", " ")));
    assertThatIllegalArgumentException().isThrownBy(() -> ModelAliases.of(Map.of("", "b")));
  }

  @Test
  void laterChangesOfTheGivenTableChangeNothing() {
    Map<String, String> table = new HashMap<>(Map.of("a", "b"));
    ModelAliases aliases = ModelAliases.of(table);
    table.put("a", "c");
    assertThat(aliases.find("a")).hasValue("b");
  }
}
