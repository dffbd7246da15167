package dev.tollgate.gateway.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.metrics.Histogram.Buckets;
import dev.tollgate.gateway.testkit.Scrape;
import org.junit.jupiter.api.Test;

class MetricRegistryTest {
  private final MetricRegistry registry = new MetricRegistry();

  @Test
  void aCounterIsShownWithItsLabelsInTheOrderOfTheirNames() {
    var family = registry.counters("a_total", "Some.", "b", "a");
    family.with("1", "2").increment();
    family.with("1", "2").add(2);
    family.with("0", "2").add(7);

    assertThat(registry.text())
        .isEqualTo(
            """
            # HELP a_total Some.
            # TYPE a_total counter
            a_total{b="0",a="2"} 7
            a_total{b="1",a="2"} 3
            """);
  }

  @Test
  void dollarsAreShownExactly() {
    registry.usdCounter("a_usd_total", "Some.").add(9_007_199_254_740_993L);
    registry.usdCounter("b_usd_total", "Some.").add(50);
    registry.usdCounter("c_usd_total", "Some.");

    assertThat(registry.text())
        .contains("\na_usd_total 9007199.254740993\n")
        .contains("\nb_usd_total 0.00000005\n")
        .contains("\nc_usd_total 0\n");
  }

  @Test
  void whatWouldEndALabelOrALineIsEscaped() {
    registry.counters("a_total", "One\\two\nthree.", "b").with("q\"b\\n\n").increment();

    assertThat(registry.text())
        .isEqualTo(
            """
            # HELP a_total One\\\\two\\nthree.
            # TYPE a_total counter
            a_total{b="q\\"b\\\\n\\n"} 1
            """);
    new Scrape(registry.text());
  }

  @Test
  void aLabelWithoutAValueIsLeftOut() {
    registry.counters("a_total", "Some.", "a", "b").with("", "x").increment();

    assertThat(registry.text()).contains("\na_total{b=\"x\"} 1\n");
  }

  @Test
  void aHistogramCumulatesAndABoundBelongsToItsBucket() {
    Histogram histogram =
        registry.histograms("a_seconds", "Some.", Buckets.of(1e9, 0.005, 1, 60)).with();
    histogram.record(5_000_000);
    histogram.record(5_000_001);
    histogram.record(1_000_000_000);
    histogram.record(90_000_000_000L);

    assertThat(registry.text())
        .isEqualTo(
            """
            # HELP a_seconds Some.
            # TYPE a_seconds histogram
            a_seconds_bucket{le="0.005"} 1
            a_seconds_bucket{le="1"} 3
            a_seconds_bucket{le="60"} 3
            a_seconds_bucket{le="+Inf"} 4
            a_seconds_sum 91.010000001
            a_seconds_count 4
            """);
    new Scrape(registry.text());
  }

  @Test
  void aGaugeThatIsNotKnownIsLeftOut() {
    registry.gauge("a", "Some.", samples -> {});
    registry.gauge("b", "Some.", samples -> samples.add(0.25, "x"), "l");
    registry.gauge("c", "Some.", samples -> samples.add(12e15));

    assertThat(registry.text())
        .isEqualTo(
            """
            # HELP b Some.
            # TYPE b gauge
            b{l="x"} 0.25
            # HELP c Some.
            # TYPE c gauge
            c 12000000000000000
            """);
  }

  @Test
  void noTwoMetricsHaveOneName() {
    registry.counter("a_total", "Some.");

    assertThatThrownBy(() -> registry.counter("a_total", "Others."))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
