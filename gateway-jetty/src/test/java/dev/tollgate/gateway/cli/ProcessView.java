package dev.tollgate.gateway.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What a JVM takes of the machine, as others see it: {@code /proc} and {@code jcmd}. */
record ProcessView(long pid) {
  private static final Pattern TOTAL = Pattern.compile("(?m)^Total +[0-9]+ +([0-9]+)");
  private static final int TICKS_PER_SECOND = 100;

  /**
   * What it takes at one moment.
   *
   * @param liveBytes of objects in the heap that are still in use
   * @param residentBytes of memory, all in all
   */
  record Figures(long liveBytes, long residentBytes, int threads, int files) {
    double liveMegabytes() {
      return liveBytes / 1e6;
    }

    double residentMegabytes() {
      return residentBytes / 1e6;
    }
  }

  Figures figures() throws IOException, InterruptedException {
    // First: to be asked costs a thread and a file, the first time.
    long live = liveBytes();
    return new Figures(live, residentBytes(), threads(), files());
  }

  /** What is in use in the heap; the garbage is collected first. */
  long liveBytes() throws IOException, InterruptedException {
    String text = jcmd("GC.class_histogram");
    Matcher total = TOTAL.matcher(text);
    if (!total.find()) {
      throw new IOException("no total in: " + text);
    }
    return Long.parseLong(total.group(1));
  }

  /** The JVM's options, but for those that are as they always are. */
  String options() throws IOException, InterruptedException {
    return jcmd("VM.flags");
  }

  private String jcmd(String command) throws IOException, InterruptedException {
    Process jcmd =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(pid),
                command)
            .redirectErrorStream(true)
            .start();
    String text = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    jcmd.waitFor();
    return text;
  }

  int threads() throws IOException {
    return (int) status("Threads");
  }

  long residentBytes() throws IOException {
    return status("VmRSS") << 10;
  }

  private long status(String name) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "status"))) {
      if (line.startsWith(name + ":")) {
        return Long.parseLong(line.replaceAll("[^0-9]", ""));
      }
    }
    throw new IOException("no " + name);
  }

  /** Open files and connections. */
  int files() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
      return (int) files.count();
    }
  }

  /** Of CPU, in all its threads, since it began. */
  double cpuSeconds() throws IOException {
    String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / (double) TICKS_PER_SECOND;
  }

  void signal(String name) throws IOException, InterruptedException {
    Process kill = new ProcessBuilder("kill", name, Long.toString(pid)).inheritIO().start();
    if (kill.waitFor() != 0) {
      throw new IOException("cannot send " + name + " to " + pid);
    }
  }
}
