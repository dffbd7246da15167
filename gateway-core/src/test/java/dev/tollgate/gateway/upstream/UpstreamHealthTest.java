package dev.tollgate.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.metrics.GatewayMetrics;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class UpstreamHealthTest {
  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1_000);
  private final List<Boolean> told = new ArrayList<>();
  private final UpstreamHealth health =
      new UpstreamHealth(
          new GatewayMetrics() {
            @Override
            public void upstreamCircuitChanged(boolean open) {
              told.add(open);
            }
          },
          now::get);

  private void fail(int times) {
    for (int i = 0; i < times; i++) {
      health.unreachable(new IOException());
    }
  }

  private void pass(long nanos) {
    now.addAndGet(nanos);
  }

  @Test
  void failuresInARowOpenIt() {
    fail(UpstreamHealth.MAX_FAILURES - 1);
    assertThat(health.admits()).isTrue();
    fail(1);
    assertThat(health.admits()).isFalse();
    assertThat(told).containsExactly(true);
  }

  @Test
  void aConnectionThatFailsForAllThatWaitIsOneFailure() {
    IOException once = new IOException();
    for (int i = 0; i < UpstreamHealth.MAX_FAILURES; i++) {
      health.unreachable(once);
    }
    assertThat(health.admits()).isTrue();
    fail(UpstreamHealth.MAX_FAILURES - 1);
    assertThat(health.admits()).isFalse();
  }

  @Test
  void anyConnectionInBetweenStartsTheRowAnew() {
    fail(UpstreamHealth.MAX_FAILURES - 1);
    health.reached();
    fail(UpstreamHealth.MAX_FAILURES - 1);
    assertThat(health.admits()).isTrue();
    assertThat(told).isEmpty();
  }

  @Test
  void oneCallAnIntervalIsLetThrough() {
    fail(UpstreamHealth.MAX_FAILURES);
    pass(UpstreamHealth.PROBE_INTERVAL.toNanos() - 1);
    assertThat(health.admits()).isFalse();
    pass(1);
    assertThat(health.admits()).isTrue();
    assertThat(health.admits()).isFalse();
    pass(UpstreamHealth.PROBE_INTERVAL.toNanos());
    assertThat(health.admits()).isTrue();
    assertThat(told).containsExactly(true);
  }

  @Test
  void aProbeThatGetsAConnectionClosesIt() {
    fail(UpstreamHealth.MAX_FAILURES);
    health.reached();
    assertThat(health.admits()).isTrue();
    assertThat(health.admits()).isTrue();
    assertThat(told).containsExactly(true, false);
  }

  @Test
  void aProbeThatFailsLeavesItOpen() {
    fail(UpstreamHealth.MAX_FAILURES);
    pass(UpstreamHealth.PROBE_INTERVAL.toNanos());
    assertThat(health.admits()).isTrue();
    fail(1);
    assertThat(health.admits()).isFalse();
    assertThat(told).containsExactly(true);
  }
}
