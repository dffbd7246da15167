package dev.tollgate.gateway.failure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The tables of docs/failures.md. Backticks do not count. */
final class FailuresPage {
  private static final Pattern FAILURE =
      Pattern.compile("\\| (.+) \\| (.+) \\| (.+) \\| (.+) \\| (.+) \\| (.+) \\|");
  private static final Pattern TRANSITION =
      Pattern.compile("\\| `(\\w+)` \\| `(\\w+)` \\| ((?:`\\w+`(?:, )?)+) \\|");
  private static final Pattern LOGGED = Pattern.compile("req_\\w+: (\\w+), (\\w+) -> (\\w+)");

  private FailuresPage() {}

  /** What is seen of a failure: the last four cells of its row. */
  record Seen(String client, String upstream, String ledger, String log) {}

  /**
   * The rows of all failures, by {@code heading / when: what}.
   *
   * @throws IllegalStateException if two are about the same
   */
  static Map<String, Seen> rows() {
    Map<String, Seen> rows = new LinkedHashMap<>();
    String heading = "";
    for (String line : lines()) {
      if (line.startsWith("## ")) {
        heading = line.substring(3);
      }
      Matcher row = FAILURE.matcher(line.replace("`", ""));
      if (row.matches() && !row.group(1).equals("when") && !row.group(1).equals("---")) {
        String name = heading + " / " + row.group(1) + ": " + row.group(2);
        Seen seen = new Seen(row.group(3), row.group(4), row.group(5), row.group(6));
        if (rows.put(name, seen) != null) {
          throw new IllegalStateException("two rows: " + name);
        }
      }
    }
    return rows;
  }

  /** The name of the row that a test proves. */
  static String nameOf(Method test) {
    Row row = test.getAnnotation(Row.class);
    Row heading = test.getDeclaringClass().getAnnotation(Row.class);
    if (row == null || heading == null) {
      throw new IllegalStateException("no @Row: " + test);
    }
    return heading.value() + " / " + row.value();
  }

  /** What is asked for in a row: JSON or a stream if it names one, otherwise both in turn. */
  static Set<Format> formats(String row) {
    List<String> words = List.of(row.split("\\W+", -1));
    if (words.contains("JSON")) {
      return EnumSet.of(Format.JSON);
    }
    return words.contains("stream") ? EnumSet.of(Format.STREAM) : EnumSet.allOf(Format.class);
  }

  /** The transitions of the phases, each as {@code phase, event -> next}. */
  static SortedSet<String> transitions() {
    SortedSet<String> transitions = new TreeSet<>();
    for (String line : lines()) {
      Matcher row = TRANSITION.matcher(line);
      if (row.matches()) {
        for (String next : row.group(3).split(", ", -1)) {
          transitions.add(row.group(1) + ", " + row.group(2) + " -> " + next.replace("`", ""));
        }
      }
    }
    return transitions;
  }

  /** The transitions in lines of the log. */
  static SortedSet<String> transitionsIn(List<String> log) {
    SortedSet<String> transitions = new TreeSet<>();
    for (String line : log) {
      Matcher logged = LOGGED.matcher(line);
      if (logged.find()) {
        transitions.add(logged.group(1) + ", " + logged.group(2) + " -> " + logged.group(3));
      }
    }
    return transitions;
  }

  private static List<String> lines() {
    try {
      return Files.readAllLines(Path.of("..", "docs", "failures.md"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
