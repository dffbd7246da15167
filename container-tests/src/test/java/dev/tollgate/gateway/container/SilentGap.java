package dev.tollgate.gateway.container;

import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.Tenant;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Two requests whose upstream says nothing for a minute, before its headers and within a stream:
 * longer than any container's own time-out for asynchronous requests. They run beside other tests.
 */
final class SilentGap {
  private static final long SILENCE_SECONDS = 60;
  private static final long LIMIT_SECONDS = 90;
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final CompletableFuture<String> stream;
  private final CompletableFuture<String> answer;

  private SilentGap(Tenant tenant) {
    stream = ask(tenant, "{\"stream\":true}");
    answer = ask(tenant, "{}");
  }

  /** Sends both, and returns when the upstream has them. */
  static SilentGap begin(Tenant tenant, ScriptedUpstream upstream) throws InterruptedException {
    upstream.script(
        (request, connection) -> {
          boolean stream = request.body().length > 2;
          if (stream) {
            connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n");
          }
          // The silence is what the test is about.
          TimeUnit.SECONDS.sleep(SILENCE_SECONDS);
          if (stream) {
            connection.chunk("data: 2\n\n").lastChunk();
          } else {
            connection.write(ScriptedUpstream.json(200, "{\"late\":true}"));
          }
        });
    SilentGap gap = new SilentGap(tenant);
    upstream.take();
    upstream.take();
    return gap;
  }

  private static CompletableFuture<String> ask(Tenant tenant, String body) {
    return HTTP.sendAsync(
            tenant.request(tenant.chat()).POST(BodyPublishers.ofString(body)).build(),
            BodyHandlers.ofString())
        .thenApply(response -> response.body());
  }

  String stream() throws InterruptedException, ExecutionException, TimeoutException {
    return stream.get(LIMIT_SECONDS, TimeUnit.SECONDS);
  }

  String answer() throws InterruptedException, ExecutionException, TimeoutException {
    return answer.get(LIMIT_SECONDS, TimeUnit.SECONDS);
  }
}
