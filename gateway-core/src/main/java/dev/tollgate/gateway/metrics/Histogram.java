package dev.tollgate.gateway.metrics;

import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.DoubleStream;

/**
 * Fixed-bucket histogram. Values are whole numbers of a small unit, such as nanoseconds, so the sum
 * is exact; they are shown in the unit of the metric's name. Thread-safe and lock-free.
 */
public final class Histogram {
  /**
   * The bounds of the buckets.
   *
   * @param unit the number of recorded units in one shown unit, such as 1e9 for nanoseconds and
   *     seconds
   * @param bounds the inclusive upper bounds in the shown unit, ascending
   */
  record Buckets(double unit, List<Double> bounds) {
    Buckets {
      bounds = List.copyOf(bounds);
    }

    static Buckets of(double unit, double... bounds) {
      return new Buckets(unit, DoubleStream.of(bounds).boxed().toList());
    }
  }

  private final Buckets buckets;
  private final long[] bounds;
  private final LongAdder[] counts;
  private final LongAdder sum = new LongAdder();

  Histogram(Buckets buckets) {
    this.buckets = buckets;
    bounds = new long[buckets.bounds.size()];
    counts = new LongAdder[bounds.length + 1];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = new LongAdder();
      if (i < bounds.length) {
        bounds[i] = Math.round(buckets.bounds.get(i) * buckets.unit);
      }
    }
  }

  /** Adds a value. */
  void record(long value) {
    int i = 0;
    while (i < bounds.length && value > bounds[i]) {
      i++;
    }
    counts[i].increment();
    sum.add(value);
  }

  void write(Exposition out, String labels) {
    long cumulated = 0;
    for (int i = 0; i < counts.length; i++) {
      cumulated += counts[i].sum();
      String bound = i < bounds.length ? Exposition.number(buckets.bounds.get(i)) : "+Inf";
      out.sample("_bucket", Exposition.and(labels, "le=\"" + bound + "\""), cumulated);
    }
    // The sum may include later values. The count always equals the last bucket.
    out.sample("_sum", labels, sum.sum() / buckets.unit);
    out.sample("_count", labels, cumulated);
  }
}
