package dev.tollgate.benchmark;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Writes what was measured as Markdown: medians, and in brackets the least and the most. */
final class Tables {
  private final List<Sample> samples;
  private final String reference;

  /**
   * @param reference the target that costs are multiples of, where it was measured
   */
  Tables(List<Sample> samples, String reference) {
    this.samples = List.copyOf(samples);
    this.reference = reference;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (Measure measure : Measure.values()) {
      List<Sample> ofMeasure = samples.stream().filter(each -> each.measure() == measure).toList();
      if (!ofMeasure.isEmpty()) {
        text.append("\n### ").append(measure.title()).append("\n\n");
        table(text, ofMeasure);
      }
    }
    return text.toString();
  }

  private void table(StringBuilder text, List<Sample> ofMeasure) {
    Set<Column> columns = new TreeSet<>();
    Set<String> targets = new LinkedHashSet<>();
    for (Sample sample : ofMeasure) {
      columns.addAll(sample.values().keySet());
      targets.add(sample.target());
    }
    List<String> titles = new ArrayList<>(List.of("relay"));
    for (Column column : columns) {
      titles.add(column.title());
      if (column.isCost()) {
        titles.add("x " + reference);
      }
    }
    titles.add("errors");
    row(text, titles);
    row(text, titles.stream().map(title -> "---").toList());
    for (String target : targets) {
      List<Sample> rows = ofMeasure.stream().filter(each -> each.target().equals(target)).toList();
      List<String> cells = new ArrayList<>(List.of(target));
      for (Column column : columns) {
        cells.add(summary(values(rows, column), column.digits()));
        if (column.isCost()) {
          cells.add(summary(multiples(ofMeasure, rows, column), 2));
        }
      }
      cells.add(Long.toString(rows.stream().mapToLong(Sample::errors).sum()));
      row(text, cells);
    }
    ofMeasure.stream()
        .filter(each -> each.errors() > 0)
        .forEach(each -> text.append("\nError of " + each.target() + ": " + each.firstError()));
  }

  private static List<Double> values(List<Sample> rows, Column column) {
    return rows.stream()
        .filter(each -> each.values().containsKey(column))
        .map(each -> each.values().get(column))
        .toList();
  }

  /** Within each round: what slows the machine down for a while slows both. */
  private List<Double> multiples(List<Sample> all, List<Sample> rows, Column column) {
    List<Double> multiples = new ArrayList<>();
    for (Sample row : rows) {
      for (Sample other : all) {
        Double of = other.values().get(column);
        Double mine = row.values().get(column);
        if (other.target().startsWith(reference)
            && other.round() == row.round()
            && mine != null
            && of != null) {
          multiples.add(mine / of);
        }
      }
    }
    return multiples;
  }

  private static String summary(List<Double> values, int digits) {
    if (values.isEmpty()) {
      return "-";
    }
    List<Double> sorted = values.stream().sorted().toList();
    String middle = number(sorted.get(sorted.size() / 2), digits);
    return sorted.size() == 1
        ? middle
        : middle
            + " ["
            + number(sorted.get(0), digits)
            + ".."
            + number(sorted.get(sorted.size() - 1), digits)
            + "]";
  }

  private static String number(double value, int digits) {
    return String.format(Locale.ROOT, "%,." + digits + "f", value);
  }

  private static void row(StringBuilder text, List<String> cells) {
    text.append(cells.stream().collect(Collectors.joining(" | ", "| ", " |\n")));
  }
}
