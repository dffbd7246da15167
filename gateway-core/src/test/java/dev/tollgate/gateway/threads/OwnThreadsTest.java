package dev.tollgate.gateway.threads;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.testkit.LogCapture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class OwnThreadsTest {
  private final OwnThreads threads = new OwnThreads();
  private final ScheduledExecutorService scheduler = threads.scheduler("some-work");

  @AfterEach
  void stop() {
    scheduler.shutdownNow();
  }

  private static void injectError() {
    throw new OutOfMemoryError("injected");
  }

  private void assertDead(String name, LogCapture log) {
    await().until(() -> threads.dead().isPresent());
    assertThat(threads.dead()).contains(name);
    log.awaitLine("the thread " + name + " has died", "injected");
  }

  @Test
  void anErrorInPeriodicWorkIsTheEndOfItsThread() {
    try (LogCapture log = new LogCapture()) {
      var unused =
          scheduler.scheduleWithFixedDelay(
              OwnThreadsTest::injectError, 0, 1, TimeUnit.MILLISECONDS);
      assertDead("some-work", log);
    }
  }

  @Test
  void anErrorInWorkAtAFixedRateIsTheEndOfItsThread() {
    try (LogCapture log = new LogCapture()) {
      var unused =
          scheduler.scheduleAtFixedRate(OwnThreadsTest::injectError, 0, 1, TimeUnit.MILLISECONDS);
      assertDead("some-work", log);
    }
  }

  @Test
  void anErrorInOneTaskIsTheEndOfItsThread() {
    try (LogCapture log = new LogCapture()) {
      scheduler.execute(OwnThreadsTest::injectError);
      assertDead("some-work", log);
    }
  }

  @Test
  void anErrorInATaskWithAResultIsTheEndOfItsThread() {
    try (LogCapture log = new LogCapture()) {
      var unused =
          scheduler.submit(
              () -> {
                injectError();
                return 1;
              });
      assertDead("some-work", log);
    }
  }

  @Test
  void anErrorInALoopIsTheEndOfItsThread() {
    try (LogCapture log = new LogCapture()) {
      var unused = threads.start("some-loop", OwnThreadsTest::injectError);
      assertDead("some-loop", log);
    }
  }

  @Test
  void anExceptionInPeriodicWorkIsLoggedAndTheWorkGoesOn() throws InterruptedException {
    CountDownLatch thrice = new CountDownLatch(3);
    try (LogCapture log = new LogCapture()) {
      var unused =
          scheduler.scheduleWithFixedDelay(
              () -> {
                thrice.countDown();
                throw new IllegalStateException("once in a while");
              },
              0,
              1,
              TimeUnit.MILLISECONDS);
      thrice.await();
      log.awaitLine("some-work: a task failed; the thread goes on", "once in a while");
    }
    assertThat(threads.dead()).isEmpty();
  }

  @Test
  void aLoopThatComesToItsEndHasNotDied() throws InterruptedException {
    threads.start("some-loop", () -> {}).join();
    assertThat(threads.dead()).isEmpty();
  }
}
