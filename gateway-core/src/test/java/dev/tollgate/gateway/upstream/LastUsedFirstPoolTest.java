package dev.tollgate.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Objects;
import org.eclipse.jetty.util.Pool;
import org.junit.jupiter.api.Test;

class LastUsedFirstPoolTest {
  private final LastUsedFirstPool<String> pool = new LastUsedFirstPool<>(3);

  private Pool.Entry<String> idle(String name) {
    Pool.Entry<String> entry = Objects.requireNonNull(pool.reserve());
    assertThat(entry.enable(name, false)).isTrue();
    return entry;
  }

  private Pool.Entry<String> acquired() {
    return Objects.requireNonNull(pool.acquire());
  }

  @Test
  void theOneUsedLastComesFirst() {
    idle("a");
    idle("b");
    Pool.Entry<String> b = acquired();
    Pool.Entry<String> a = acquired();
    b.release();
    a.release();
    assertThat(acquired().getPooled()).isEqualTo("a");
    assertThat(acquired().getPooled()).isEqualTo("b");
    assertThat(pool.acquire()).isNull();
  }

  @Test
  void noMoreAreReservedThanThereMayBe() {
    idle("a");
    idle("b");
    Pool.Entry<String> c = idle("c");
    assertThat(pool.reserve()).isNull();
    c.remove();
    assertThat(pool.reserve()).isNotNull();
    assertThat(pool.reserve()).isNull();
  }

  @Test
  void oneThatIsReservedIsNotAcquired() {
    Pool.Entry<String> reserved = Objects.requireNonNull(pool.reserve());
    assertThat(pool.acquire()).isNull();
    assertThat(reserved.isReserved()).isTrue();
    assertThat(pool.size()).isEqualTo(1);
  }

  @Test
  void oneThatIsEnabledForItsMakerIsInUse() {
    Pool.Entry<String> own = Objects.requireNonNull(pool.reserve());
    assertThat(own.enable("a", true)).isTrue();
    assertThat(pool.acquire()).isNull();
    assertThat(own.isInUse()).isTrue();
    assertThat(own.release()).isTrue();
    assertThat(acquired()).isSameAs(own);
  }

  @Test
  void oneIsEnabledOnce() {
    Pool.Entry<String> entry = idle("a");
    assertThatThrownBy(() -> entry.enable("b", false)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void oneThatWasRemovedWhileItWasIdleIsNotAcquired() {
    List<Pool.Entry<String>> all = List.of(idle("a"), idle("b"), idle("c"));
    assertThat(all.get(2).remove()).isTrue();
    assertThat(acquired().getPooled()).isEqualTo("b");
    assertThat(all.get(0).remove()).isTrue();
    assertThat(pool.acquire()).isNull();
    assertThat(pool.size()).isEqualTo(1);
  }

  @Test
  void oneThatWasRemovedWhileItWasInUseDoesNotComeBack() {
    idle("a");
    Pool.Entry<String> used = acquired();
    assertThat(used.remove()).isTrue();
    assertThat(used.isTerminated()).isTrue();
    assertThat(used.release()).isFalse();
    assertThat(used.remove()).isFalse();
    assertThat(pool.acquire()).isNull();
    assertThat(pool.size()).isZero();
  }

  @Test
  void oneIsReleasedOnce() {
    idle("a");
    Pool.Entry<String> used = acquired();
    assertThat(used.release()).isTrue();
    assertThat(used.release()).isFalse();
    acquired();
    assertThat(pool.acquire()).isNull();
  }

  @Test
  void oneThatIsEnabledAfterItWasRemovedIsNotAcquired() {
    Pool.Entry<String> failed = Objects.requireNonNull(pool.reserve());
    failed.remove();
    assertThat(failed.enable("a", false)).isFalse();
    assertThat(pool.acquire()).isNull();
  }

  @Test
  void whoClosesItGetsAllAndRemovesEachOnce() {
    Pool.Entry<String> idle = idle("a");
    Pool.Entry<String> used = Objects.requireNonNull(pool.reserve());
    used.enable("b", true);
    Pool.Entry<String> reserved = Objects.requireNonNull(pool.reserve());
    assertThat(pool.terminate()).containsExactlyInAnyOrder(idle, used, reserved);
    assertThat(pool.isTerminated()).isTrue();
    assertThat(pool.reserve()).isNull();
    assertThat(pool.acquire()).isNull();
    assertThat(reserved.enable("c", false)).isFalse();
    assertThat(used.release()).isFalse();
    for (Pool.Entry<String> entry : List.of(idle, used, reserved)) {
      assertThat(entry.isInUse()).isFalse();
      assertThat(entry.remove()).isTrue();
      assertThat(entry.remove()).isFalse();
    }
  }

  @Test
  void theCountsSayWhatEachIsDoing() {
    idle("a");
    idle("b");
    acquired();
    assertThat(pool.reserve()).isNotNull();
    assertThat(pool.getIdleCount()).isEqualTo(1);
    assertThat(pool.getInUseCount()).isEqualTo(1);
    assertThat(pool.getReservedCount()).isEqualTo(1);
    assertThat(pool.stream().map(Pool.Entry::getPooled)).contains("a", "b");
  }
}
