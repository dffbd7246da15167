package dev.tollgate.gateway.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseOptionsTest {
  @ParameterizedTest
  @ValueSource(strings = {"tollgate.db", "/var/lib/tollgate/tollgate.db", "data/a b.db"})
  void theUrlOfASqliteFileNamesIt(String path) {
    assertThat(DatabaseOptions.parse("jdbc:sqlite:" + path).file()).isEqualTo(Path.of(path));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "tollgate.db",
        "jdbc:sqlite:",
        "jdbc:sqlite: ",
        "jdbc:sqlite::memory:",
        "jdbc:sqlite::resource:a.db",
        "jdbc:sqlite:file:a.db",
        "jdbc:sqlite:a.db?mode=ro",
        "jdbc:sqlite:a\u0000b",
        "jdbc:postgresql://localhost/a"
      })
  void anythingElseIsRefused(String url) {
    assertThatThrownBy(() -> DatabaseOptions.parse(url))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
