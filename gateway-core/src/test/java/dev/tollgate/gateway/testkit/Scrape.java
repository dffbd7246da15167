package dev.tollgate.gateway.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@code /metrics} said, read by the letter of Prometheus' text format 0.0.4: whatever is not
 * in order fails the test.
 */
public final class Scrape {
  private static final String NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
  private static final Pattern HELP = Pattern.compile("# HELP (" + NAME + ") (.+)");
  private static final Pattern TYPE =
      Pattern.compile("# TYPE (" + NAME + ") (counter|gauge|histogram)");
  private static final Pattern SAMPLE =
      Pattern.compile("(" + NAME + ")(?:\\{(.*)})? (-?[0-9]+(?:\\.[0-9]+)?|NaN|[+-]Inf)");
  private static final Pattern LABEL =
      Pattern.compile("([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\\n]|\\\\[\\\\\"n])*)\"(,|$)");

  /** All samples of one name. */
  public record Family(String name, String type, String help, List<Sample> samples) {
    /** The names of all labels but {@code le}. */
    public Set<String> labels() {
      Set<String> labels = new TreeSet<>();
      samples.forEach(sample -> labels.addAll(sample.labels.keySet()));
      labels.remove("le");
      return labels;
    }
  }

  /** One line. */
  public record Sample(String name, Map<String, String> labels, double value) {}

  private final Map<String, Family> families = new LinkedHashMap<>();

  /** What a gateway shows on this port to who has the admin token. */
  public static Scrape of(int port, String adminToken) throws IOException {
    try (RawClient client = new RawClient(port)) {
      client.send(
          "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
              + adminToken
              + "\r\n\r\n");
      return new Scrape(client.readBody(client.readHead()));
    }
  }

  public Scrape(String text) {
    assertThat(text).endsWith("\n").doesNotContain("\r");
    String help = null;
    Family family = null;
    for (String line : text.split("\n", -1)) {
      Matcher asHelp = HELP.matcher(line);
      Matcher asType = TYPE.matcher(line);
      if (line.isEmpty()) {
        continue;
      } else if (asHelp.matches()) {
        help = line;
      } else if (asType.matches()) {
        assertThat(help).as(line).startsWith("# HELP " + asType.group(1) + " ");
        family = new Family(asType.group(1), asType.group(2), help, new ArrayList<>());
        assertThat(families.put(family.name, family)).as("again: " + line).isNull();
      } else {
        assertThat(family).as(line).isNotNull();
        family.samples.add(sample(family, line));
      }
    }
    families.values().forEach(Scrape::check);
  }

  private static Sample sample(Family family, String line) {
    Matcher sample = SAMPLE.matcher(line);
    assertThat(sample.matches()).as(line).isTrue();
    List<String> suffixes =
        family.type.equals("histogram") ? List.of("_bucket", "_sum", "_count") : List.of("");
    assertThat(suffixes).as(line).contains(sample.group(1).substring(family.name.length()));
    assertThat(sample.group(1)).as(line).startsWith(family.name);
    Map<String, String> labels = new TreeMap<>();
    String rest = sample.group(2) == null ? "" : sample.group(2);
    Matcher label = LABEL.matcher(rest);
    int at = 0;
    while (at < rest.length()) {
      assertThat(label.find(at) && label.start() == at).as(line).isTrue();
      String value = label.group(2);
      assertThat(value).as(line).isNotEmpty();
      assertThat(labels.put(label.group(1), value)).as("twice: " + line).isNull();
      at = label.end();
    }
    return new Sample(sample.group(1), labels, Double.parseDouble(number(sample.group(3))));
  }

  private static String number(String text) {
    return text.replace("Inf", "Infinity");
  }

  private static void check(Family family) {
    Set<List<Object>> seen = new LinkedHashSet<>();
    for (Sample sample : family.samples) {
      assertThat(seen.add(List.of(sample.name, sample.labels))).as("twice: " + sample).isTrue();
      if (!family.type.equals("gauge")) {
        assertThat(sample.value).as(sample.toString()).isNotNegative();
      }
    }
    if (family.type.equals("counter")) {
      assertThat(family.name).endsWith("_total");
    }
    if (family.type.equals("histogram")) {
      checkHistogram(family);
    }
  }

  private static void checkHistogram(Family family) {
    Map<Map<String, String>, TreeMap<Double, Double>> buckets = new LinkedHashMap<>();
    Map<Map<String, String>, Double> counts = new LinkedHashMap<>();
    Set<Map<String, String>> sums = new LinkedHashSet<>();
    for (Sample sample : family.samples) {
      Map<String, String> labels = new TreeMap<>(sample.labels);
      String bound = labels.remove("le");
      if (sample.name.endsWith("_bucket")) {
        buckets
            .computeIfAbsent(labels, ignored -> new TreeMap<>())
            .put(Double.parseDouble(number(bound)), sample.value);
      } else if (sample.name.endsWith("_count")) {
        counts.put(labels, sample.value);
      } else {
        sums.add(labels);
      }
    }
    assertThat(counts.keySet()).isEqualTo(buckets.keySet()).isEqualTo(sums);
    buckets.forEach(
        (labels, bounds) -> {
          assertThat(List.copyOf(bounds.values())).as(family.name + labels).isSorted();
          assertThat(bounds.lastEntry().getKey()).isInfinite();
          assertThat(bounds.lastEntry().getValue()).isEqualTo(counts.get(labels));
        });
  }

  public Map<String, Family> families() {
    return families;
  }

  /** The names that a query may have: those of the samples. */
  public Set<String> sampleNames() {
    Set<String> names = new TreeSet<>();
    families.values().forEach(f -> f.samples.forEach(sample -> names.add(sample.name)));
    return names;
  }

  /** Each value of each label, but for the bounds of buckets. */
  public Set<String> labelValues() {
    Set<String> values = new TreeSet<>();
    families
        .values()
        .forEach(
            family ->
                family.samples.forEach(
                    sample ->
                        sample.labels.forEach(
                            (name, value) -> {
                              if (!name.equals("le")) {
                                values.add(name + "=" + value);
                              }
                            })));
    return values;
  }

  /**
   * The sum of all samples of this name that have these labels.
   *
   * @param labels such as {@code status=200}
   */
  public double sum(String name, String... labels) {
    return families.values().stream()
        .flatMap(family -> family.samples.stream())
        .filter(sample -> sample.name.equals(name) && has(sample, labels))
        .mapToDouble(Sample::value)
        .sum();
  }

  private static boolean has(Sample sample, String... labels) {
    for (String label : labels) {
      String[] parts = label.split("=", 2);
      if (!parts[1].equals(sample.labels.get(parts[0]))) {
        return false;
      }
    }
    return true;
  }
}
