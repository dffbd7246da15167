package dev.tollgate.gateway.container;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What Maven has put into this module's {@code target}. */
final class Distribution {
  static final Path WAR = Path.of("target", "gateway.war").toAbsolutePath();

  /** The JDK that the containers run on. */
  static final Path JAVA_HOME = Path.of(System.getProperty("tollgate-test.container-java"));

  private Distribution() {}

  /** Where a distribution was unpacked: each has one directory that holds the rest. */
  static Path home(String name) {
    try (Stream<Path> found = Files.list(Path.of("target", name).toAbsolutePath())) {
      List<Path> children = found.toList();
      if (children.size() != 1) {
        throw new IllegalStateException(name + " holds " + children);
      }
      return children.get(0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String java() {
    return JAVA_HOME.resolve("bin").resolve("java").toString();
  }

  /** Zip files do not always know what may be executed. */
  static String script(Path file) {
    if (!file.toFile().setExecutable(true)) {
      throw new IllegalStateException("cannot be executed: " + file);
    }
    return file.toString();
  }
}
