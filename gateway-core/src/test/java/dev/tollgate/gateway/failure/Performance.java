package dev.tollgate.gateway.failure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.testkit.LogCapture;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** A failure that happens once, on some thread, and is judged on another. */
final class Performance {
  private static final long LIMIT_SECONDS = 180;

  private final Cell cell;
  private final Asked asked;
  private final CompletableFuture<Comparison> result = new CompletableFuture<>();

  private record Comparison(Seen expected, Seen seen) {}

  Performance(Cell cell, Asked asked) {
    this.cell = cell;
    this.asked = asked;
  }

  String name() {
    return cell.name(asked);
  }

  House.Kind kind() {
    return cell.plot().house();
  }

  /** Happens in a house that others use, too: it must leave it as it was. */
  void playIn(House house, LogCapture log) {
    try {
      Comparison compared = play(house, log);
      house.serveOn();
      result.complete(compared);
    } catch (Exception | AssertionError e) {
      result.completeExceptionally(e);
    }
  }

  /** Happens in a house of its own. */
  void playAlone(Path directory, Path keyStore, LogCapture log) {
    try {
      Comparison compared;
      try (House house = House.open(directory, kind(), keyStore)) {
        compared = play(house, log);
      }
      result.complete(compared);
    } catch (Exception | AssertionError e) {
      result.completeExceptionally(e);
    }
  }

  private Comparison play(House house, LogCapture log) throws Exception {
    try (Stage stage = new Stage(house, cell, asked, log)) {
      Seen seen = stage.play();
      return new Comparison(stage.expected(seen), seen);
    }
  }

  /** It cannot happen. */
  void fail(Throwable why) {
    result.completeExceptionally(why);
  }

  /** Waits for it, however it ends. */
  void awaitEnd() {
    result.orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).handle((done, failure) -> done).join();
  }

  /** Waits for it, and compares what was seen with what is to be seen. */
  void judge() throws Throwable {
    Comparison compared;
    try {
      compared = result.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause();
    }
    assertThat(compared.seen()).isEqualTo(compared.expected());
  }
}
