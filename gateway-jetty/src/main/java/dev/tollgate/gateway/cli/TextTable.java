package dev.tollgate.gateway.cli;

import java.io.PrintWriter;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A table of text for people. Unless it is wide, it fits a width: times have seconds, less
 * important columns are left out, and long texts are cut.
 */
final class TextTable {
  /** The text of a cell without a value. */
  static final String NOTHING = "-";

  private static final int WIDTH = 100;
  private static final String GAP = "  ";
  private static final String CUT = "…";

  private static final int USUAL_TEXT = 24;

  /** A column of texts that cannot have this is left out. */
  private static final int MIN_TEXT = 12;

  private static final Pattern NUMBER = Pattern.compile("-?[0-9]+(\\.[0-9]+)?%?");
  private static final Pattern TIME =
      Pattern.compile("(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d)\\.\\d+Z");

  private final PrintWriter out;
  private final boolean wide;

  TextTable(PrintWriter out, boolean wide) {
    this.out = out;
    this.wide = wide;
  }

  /** Prints rows; a row may lack columns. */
  void print(List<Map<String, String>> all) {
    if (all.isEmpty()) {
      out.println("(none)");
      return;
    }
    List<Map<String, String>> rows = wide ? all : all.stream().map(TextTable::inSeconds).toList();
    Map<String, Integer> natural = widths(rows);
    natural.keySet().removeIf(name -> Columns.isRare(name) && isEmpty(name, rows));
    Map<String, Integer> widths = wide ? natural : fitted(natural, rows);
    Set<String> numeric =
        widths.keySet().stream()
            .filter(name -> isNumeric(name, rows))
            .collect(Collectors.toUnmodifiableSet());
    out.println(line(widths, numeric, null));
    rows.forEach(row -> out.println(line(widths, numeric, row)));
    if (natural.keySet().stream().anyMatch(n -> !widths.containsKey(n) && !isEmpty(n, rows))) {
      out.println("(more columns: --wide)");
    } else if (!natural.entrySet().containsAll(widths.entrySet())) {
      out.println("(longer texts: --wide)");
    }
  }

  private static Map<String, String> inSeconds(Map<String, String> row) {
    Map<String, String> shorter = new LinkedHashMap<>(row);
    shorter.replaceAll((name, cell) -> TIME.matcher(cell).replaceFirst("$1Z"));
    return shorter;
  }

  private static Map<String, Integer> widths(List<Map<String, String>> rows) {
    Map<String, Integer> widths = new LinkedHashMap<>();
    for (Map<String, String> row : rows) {
      row.forEach(
          (name, cell) -> widths.merge(name, Math.max(length(name), length(cell)), Math::max));
    }
    return widths;
  }

  static boolean isEmpty(String name, List<Map<String, String>> rows) {
    return rows.stream().allMatch(row -> row.getOrDefault(name, NOTHING).equals(NOTHING));
  }

  /**
   * The columns that fit, with their widths. If not all do, those without a value are left out
   * first, then the least important ones.
   */
  private static Map<String, Integer> fitted(
      Map<String, Integer> natural, List<Map<String, String>> rows) {
    int left = WIDTH;
    for (int width : natural.values()) {
      left -= width + GAP.length();
    }
    if (left + GAP.length() >= 0) {
      return natural;
    }
    Map<String, Integer> chosen = new HashMap<>();
    left = WIDTH + GAP.length();
    List<String> filled = natural.keySet().stream().filter(name -> !isEmpty(name, rows)).toList();
    for (List<String> names : Columns.byImportance(filled)) {
      left = choose(names, natural, chosen, left);
      left = widen(names, natural, chosen, left);
    }
    Map<String, Integer> fitted = new LinkedHashMap<>(natural);
    fitted.keySet().retainAll(chosen.keySet());
    fitted.replaceAll((name, width) -> chosen.getOrDefault(name, width));
    return fitted;
  }

  /** Chooses the columns that fit into the room that is left; returns what is left then. */
  private static int choose(
      List<String> names, Map<String, Integer> natural, Map<String, Integer> chosen, int room) {
    int left = room;
    for (String name : names) {
      int width = width(name, natural.getOrDefault(name, 0), left - GAP.length());
      if (width + GAP.length() <= left || chosen.isEmpty()) {
        chosen.put(name, width);
        left -= width + GAP.length();
      }
    }
    return left;
  }

  /** Gives the room that is left to the chosen columns whose texts are cut. */
  private static int widen(
      List<String> names, Map<String, Integer> natural, Map<String, Integer> chosen, int room) {
    int left = room;
    for (String name : names) {
      Integer width = chosen.get(name);
      if (width != null) {
        int more = Math.max(0, Math.min(left, natural.getOrDefault(name, width) - width));
        chosen.put(name, width + more);
        left -= more;
      }
    }
    return left;
  }

  /** The width of a column in the room that is left. It may be too wide for that. */
  private static int width(String name, int natural, int room) {
    if (!Columns.isText(name)) {
      return natural;
    }
    int usual = Math.min(natural, USUAL_TEXT);
    int least = Math.min(usual, Math.max(MIN_TEXT, length(name)));
    return Math.max(least, Math.min(usual, room));
  }

  private static String line(
      Map<String, Integer> widths, Set<String> numeric, @Nullable Map<String, String> row) {
    StringBuilder line = new StringBuilder();
    widths.forEach(
        (name, width) -> {
          String text = row == null ? name : row.getOrDefault(name, "");
          String padding = " ".repeat(Math.max(0, width - length(text)));
          line.append(numeric.contains(name) ? padding + text : cut(text, width) + padding)
              .append(GAP);
        });
    return line.toString().stripTrailing();
  }

  private static boolean isNumeric(String name, List<Map<String, String>> rows) {
    return !Columns.isText(name)
        && !isEmpty(name, rows)
        && rows.stream()
            .map(row -> row.getOrDefault(name, NOTHING))
            .allMatch(cell -> cell.equals(NOTHING) || NUMBER.matcher(cell).matches());
  }

  private static String cut(String text, int width) {
    return length(text) <= width
        ? text
        : text.substring(0, text.offsetByCodePoints(0, width - 1)) + CUT;
  }

  private static int length(String text) {
    return text.codePointCount(0, text.length());
  }
}
