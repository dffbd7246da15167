package dev.tollgate.gateway.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class StoredTextTest {
  @Test
  void whatCanBeKeptStaysTheSame() {
    String text = "a\u00e9\n\uD83D\uDE00\uFFFF";

    assertThat(StoredText.of(text)).isSameAs(text);
    assertThat(StoredText.of("")).isEmpty();
    assertThat(StoredText.of(null)).isNull();
  }

  @Test
  void eachCharacterThatCannotBeKeptIsReplaced() {
    assertThat(StoredText.of("\0a\0")).isEqualTo("\uFFFDa\uFFFD");
    assertThat(StoredText.of("\uD800")).isEqualTo("\uFFFD");
    assertThat(StoredText.of("\uDE00\uD83D")).isEqualTo("\uFFFD\uFFFD");
    assertThat(StoredText.of("\uD83D\uD83D\uDE00\0")).isEqualTo("\uFFFD\uD83D\uDE00\uFFFD");
  }

  @Test
  void theRefusalNamesTheTextAndTheCharacter() {
    assertThatThrownBy(() -> StoredText.require("note", "ok\uDFFF"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("note holds U+DFFF, which cannot be stored");
  }
}
