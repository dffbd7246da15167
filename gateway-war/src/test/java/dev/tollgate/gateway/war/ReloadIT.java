package dev.tollgate.gateway.war;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.jdbc.DatabaseOptions;
import dev.tollgate.gateway.testkit.LogCapture;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.catalina.Context;
import org.apache.catalina.Lifecycle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of open requests when a Tomcat that goes on stops the WAR and starts it again. */
@Timeout(120)
class ReloadIT {
  private static final String STREAM = "{\"stream\":true}";

  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private final LogCapture log = new LogCapture();
  private final CountDownLatch stopping = new CountDownLatch(1);
  private WarTomcat tomcat;
  private Context context;
  private Map<String, String> parameters;
  private int linesBefore;
  private String key;

  @BeforeEach
  void start() throws Exception {
    key = WarTomcat.createProject(new DatabaseOptions(directory.resolve("tollgate.db")), null);
    tomcat = new WarTomcat(directory);
  }

  private void deploy(String drainTimeout) {
    parameters =
        Map.of(
            "tollgate.database.url",
            "jdbc:sqlite:" + directory.resolve("tollgate.db"),
            "tollgate.upstream.url",
            upstream.baseUrl().toString(),
            "tollgate.upstream.key",
            "sk-or-v1-operator",
            "tollgate.drain.timeout",
            drainTimeout,
            "tollgate.settle.first-delay",
            "1h");
    context = tomcat.deploy("/llm", parameters);
    context.addLifecycleListener(
        event -> {
          if (event.getType().equals(Lifecycle.BEFORE_STOP_EVENT)) {
            stopping.countDown();
          }
        });
  }

  @AfterEach
  void stop() throws Exception {
    tomcat.close();
    upstream.close();
    log.close();
  }

  private RawClient ask() throws Exception {
    return tomcat.client().send(WarTomcat.chat("/llm", key, STREAM));
  }

  /** What Tomcat does when the WAR is replaced. */
  private CompletableFuture<Void> redeploy() {
    linesBefore = log.lines().size();
    return CompletableFuture.runAsync(
        () -> {
          tomcat.undeploy(context);
          tomcat.deploy("/llm", parameters);
        });
  }

  private void assertNoLineHas(String... texts) {
    assertThat(log.lines().subList(linesBefore, log.lines().size()))
        // This Tomcat has no JSPs.
        .filteredOn(line -> !line.contains("JspServlet"))
        .noneMatch(line -> Stream.of(texts).anyMatch(line::contains));
  }

  @Test
  void aStreamThatEndsWithinTheTimeOfGraceIsWhole() throws Exception {
    deploy("30s");
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n");
          stopping.await();
          // Longer than Tomcat would wait by itself.
          for (int i = 0; i < 30; i++) {
            TimeUnit.MILLISECONDS.sleep(100);
            connection.chunk("data: more\n\n");
          }
          connection.chunk("data: [DONE]\n\n").lastChunk();
        });
    try (RawClient client = ask()) {
      client.readUntil("data: 1\n\n");
      CompletableFuture<Void> redeployed = redeploy();

      assertThat(client.readUntil("0\r\n\r\n")).contains("data: [DONE]\n\n");
      assertThat(redeployed).succeedsWithin(30, TimeUnit.SECONDS);
    }
    log.awaitLine("outcome=complete");
    assertNoLineHas("crash", "SEVERE");
  }

  @Test
  void aStreamThatGoesOnIsBrokenOffAndItIsSaidWhy() throws Exception {
    deploy("500ms");
    CompletableFuture<Void> closed = new CompletableFuture<>();
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n");
          connection.awaitClosed(60_000);
          closed.complete(null);
          connection.close();
        });
    try (RawClient client = ask()) {
      client.readUntil("data: 1\n\n");
      CompletableFuture<Void> redeployed = redeploy();

      assertThat(client.readToEnd()).doesNotEndWith("0\r\n\r\n");
      assertThat(closed).succeedsWithin(20, TimeUnit.SECONDS);
      assertThat(redeployed).succeedsWithin(60, TimeUnit.SECONDS);
    }
    log.awaitLine("stopping: 1 open requests are aborted");
    log.awaitLine("outcome=aborted", "status=200");
    log.awaitLine("took over 1 pending requests of a stopped gateway");
    assertNoLineHas("crash", "the upstream broke off", "SEVERE", "NullPointerException");
  }

  @Test
  void aRequestThatIsNotAnsweredYetIsBrokenOffToo() throws Exception {
    deploy("500ms");
    CountDownLatch asked = new CountDownLatch(1);
    upstream.script(
        (request, connection) -> {
          asked.countDown();
          connection.awaitClosed(60_000);
          connection.close();
        });
    try (RawClient client = ask()) {
      asked.await();
      CompletableFuture<Void> redeployed = redeploy();

      assertThat(client.readToEnd()).isEmpty();
      assertThat(redeployed).succeedsWithin(60, TimeUnit.SECONDS);
    }
    log.awaitLine("outcome=aborted", "status=-");
    assertNoLineHas("the upstream gave no answer", "SEVERE", "NullPointerException");
  }
}
