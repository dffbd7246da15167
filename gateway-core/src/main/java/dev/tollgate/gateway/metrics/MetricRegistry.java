package dev.tollgate.gateway.metrics;

import dev.tollgate.gateway.metrics.Histogram.Buckets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Function;

/**
 * The metrics of one gateway, rendered as text. Counters and histograms store their values here;
 * gauges are read when the text is rendered. The registry has no static state, so it ends with its
 * gateway. Thread-safe.
 *
 * <p>The code that creates a label's value must keep the set of values small: never a key, a
 * project, a model or other text from a caller.
 */
public final class MetricRegistry {
  private static final int NANO_DECIMALS = 9;

  private final Map<String, Metric> metrics = new ConcurrentSkipListMap<>();

  /** One metric with all its samples. */
  private interface Metric {
    void write(Exposition out);
  }

  /** Collects the samples of a {@link Reader}. */
  public interface Samples {
    /**
     * Adds a sample.
     *
     * @param labels the values of the metric's labels; an empty one is left out
     */
    void add(double value, String... labels);

    /** Adds a sample as {@link #add(double, String...)} does. Values up to 2^53 stay exact. */
    default void add(long value, String... labels) {
      add((double) value, labels);
    }
  }

  /**
   * Reads the samples of one metric when the text is rendered. It must be fast. A metric without
   * samples is left out.
   */
  public interface Reader {
    /** Adds the present samples. */
    void read(Samples samples);
  }

  /** All counters, or all histograms, of one name, by their label values. */
  static final class Family<T> {
    private final String[] labels;
    private final Function<String, T> maker;
    private final Map<String, T> children = new ConcurrentHashMap<>();

    private Family(String[] labels, Function<String, T> maker) {
      this.labels = labels;
      this.maker = maker;
    }

    /** The child with these label values. Frequent callers should keep it. */
    T with(String... values) {
      return children.computeIfAbsent(Exposition.labels(labels, values), maker);
    }

    private List<Map.Entry<String, T>> all() {
      return children.entrySet().stream().sorted(Map.Entry.comparingByKey()).toList();
    }
  }

  /** A counter without labels. */
  public Counter counter(String name, String help) {
    return counters(name, help).with();
  }

  /** A counter of US dollars. Callers add nano-dollars. */
  public Counter usdCounter(String name, String help) {
    return counters(name, help, NANO_DECIMALS).with();
  }

  Family<Counter> counters(String name, String help, String... labels) {
    return counters(name, help, 0, labels);
  }

  private Family<Counter> counters(String name, String help, int decimals, String... labels) {
    Family<Counter> family = new Family<>(labels, values -> new Counter(decimals));
    add(
        name,
        out -> {
          out.metric(name, "counter", help);
          family.all().forEach(child -> out.sample("", child.getKey(), child.getValue().text()));
        });
    return family;
  }

  Family<Histogram> histograms(String name, String help, Buckets buckets, String... labels) {
    Family<Histogram> family = new Family<>(labels, values -> new Histogram(buckets));
    add(
        name,
        out -> {
          out.metric(name, "histogram", help);
          family.all().forEach(child -> child.getValue().write(out, child.getKey()));
        });
    return family;
  }

  /** Adds a gauge, which is read when the text is rendered. */
  public void gauge(String name, String help, Reader reader, String... labels) {
    add(name, reading(name, "gauge", help, reader, labels));
  }

  /** Adds a counter that other code maintains. It is read when the text is rendered. */
  public void counted(String name, String help, Reader reader, String... labels) {
    add(name, reading(name, "counter", help, reader, labels));
  }

  private static Metric reading(
      String name, String type, String help, Reader reader, String... labels) {
    return out -> {
      List<Runnable> samples = new ArrayList<>();
      reader.read(
          (value, values) -> {
            String shown = Exposition.labels(labels, Arrays.copyOf(values, values.length));
            samples.add(() -> out.sample("", shown, value));
          });
      if (!samples.isEmpty()) {
        out.metric(name, type, help);
        samples.forEach(Runnable::run);
      }
    };
  }

  private void add(String name, Metric metric) {
    if (metrics.putIfAbsent(name, metric) != null) {
      throw new IllegalArgumentException("duplicate metric: " + name);
    }
  }

  /** All metrics in Prometheus' text format, version 0.0.4. */
  public String text() {
    Exposition out = new Exposition();
    metrics.values().forEach(metric -> metric.write(out));
    return out.text();
  }
}
