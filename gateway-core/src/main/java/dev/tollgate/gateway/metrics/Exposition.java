package dev.tollgate.gateway.metrics;

import java.math.BigDecimal;

/**
 * Writes metrics in Prometheus' text format, version 0.0.4, one metric after the other. Not
 * thread-safe.
 */
final class Exposition {
  private final StringBuilder out = new StringBuilder(16 << 10);
  private String name = "";

  /** Starts a metric. All following samples belong to it. */
  void metric(String metric, String type, String help) {
    name = metric;
    out.append("# HELP ").append(name).append(' ');
    out.append(help.replace("\\", "\\\\").replace("\n", "\\n")).append('\n');
    out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
  }

  /**
   * Writes a sample.
   *
   * @param suffix the suffix of the metric's name
   * @param labels a result of {@link #labels}
   */
  void sample(String suffix, String labels, long value) {
    sample(suffix, labels, Long.toString(value));
  }

  void sample(String suffix, String labels, double value) {
    sample(suffix, labels, number(value));
  }

  void sample(String suffix, String labels, String value) {
    out.append(name).append(suffix);
    if (!labels.isEmpty()) {
      out.append('{').append(labels).append('}');
    }
    out.append(' ').append(value).append('\n');
  }

  /** The labels as they are written within the braces. Labels with an empty value are left out. */
  static String labels(String[] names, String... values) {
    if (names.length != values.length) {
      throw new IllegalArgumentException(names.length + " labels, " + values.length + " values");
    }
    String labels = "";
    for (int i = 0; i < names.length; i++) {
      if (!values[i].isEmpty()) {
        String escaped = values[i].replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
        labels = and(labels, names[i] + "=\"" + escaped + "\"");
      }
    }
    return labels;
  }

  static String and(String labels, String label) {
    return labels.isEmpty() ? label : labels + "," + label;
  }

  /** The shortest form without an exponent: {@code 0.005}, {@code 60}. */
  static String number(double value) {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      return Double.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
    }
    return new BigDecimal(Double.toString(value)).stripTrailingZeros().toPlainString();
  }

  String text() {
    return out.toString();
  }
}
