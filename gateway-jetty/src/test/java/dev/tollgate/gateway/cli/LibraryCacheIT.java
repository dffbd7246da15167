package dev.tollgate.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.cli.Jar.Started;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Where the packaged server has SQLite's native library. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class LibraryCacheIT {
  @TempDir Path directory;
  private Path temporary;
  private Path cache;

  @BeforeEach
  void makeFolders() throws IOException {
    temporary = Files.createDirectory(directory.resolve("tmp"));
    cache = directory.resolve("cache");
  }

  private Jar jar(String database) {
    return new Jar(directory)
        .with("tollgate.database.url", "jdbc:sqlite:" + directory.resolve(database))
        .with("tollgate.upstream.key", "sk-or-v1-test")
        .with("tollgate.http.port", "0")
        .with("java.io.tmpdir", temporary.toString())
        .withVariable("XDG_CACHE_HOME", cache.toString());
  }

  private static Started serve(Jar jar) {
    try {
      return jar.start("Tollgate is listening", "serve");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void kill(Started server) throws InterruptedException {
    server.process().destroyForcibly();
    assertThat(server.process().waitFor(10, TimeUnit.SECONDS)).isTrue();
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private List<String> unpacked() throws IOException {
    return names(temporary).stream().filter(name -> name.contains("sqlite")).toList();
  }

  @Test
  void serversThatWereKilledLeaveOneLibraryAndThatInTheCache() throws Exception {
    for (int kills = 0; kills < 3; kills++) {
      kill(serve(jar("tollgate.db")));
    }

    assertThat(unpacked()).isEmpty();
    assertThat(names(cache.resolve("tollgate"))).singleElement().asString().contains("sqlitejdbc");
  }

  @Test
  void serversThatStartAtOnceAgreeOnOneLibrary() throws Exception {
    CompletableFuture<Started> other = CompletableFuture.supplyAsync(() -> serve(jar("b.db")));
    try (Started one = serve(jar("a.db"));
        Started two = other.get(60, TimeUnit.SECONDS)) {
      assertThat(List.of(one, two)).allMatch(server -> server.process().isAlive());
      assertThat(names(cache.resolve("tollgate"))).hasSize(1);
      assertThat(unpacked()).isEmpty();
    }
  }

  @Test
  void withoutACacheFolderTheDriverUnpacksTheLibraryItself() throws Exception {
    Files.createFile(cache);

    try (Started server = serve(jar("tollgate.db"))) {
      assertThat(unpacked()).isNotEmpty();
    }
  }

  @Test
  void theOperatorsOwnFolderForTheLibraryWins() throws Exception {
    Path own = Files.createDirectory(directory.resolve("own"));

    try (Started server = serve(jar("tollgate.db").with("org.sqlite.tmpdir", own.toString()))) {
      assertThat(names(own)).isNotEmpty();
      assertThat(cache).doesNotExist();
    }
  }
}
