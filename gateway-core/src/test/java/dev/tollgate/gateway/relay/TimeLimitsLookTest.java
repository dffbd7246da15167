package dev.tollgate.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.client.ClientOptions;
import dev.tollgate.gateway.relay.TimeLimits.Stage;
import dev.tollgate.gateway.upstream.AccountErrors;
import dev.tollgate.gateway.upstream.UpstreamOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a look finds, at times that the test says; real time is in {@link TimeLimitsTest}. */
class TimeLimitsLookTest {
  private static final UpstreamOptions UPSTREAM =
      new UpstreamOptions(
          Duration.ofSeconds(10),
          Duration.ofSeconds(20),
          Duration.ofSeconds(30),
          Duration.ofSeconds(40),
          Duration.ofSeconds(50),
          1,
          0,
          AccountErrors.AUTO);
  private static final ClientOptions CLIENT =
      new ClientOptions(Duration.ofSeconds(60), Duration.ofSeconds(60));

  private final List<String> told = new ArrayList<>();
  private final TimeLimits.Listener listener =
      new TimeLimits.Listener() {
        @Override
        public void onBodyLate() {
          told.add("body");
        }

        @Override
        public void onDroppingLate() {
          told.add("dropping");
        }

        @Override
        public void onHoldLate() {
          told.add("hold");
        }

        @Override
        public void onUpstreamLate(Throwable why) {
          told.add(why.getMessage());
        }

        @Override
        public void onChargeLate() {
          told.add("charge");
        }

        @Override
        public void onEndLate() {
          told.add("end");
        }

        @Override
        public void onClientStalled() {
          told.add("client");
        }
      };
  // One that moves nothing, and waits for nobody.
  private final TimeLimits limits =
      new TimeLimits(UPSTREAM, CLIENT, new ResponsePump(null, null), listener);
  private long start;

  @BeforeEach
  void start() {
    start = System.nanoTime();
  }

  private void lookAfter(int seconds) {
    limits.look(start + Duration.ofSeconds(seconds).toNanos());
  }

  @Test
  void aLimitIsToldAtTheFirstLookBehindIt() {
    lookAfter(0);
    lookAfter(59);
    assertThat(told).isEmpty();
    lookAfter(61);
    assertThat(told).containsExactly("body");
  }

  @Test
  void aStageThatBeginsAfterALookHasALimitOfItsOwn() {
    lookAfter(0);
    limits.begin(Stage.HOLDING);
    lookAfter(3);
    assertThat(told).containsExactly("hold");
  }

  @Test
  void aContainerThatNeverSaysThatTheResponseHasEndedIsNotWaitedFor() {
    limits.begin(Stage.ENDING);
    lookAfter(9);
    assertThat(told).isEmpty();
    lookAfter(11);
    assertThat(told).containsExactly("end");
  }

  @Test
  void theWholeIsLimitedInAnyStage() {
    limits.begin(Stage.CONNECTING);
    limits.begin(Stage.RELAYING);
    lookAfter(0);
    lookAfter(39);
    assertThat(told).isEmpty();
    lookAfter(41);
    assertThat(told).containsExactly("the answer took too long");
  }

  @Test
  void whatIsLateIsToldAgainUntilSomethingIsDone() {
    limits.begin(Stage.WAITING);
    lookAfter(21);
    lookAfter(22);
    limits.begin(Stage.CHARGING);
    lookAfter(4);
    assertThat(told).containsExactly("no response headers in time", "no response headers in time");
  }
}
