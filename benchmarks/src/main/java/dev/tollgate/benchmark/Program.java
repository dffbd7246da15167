package dev.tollgate.benchmark;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A process of ours, its children included, and what it uses of the machine. Linux only. */
final class Program implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int PAUSE_MILLIS = 20;

  private final Process process;
  private final Path directory;
  private final Path log;

  private Program(Process process, Path directory, Path log) {
    this.process = process;
    this.directory = directory;
    this.log = log;
  }

  /** Starts it in its own directory, where its output goes, too. */
  static Program start(Path directory, List<String> command) throws IOException {
    Files.createDirectories(directory);
    Path log = directory.resolve("output.log");
    Process process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(Redirect.to(log.toFile()))
            .start();
    // Not left behind by somebody who gives up on a long run.
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
    return new Program(process, directory, log);
  }

  /** Runs it to its end and returns what it printed. */
  static String run(Path directory, List<String> command) throws IOException {
    Files.createDirectories(directory);
    Process process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectError(directory.resolve("error.log").toFile())
            .start();
    try (BufferedReader output =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      String text = String.join("\n", output.lines().toList());
      if (process.waitFor() != 0) {
        throw new IOException(command + " failed; see " + directory);
      }
      return text;
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  /** A port that was free a moment ago, for programs that cannot choose one. */
  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      return socket.getLocalPort();
    }
  }

  /** The first line that it prints. */
  String firstLine() throws IOException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < end && process.isAlive()) {
      try (Stream<String> lines = Files.lines(log)) {
        String text = Files.readString(log);
        if (text.contains("\n")) {
          return lines.findFirst().orElseThrow();
        }
      }
      pause();
    }
    throw new IOException("no output: " + log);
  }

  /** Returns when somebody listens on its port. */
  Program awaitPort(int port) throws IOException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < end && process.isAlive()) {
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return this;
      } catch (IOException e) {
        pause();
      }
    }
    close();
    throw new IOException("does not listen on " + port + ": " + Files.readString(log));
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static IllegalStateException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new IllegalStateException("interrupted", e);
  }

  private Stream<ProcessHandle> processes() {
    return Stream.concat(Stream.of(process.toHandle()), process.descendants());
  }

  /** CPU time until now, in steps of ten milliseconds. */
  long cpuNanos() {
    return processes()
        .mapToLong(each -> each.info().totalCpuDuration().map(Duration::toNanos).orElse(0L))
        .sum();
  }

  /** Memory, what is shared with others counted in part. */
  long memoryBytes() throws IOException {
    long bytes = 0;
    for (ProcessHandle each : processes().toList()) {
      for (String line : Files.readAllLines(Path.of("/proc/" + each.pid() + "/smaps_rollup"))) {
        if (line.startsWith("Pss:")) {
          bytes += Long.parseLong(line.replaceAll("\\D", "")) << 10;
        }
      }
    }
    return bytes;
  }

  /** Asks a JVM to collect its garbage and give back what it can. */
  void collectGarbage(Path java) throws IOException {
    for (int i = 0; i < 2; i++) {
      var unused =
          run(
              directory.resolve("jcmd"),
              List.of(
                  java.resolveSibling("jcmd").toString(), Long.toString(process.pid()), "GC.run"));
    }
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
