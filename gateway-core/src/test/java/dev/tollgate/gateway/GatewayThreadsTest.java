package dev.tollgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class GatewayThreadsTest {
  private final GatewayThreads threads = new GatewayThreads();

  @Test
  void whatIsToBeLoggedInAMomentIsLoggedBeforeTheyEnd() {
    Future<?> lines = threads.log().schedule(() -> {}, 100, TimeUnit.MILLISECONDS);
    threads.close();
    assertThat(lines.isDone()).isTrue();
    assertThat(lines.isCancelled()).isFalse();
  }

  @Test
  void aLookAtTimeLimitsIsNotWaitedFor() {
    Future<?> look = threads.timer().schedule(() -> {}, 1, TimeUnit.HOURS);
    threads.close();
    assertThat(look.isDone()).isFalse();
    assertThat(threads.timer().isShutdown()).isTrue();
  }
}
