package dev.tollgate.gateway.failure;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The transitions of a call from phase to phase: in the log, and on the page. */
final class PhaseTable {
  private static final Pattern LOGGED = Pattern.compile("req_\\w+: (\\w+), (\\w+) -> (\\w+)");
  private static final Pattern ROW =
      Pattern.compile("\\| `(\\w+)` \\| `(\\w+)` \\| ((?:`\\w+`(?:, )?)+) \\|");

  private PhaseTable() {}

  /** Each as {@code phase, event -> next}. */
  static SortedSet<String> seenIn(List<String> lines) {
    SortedSet<String> seen = new TreeSet<>();
    for (String line : lines) {
      Matcher logged = LOGGED.matcher(line);
      if (logged.find()) {
        seen.add(logged.group(1) + ", " + logged.group(2) + " -> " + logged.group(3));
      }
    }
    return seen;
  }

  /** Each phase and event that has a row there, as {@code phase, event}. */
  static SortedSet<String> reactionsOnPage() throws IOException {
    return new TreeSet<>(onPage().stream().map(row -> row.split(" -> ", -1)[0]).toList());
  }

  /** Each phase and event that the phase has a method for; all have those of every phase. */
  static SortedSet<String> reactionsInCode() throws ClassNotFoundException {
    SortedSet<String> reactions = new TreeSet<>();
    Class<?> phase = Class.forName("dev.tollgate.gateway.relay.Phase");
    for (Class<?> each : phase.getPermittedSubclasses()) {
      String name = each.getSimpleName().toLowerCase(Locale.ROOT);
      if (!name.equals("closed")) {
        reactions.add(name + ", completed");
        reactions.add(name + ", stopped");
        for (Method method : each.getDeclaredMethods()) {
          if (method.getName().startsWith("on")) {
            reactions.add(name + ", " + event(method.getName().substring(2)));
          }
        }
      }
    }
    return reactions;
  }

  private static String event(String words) {
    return words.replaceAll("(?<=.)(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
  }

  /** The transitions that docs/failures.md has. */
  static SortedSet<String> onPage() throws IOException {
    SortedSet<String> rows = new TreeSet<>();
    for (String line : Files.readAllLines(Path.of("..", "docs", "failures.md"))) {
      Matcher row = ROW.matcher(line);
      if (row.matches()) {
        for (String next : row.group(3).split(", ", -1)) {
          rows.add(row.group(1) + ", " + row.group(2) + " -> " + next.replace("`", ""));
        }
      }
    }
    return rows;
  }
}
