package dev.tollgate.gateway.client;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The clients from npm: installed by {@code npm ci} from the lock file, once for each build. */
final class Npm {
  private static final Path FOLDER = Path.of(System.getProperty("tollgate-test.npm", "target/npm"));
  private static final int INSTALL_MINUTES = 5;

  private Npm() {}

  /**
   * Where the scripts are, beside the packages that they import. Ends the test as skipped, and says
   * so, where there is no Node or no npm; whatever else goes wrong is a failure.
   */
  static synchronized Path folder() throws IOException, InterruptedException {
    for (String program : List.of("node", "npm")) {
      if (!isOnPath(program)) {
        System.out.println("SKIPPED: no " + program + " on the PATH, its clients were not tested");
        abort("no " + program + " on the PATH");
      }
    }
    boolean installed = isInstalled();
    copyScripts();
    if (!installed) {
      install();
    }
    return FOLDER;
  }

  private static boolean isOnPath(String program) {
    String path = Objects.requireNonNullElse(System.getenv("PATH"), "");
    return Stream.of(path.split(File.pathSeparator, -1))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }

  /** Whether the packages of this very lock file are there. */
  private static boolean isInstalled() throws IOException {
    Path lock = FOLDER.resolve("installed.json");
    return Files.exists(lock) && Files.mismatch(lock, source().resolve("package-lock.json")) < 0;
  }

  private static Path source() {
    URL lock = Objects.requireNonNull(Npm.class.getResource("/npm/package-lock.json"));
    try {
      return Objects.requireNonNull(Path.of(lock.toURI()).getParent());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void copyScripts() throws IOException {
    Files.createDirectories(FOLDER);
    try (Stream<Path> files = Files.list(source())) {
      for (Path file : files.toList()) {
        Files.write(FOLDER.resolve(file.getFileName()), Files.readAllBytes(file));
      }
    }
  }

  private static void install() throws IOException, InterruptedException {
    Path log = FOLDER.resolve("npm.log");
    Process npm =
        new ProcessBuilder("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
            .directory(FOLDER.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    if (!npm.waitFor(INSTALL_MINUTES, TimeUnit.MINUTES)) {
      npm.destroyForcibly().waitFor();
    }
    if (npm.exitValue() != 0) {
      throw new AssertionError(
          "npm ci failed. It needs npm's registry, or a cache of an earlier run; without a network,"
              + " leave -Pclients out. It said:\n"
              + read(log));
    }
    Files.write(
        FOLDER.resolve("installed.json"), Files.readAllBytes(FOLDER.resolve("package-lock.json")));
  }

  /** What a program has written. */
  static String read(Path log) {
    try {
      return Files.readString(log, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
