package dev.tollgate.gateway.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.testkit.LogCapture;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GuardedMetricsTest {
  private static final ExchangeEnd END =
      new ExchangeEnd(
          "GET",
          "/api/v1/models",
          "pinme",
          "-",
          false,
          200,
          "complete",
          null,
          0,
          2,
          5,
          -1,
          9,
          -1,
          -1,
          -1);

  private final List<String> heard = new ArrayList<>();

  /** Hears all and throws each time. */
  private final class Failing implements GatewayMetrics {
    private final String name;
    private final Error error;

    Failing(String name, Error error) {
      this.name = name;
      this.error = error;
    }

    private void hear(String what) {
      heard.add(name + " " + what);
      if (error != null) {
        throw error;
      }
      throw new IllegalStateException("no meter");
    }

    @Override
    public void exchangeOpened() {
      hear("opened");
    }

    @Override
    public void exchangeEnded(ExchangeEnd end) {
      hear("ended " + end.route());
    }

    @Override
    public void upstreamRetried() {
      hear("retried");
    }

    @Override
    public void upstreamCircuitChanged(boolean open) {
      hear("circuit " + open);
    }

    @Override
    public void operatorAccountRefused(int status) {
      hear("account " + status);
    }
  }

  @Test
  void eachHearsEverythingWhateverTheOthersThrow() {
    GatewayMetrics metrics =
        new GuardedMetrics(
            new Failing("first", null),
            new Failing("second", new NoClassDefFoundError("io/micrometer/Counter")));
    try (LogCapture log = new LogCapture()) {
      metrics.exchangeOpened();
      metrics.exchangeEnded(END);
      metrics.upstreamRetried();
      metrics.upstreamCircuitChanged(true);
      metrics.operatorAccountRefused(402);

      assertThat(log.lines()).hasSize(10).allMatch(line -> line.contains("the metrics failed"));
    }
    assertThat(heard)
        .containsExactly(
            "first opened",
            "second opened",
            "first ended /api/v1/models",
            "second ended /api/v1/models",
            "first retried",
            "second retried",
            "first circuit true",
            "second circuit true",
            "first account 402",
            "second account 402");
  }
}
