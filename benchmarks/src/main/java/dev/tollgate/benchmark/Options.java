package dev.tollgate.benchmark;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * How to measure, given as {@code name=value}.
 *
 * @param measures {@code tests=json,paced}
 * @param targets {@code targets=gateway,nginx}
 * @param rounds how often each is measured, turn by turn
 * @param time of one measurement
 * @param warmUp how many answers each target gives of each shape before it is measured; of streams
 *     a fiftieth as many. Not a time: a machine that is busy needs longer
 * @param rate how many requests a second, where they come at a fixed rate
 * @param streams how many idle streams
 * @param java the command that runs the gateway and the Java proxy
 * @param gatewayJar what is measured
 * @param directory for what the programs write, and for the tables
 */
record Options(
    List<Measure> measures,
    List<Targets.Kind> targets,
    int rounds,
    Duration time,
    int warmUp,
    int rate,
    int streams,
    Path java,
    Path gatewayJar,
    Path directory) {

  static Options parse(List<String> arguments) {
    Map<String, String> given = new LinkedHashMap<>();
    given.put("tests", "json,models,paced,flat,rate,idle");
    given.put("targets", "direct,gateway,jetty,nginx,haproxy");
    given.put("rounds", "5");
    given.put("seconds", "4");
    given.put("warmup", "20000");
    given.put("rate", Integer.toString(Measure.RATE.size()));
    given.put("streams", Integer.toString(Measure.IDLE.size()));
    given.put("java", Path.of(System.getProperty("java.home"), "bin", "java").toString());
    given.put("jar", "");
    given.put("directory", "target/benchmark");
    for (String argument : arguments) {
      int equals = argument.indexOf('=');
      String name = argument.substring(0, Math.max(0, equals));
      if (given.replace(name, argument.substring(equals + 1)) == null) {
        throw new IllegalArgumentException(
            "'" + argument + "' is not one of " + given.keySet() + " with its value");
      }
    }
    return new Options(
        words(given, "tests").map(Measure::of).toList(),
        words(given, "targets")
            .map(name -> Targets.Kind.valueOf(name.toUpperCase(Locale.ROOT)))
            .toList(),
        number(given, "rounds"),
        Duration.ofSeconds(number(given, "seconds")),
        number(given, "warmup"),
        number(given, "rate"),
        number(given, "streams"),
        path(given, "java"),
        path(given, "jar"),
        path(given, "directory"));
  }

  private static Stream<String> words(Map<String, String> given, String name) {
    return Arrays.stream(given.getOrDefault(name, "").split(","));
  }

  private static int number(Map<String, String> given, String name) {
    return Integer.parseInt(given.getOrDefault(name, ""));
  }

  private static Path path(Map<String, String> given, String name) {
    return Path.of(given.getOrDefault(name, "")).toAbsolutePath();
  }
}
