package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.testkit.SecretShapes;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Runs the packaged jar in processes of its own, in a folder of their own. */
final class Jar {
  private static final Path JAR = Path.of("target", "gateway.jar").toAbsolutePath();

  // Not the developer's own.
  private static final Path CACHE = Path.of("target", "cache").toAbsolutePath();

  /** How a process ended and what it printed. */
  record Result(int exit, String out, String err) {}

  private final Path directory;
  private final Map<String, String> properties = new HashMap<>();
  private final Map<String, String> environment = new HashMap<>();
  private final List<String> options = new ArrayList<>();
  private String input = "";
  private int fileLimit;
  private @Nullable Path launcher;
  private @Nullable Path device;

  Jar(Path directory) {
    this.directory = directory;
  }

  Jar with(String property, String value) {
    properties.put(property, value);
    return this;
  }

  Jar withVariable(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  /** For the JVM itself, such as {@code -Xmx64m}. */
  Jar withOption(String option) {
    options.add(option);
    return this;
  }

  /** For how many files it may have open. */
  Jar withFileLimit(int files) {
    fileLimit = files;
    return this;
  }

  /** Starts it by that script; further options of the JVM are in the script's variables. */
  Jar withLauncher(Path script) {
    launcher = script;
    return this;
  }

  /** Prints to a device, such as {@code /dev/full}, in place of a file that is read. */
  Jar withOutput(Path file) {
    device = file;
    return this;
  }

  Jar withInput(String text) {
    input = text;
    return this;
  }

  private ProcessBuilder builder(String... arguments) {
    List<String> command = new ArrayList<>();
    if (fileLimit > 0) {
      command.addAll(List.of("sh", "-c", "ulimit -n " + fileLimit + " && exec \"$@\"", "sh"));
    }
    if (launcher != null) {
      command.add(launcher.toString());
      command.addAll(List.of(arguments));
      properties.forEach((name, value) -> command.add("-D" + name + "=" + value));
      return builder(command);
    }
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // Most of these processes live for a second: it pays not to compile for a long run.
    command.add("-XX:TieredStopAtLevel=1");
    command.addAll(options);
    properties.forEach((name, value) -> command.add("-D" + name + "=" + value));
    command.addAll(List.of("-jar", JAR.toString()));
    command.addAll(List.of(arguments));
    return builder(command);
  }

  private ProcessBuilder builder(List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("TOLLGATE_"));
    builder.environment().remove("OPENROUTER_API_KEY");
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("XDG_CACHE_HOME", CACHE.toString());
    builder.environment().putAll(environment);
    return builder;
  }

  Result run(String... arguments) throws IOException, InterruptedException {
    File out = File.createTempFile("out", null, directory.toFile());
    File err = File.createTempFile("err", null, directory.toFile());
    File sink = device == null ? out : device.toFile();
    Process process = builder(arguments).redirectOutput(sink).redirectError(err).start();
    try (var stdin = process.getOutputStream()) {
      stdin.write(input.getBytes(StandardCharsets.UTF_8));
    }
    if (!process.waitFor(25, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError("still running: " + Files.readString(err.toPath()));
    }
    Result result =
        new Result(
            process.exitValue(), Files.readString(out.toPath()), Files.readString(err.toPath()));
    Files.delete(out.toPath());
    Files.delete(err.toPath());
    return result;
  }

  /** A process that goes on, once it has printed a line that begins with {@code ready}. */
  Started start(String ready, String... arguments) throws IOException {
    File err = File.createTempFile("err", null, directory.toFile());
    Process process = builder(arguments).redirectError(err).start();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    List<String> lines = new ArrayList<>();
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      lines.add(line);
      if (line.startsWith(ready)) {
        return new Started(process, lines, err.toPath());
      }
    }
    throw new AssertionError("did not start: " + lines + Files.readString(err.toPath()));
  }

  /**
   * @param lines what it printed until it was ready
   */
  record Started(Process process, List<String> lines, Path err) implements AutoCloseable {
    int port() {
      String where =
          lines.stream().filter(l -> l.contains("listening on")).findFirst().orElseThrow();
      return Integer.parseInt(where.replaceAll(".*127\\.0\\.0\\.1:([0-9]+).*", "$1"));
    }

    /** What this process is like now. */
    ProcessView view() {
      return new ProcessView(process.pid());
    }

    /** The end of its log, but for the lines of the exchanges. */
    String log() throws IOException {
      List<String> own =
          Files.readAllLines(err).stream().filter(line -> !line.contains(" outcome=")).toList();
      return String.join("\n", own.subList(Math.max(0, own.size() - 40), own.size()));
    }

    /** Ends it by SIGTERM and says with which exit code. */
    int terminate() throws IOException, InterruptedException {
      process.destroy();
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        throw new AssertionError("does not end");
      }
      SecretShapes.find(Files.readString(err))
          .ifPresent(
              secret -> {
                throw new AssertionError("a secret was logged: " + secret);
              });
      return process.exitValue();
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }
}
