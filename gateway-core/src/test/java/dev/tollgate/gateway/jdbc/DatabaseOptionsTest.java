package dev.tollgate.gateway.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.account.Secret;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseOptionsTest {
  @ParameterizedTest
  @ValueSource(strings = {"tollgate.db", "/var/lib/tollgate/tollgate.db", "data/a b.db"})
  void theUrlOfASqliteFileNamesIt(String path) {
    assertThat(DatabaseOptions.parse("jdbc:sqlite:" + path).file()).contains(Path.of(path));
    assertThat(new DatabaseOptions(Path.of(path)))
        .isEqualTo(DatabaseOptions.parse("jdbc:sqlite:" + path));
  }

  @ParameterizedTest
  @CsvSource({
    "jdbc:postgresql:books, localhost/books",
    "jdbc:postgresql:///books, localhost/books",
    "jdbc:postgresql://db.example/books, db.example/books",
    "jdbc:postgresql://db.example:5433/books, db.example:5433/books",
    "jdbc:postgresql://[::1]:5433/books, [::1]:5433/books",
    "'jdbc:postgresql://a:1,b:2/books?targetServerType=primary', 'a:1,b:2/books'",
  })
  void aPostgresqlUrlIsKeptAndNamedByServerAndDatabase(String url, String name) {
    DatabaseOptions options = DatabaseOptions.parse(url);

    assertThat(options.url()).isEqualTo(url);
    assertThat(options.name()).isEqualTo(name);
    assertThat(options.file()).isEmpty();
    assertThat(options.beside(".lock")).isEmpty();
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
        "jdbc:mysql://localhost/a",
        "postgresql://localhost/a",
        "jdbc:postgresql:",
        "jdbc:postgresql://localhost",
        "jdbc:postgresql://localhost/",
        "jdbc:postgresql://localhost/a b",
        "jdbc:postgresql://me:pw@localhost/a",
        "jdbc:postgresql://localhost/a?password=%zz",
        "jdbc:postgresql://localhost/a?password="
      })
  void anythingElseIsRefused(String url) {
    assertThatThrownBy(() -> DatabaseOptions.parse(url))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining("pw");
  }

  @Test
  void userAndPasswordAreTakenOutOfTheUrl() {
    DatabaseOptions options =
        DatabaseOptions.parse("jdbc:postgresql://h/d?user=a%40b&sslmode=require&password=p%26w+1");

    assertThat(options)
        .isEqualTo(
            new DatabaseOptions(
                "jdbc:postgresql://h/d?sslmode=require", "a@b", Secret.of("p&w 1")));
    assertThat(DatabaseOptions.parse("jdbc:postgresql://h/d?password=p").url())
        .isEqualTo("jdbc:postgresql://h/d");
  }

  @Test
  void whatTheUrlSaysOfTheLoginCountsAndTheRestIsAdded() {
    DatabaseOptions options = DatabaseOptions.parse("jdbc:postgresql://h/d?user=a");

    DatabaseOptions complete = options.withLogin("b", Secret.of("p"));

    assertThat(complete.user()).isEqualTo("a");
    assertThat(complete.password()).isEqualTo(Secret.of("p"));
  }

  @Test
  void itPrintsNoSecret() {
    DatabaseOptions options =
        DatabaseOptions.parse("jdbc:postgresql://h/d?password=hush&sslpassword=hush");

    assertThat(options).hasToString("DatabaseOptions[h/d]");
    assertThat(options.withLogin("u", Secret.of("hush")).toString()).doesNotContain("hush");
  }
}
