package dev.tollgate.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.cli.Bystander.Times;
import dev.tollgate.gateway.cli.Jar.Started;
import dev.tollgate.gateway.cli.ProcessView.Figures;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Thousands of streams that have nothing to say, and somebody who asks meanwhile. */
@Tag("stress")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class IdleStreamsIT {
  private static final int STREAMS = Integer.getInteger("tollgate-test.streams", 5_000);
  private static final int ASKED = 2_000;
  private static final double SLOWER = 2;

  private static final int MAX_THREADS = 300;

  @TempDir Path directory;

  @Test
  void idleStreamsKeepNobodyWaiting() throws Exception {
    try (Crowd crowd = new Crowd()) {
      // Those who ask are answered by the same upstream, as soon as a stream begins.
      Deployment site = Deployment.onSqlite(directory, crowd.upstream());
      site.jar().with("tollgate.upstream.headers-timeout", "2m");
      try (Started server = site.serve()) {
        Bystander asking = new Bystander(server, site.key(), "{\"x\":\"whole\"}");
        times(asking);
        Times alone = times(asking);
        Figures before = server.view().figures();
        String body = "{\"stream\":true}";
        crowd.open(
            server.port(),
            "POST /api/v1/chat/completions?project_name=shop HTTP/1.1\r\nHost: x\r\nX-API-Key: "
                + site.key()
                + "\r\nContent-Length: "
                + body.length()
                + "\r\n\r\n"
                + body,
            STREAMS);
        asking.times();
        double cpu = server.view().cpuSeconds();
        long start = System.nanoTime();
        Times meanwhile = times(asking);
        cpu = (server.view().cpuSeconds() - cpu) / ((System.nanoTime() - start) / 1e9);
        Figures after = server.view().figures();
        asking.stop();

        System.out.println("IdleStreamsIT: alone: " + alone + "; " + before);
        System.out.printf(
            "IdleStreamsIT: beside %d streams: %s; %s; %.2f CPUs; %.1f KB in use and %.1f KB resident"
                + " a stream%n",
            crowd.size(),
            meanwhile,
            after,
            cpu,
            (after.liveBytes() - before.liveBytes()) / 1024.0 / STREAMS,
            (after.residentBytes() - before.residentBytes()) / 1024.0 / STREAMS);
        assertThat(asking.failures()).isEmpty();
        assertThat(crowd.size()).isEqualTo(STREAMS);
        assertThat(meanwhile.millis(0.99)).isLessThan(SLOWER * alone.millis(0.99));
        // The pools may have grown to their bounds by thousands of requests at once.
        assertThat(after.threads()).isLessThan(MAX_THREADS);
      }
    }
  }

  private static Times times(Bystander asking) {
    asking.times();
    await().atMost(Duration.ofMinutes(3)).until(() -> asking.asked() >= ASKED);
    return asking.times();
  }
}
