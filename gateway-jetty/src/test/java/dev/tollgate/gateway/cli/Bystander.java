package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.cli.Jar.Started;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A client that does nothing wrong: it asks for one small answer after the other, and notes how
 * long each took. Runs from its making to {@link #stop}.
 */
final class Bystander {
  private static final Duration PAUSE = Duration.ofMillis(10);

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(20))
          .build();
  private final HttpRequest request;
  private final List<Long> nanos = Collections.synchronizedList(new ArrayList<>());
  private long lookedNanos = System.nanoTime();
  private final List<String> failures = Collections.synchronizedList(new ArrayList<>());
  private final Thread thread = new Thread(this::run, "bystander");
  private volatile boolean over;

  /** How long what was asked took. */
  record Times(List<Long> sortedNanos) {
    double millis(double quantile) {
      if (sortedNanos.isEmpty()) {
        // It was over before the first answer.
        return 0;
      }
      int index = (int) Math.ceil(quantile * sortedNanos.size()) - 1;
      return sortedNanos.get(Math.max(0, index)) / 1e6;
    }

    double worstMillis() {
      return millis(1);
    }

    @Override
    public String toString() {
      return "%d asked, p50 %.1f ms, p99 %.1f ms, worst %.1f ms"
          .formatted(sortedNanos.size(), millis(0.5), millis(0.99), worstMillis());
    }
  }

  /**
   * @param body of the chat
   */
  Bystander(Started server, String key, String body) {
    request =
        HttpRequest.newBuilder(
                URI.create(
                    "http://127.0.0.1:"
                        + server.port()
                        + "/api/v1/chat/completions?project_name=shop"))
            .timeout(Duration.ofSeconds(30))
            .header("X-API-Key", key)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body))
            .build();
    thread.setDaemon(true);
    thread.start();
  }

  private void run() {
    try {
      while (!over) {
        long start = System.nanoTime();
        try {
          HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
          if (answer.statusCode() != 200) {
            failures.add(answer.statusCode() + " " + answer.body());
          }
        } catch (IOException e) {
          failures.add(e.toString());
        }
        note(start);
        Thread.sleep(PAUSE.toMillis());
      }
    } catch (InterruptedException e) {
      // The test is over.
    }
  }

  private void note(long startNanos) {
    synchronized (nanos) {
      // What was under way when somebody looked is of the time before.
      if (startNanos - lookedNanos >= 0) {
        nanos.add(System.nanoTime() - startNanos);
      }
    }
  }

  /** How often it has asked. */
  int asked() {
    return nanos.size();
  }

  /** What was not answered with 200. */
  List<String> failures() {
    return List.copyOf(failures);
  }

  /** What was asked, and answered, since the last time that somebody looked. */
  Times times() {
    List<Long> sorted;
    synchronized (nanos) {
      sorted = new ArrayList<>(nanos);
      nanos.clear();
      lookedNanos = System.nanoTime();
    }
    Collections.sort(sorted);
    return new Times(sorted);
  }

  Times stop() throws InterruptedException {
    over = true;
    thread.join();
    return times();
  }
}
