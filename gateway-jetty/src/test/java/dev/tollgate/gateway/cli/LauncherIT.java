package dev.tollgate.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script {@code bin/tollgate}, called by a symbolic link from another folder. */
class LauncherIT {
  @TempDir Path directory;
  private Path link;
  private Path cache;

  @BeforeEach
  void link() throws IOException {
    Path script = Path.of("..", "bin", "tollgate").toAbsolutePath();
    link = Files.createSymbolicLink(directory.resolve("tollgate"), script);
    cache = directory.resolve("a cache");
  }

  private Jar tollgate() {
    return new Jar(directory)
        .withLauncher(link)
        .with("tollgate.http.port", "0")
        .withVariable("JAVA_OPTS", "-XX:TieredStopAtLevel=1")
        .withVariable("XDG_CACHE_HOME", cache.toString());
  }

  private List<Path> archives() throws IOException {
    if (!Files.exists(cache.resolve("tollgate"))) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(cache.resolve("tollgate"))) {
      return files.filter(file -> file.getFileName().toString().matches("classes-.*jsa")).toList();
    }
  }

  @Test
  void aServerReturnsFreeHeapAndTheNextStartMapsAnArchiveOfItsClasses() throws Exception {
    try (Jar.Started server = tollgate().start("Tollgate is listening on", "serve")) {
      assertThat(server.view().options())
          .contains("-XX:MinHeapFreeRatio=10 ", "-XX:MaxHeapFreeRatio=25 ")
          .contains("-XX:+ExitOnOutOfMemoryError ")
          .doesNotContain("SharedArchiveFile");
      await().atMost(Duration.ofSeconds(60)).until(() -> !archives().isEmpty());
      assertThat(server.terminate()).isZero();
    }
    try (Jar.Started server = tollgate().start("Tollgate is listening on", "serve")) {
      assertThat(server.view().options()).contains("-XX:SharedArchiveFile=", "a cache");
      assertThat(server.terminate()).isZero();
      assertThat(Files.readString(server.err())).doesNotContain("TOLLGATE_JAVA_OPTS");
    }
  }

  @Test
  void anArchiveThatIsNoneIsLeftAside() throws Exception {
    try (Jar.Started server = tollgate().start("Tollgate is listening on", "serve")) {
      await().atMost(Duration.ofSeconds(60)).until(() -> !archives().isEmpty());
    }
    Path archive = archives().get(0);
    Files.delete(archive);
    Files.writeString(archive, "garbage".repeat(10_000));

    Jar.Result version = tollgate().run("version");

    assertThat(version.exit()).isZero();
    assertThat(version.err()).isEmpty();
    assertThat(version.out().lines()).singleElement().asString().startsWith("Tollgate ");
  }

  @Test
  void theFirstCommandMakesTheArchiveThatTheNextOneMaps() throws Exception {
    Jar printing = tollgate().withVariable("JAVA_OPTS", "-XX:+PrintCommandLineFlags");
    Jar.Result first = printing.run("version");
    assertThat(first.out())
        .contains("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "Tollgate ")
        .doesNotContain("SharedArchiveFile");
    await().atMost(Duration.ofSeconds(60)).until(() -> !archives().isEmpty());

    Jar.Result second = printing.run("version");

    assertThat(second.exit()).isZero();
    assertThat(second.err()).isEmpty();
    assertThat(second.out()).contains("-XX:SharedArchiveFile=", "a cache");
  }

  @Test
  void aCommandRunsWithTheCollectorThatTheOperatorHasChosen() throws Exception {
    Jar.Result flags =
        tollgate()
            .withVariable("XDG_CACHE_HOME", "none")
            .withVariable("JAVA_OPTS", "-XX:+UseParallelGC -XX:+PrintCommandLineFlags")
            .run("version");

    assertThat(flags.exit()).isZero();
    assertThat(flags.out()).contains("-XX:+UseParallelGC").doesNotContain("UseSerialGC");
  }

  @Test
  void whatTheOperatorHasSetIsLeftAsItIs() throws Exception {
    Jar.Result flags =
        tollgate()
            .withVariable("XDG_CACHE_HOME", "none")
            .withVariable("TOLLGATE_JAVA_OPTS", "-XX:MaxHeapFreeRatio=69 -XX:+PrintFlagsFinal")
            .run("help", "serve");

    assertThat(flags.out()).containsPattern("MaxHeapFreeRatio += 69 ");
    assertThat(flags.out()).containsPattern("MinHeapFreeRatio += 40 ");
  }

  @Test
  void withoutAJarItSaysWhereItLooked() throws Exception {
    Path copy = Files.copy(link.toRealPath(), directory.resolve("copy"));

    Jar.Result refused = tollgate().withLauncher(copy).run("version");

    assertThat(refused.exit()).isEqualTo(2);
    assertThat(refused.err()).startsWith("tollgate: no gateway.jar in ").hasLineCount(1);
  }
}
