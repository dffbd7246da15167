package dev.tollgate.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.Scrape;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** More requests than there is room for. */
class OverloadTest {
  private static final String WHOLE = "data: 1\n\ndata: [DONE]\n\n";

  private static final String TOKEN = "an-operator-s-token-of-enough-length";

  @TempDir Path directory;
  private final CountDownLatch end = new CountDownLatch(1);
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private RunningGateway gateway;

  private void startWith(Map<String, String> settings) throws Exception {
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n");
          end.await();
          connection.chunk("data: [DONE]\n\n").lastChunk();
        });
    gateway = RunningGateway.start(directory, upstream.baseUrl(), settings, 30_000);
  }

  /** One that is made, and one that waits for its connection. */
  private void startWithRoomForTwoCalls() throws Exception {
    // The gateway asks for prices and for its key's limit, and that takes room, too.
    CountDownLatch ownQuestions = new CountDownLatch(2);
    upstream.background(
        (request, connection) -> {
          connection.write(ScriptedUpstream.json(404, "{\"error\":{\"code\":404}}"));
          ownQuestions.countDown();
        });
    startWith(
        Map.of(
            "tollgate.upstream.max-connections",
            "1",
            "tollgate.upstream.max-queued",
            "1",
            "tollgate.admin.token",
            TOKEN));
    assertThat(ownQuestions.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @AfterEach
  void stop() throws Exception {
    end.countDown();
    gateway.close();
    upstream.close();
    assertThat(upstream.failures()).isEmpty();
  }

  private RawClient ask() throws IOException {
    return new RawClient(gateway.port()).send(gateway.chatHead("Content-Length: 2") + "{}");
  }

  private RawClient stream() throws IOException {
    RawClient client = ask();
    client.readUntil("data: 1\n\n");
    return client;
  }

  private void assertNoRoom(RawClient client) throws IOException {
    String head = client.readHead();
    assertThat(head).startsWith("HTTP/1.1 503").containsIgnoringCase("Retry-After: 1");
    assertThat(client.readBody(head)).contains("Service temporarily unavailable");
  }

  @Test
  void moreOpenRequestsThanAllowedAreRefusedAtOnce() throws Exception {
    startWith(Map.of("tollgate.limits.exchanges", "2"));
    try (RawClient first = stream();
        RawClient second = stream();
        RawClient third = ask()) {
      assertNoRoom(third);
      assertThat(upstream.connections()).isEqualTo(2);
      end.countDown();
      assertThat(first.readUntil("0\r\n\r\n")).contains("[DONE]");
      assertThat(second.readUntil("0\r\n\r\n")).contains("[DONE]");
      // There is room again, also for who was refused.
      third.send(gateway.chatHead("Content-Length: 2") + "{}");
      assertThat(third.readBody(third.readHead())).isEqualTo(WHOLE);
    }
  }

  @Test
  void healthIsToldHoweverFullItIs() throws Exception {
    startWith(Map.of("tollgate.limits.exchanges", "1"));
    try (RawClient first = stream();
        RawClient health = new RawClient(gateway.port())) {
      health.send("GET /health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n");
      assertThat(health.readHead()).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void aCallWaitsForAConnectionAndOneMoreIsRefused() throws Exception {
    startWithRoomForTwoCalls();
    try (RawClient first = stream();
        RawClient second = ask()) {
      // The money of the second is held, so it waits for its connection now or in a moment.
      await()
          .until(() -> gateway.gateway().admin().unsettled(RunningGateway.PROJECT, 10).size() == 2);
      try (RawClient third = ask();
          RawClient fourth = ask()) {
        assertNoRoom(third);
        assertNoRoom(fourth);
      }
      await()
          .until(() -> gateway.gateway().admin().unsettled(RunningGateway.PROJECT, 10).size() == 2);
      end.countDown();
      assertThat(first.readUntil("0\r\n\r\n")).contains("[DONE]");
      assertThat(second.readBody(second.readHead())).isEqualTo(WHOLE);
    }
  }

  /** As when all clients come back after a restart. */
  @Test
  void aBurstOfMoreThanMayQueueWaitsWhileConnectionsCanBeMade() throws Exception {
    startWith(
        Map.of("tollgate.upstream.max-connections", "60", "tollgate.upstream.max-queued", "1"));
    List<RawClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 60; i++) {
        clients.add(ask());
      }
      for (RawClient client : clients) {
        client.readUntil("data: 1\n\n");
      }
      assertThat(upstream.connections()).isEqualTo(60);
    } finally {
      for (RawClient client : clients) {
        client.close();
      }
    }
  }

  private double released() throws IOException {
    return Scrape.of(gateway.port(), TOKEN).sum("tollgate_settled_released_total");
  }

  @Test
  void nothingIsHeldForACallThatHasNoRoom() throws Exception {
    startWithRoomForTwoCalls();
    try (RawClient first = stream();
        RawClient second = ask()) {
      await()
          .until(() -> gateway.gateway().admin().unsettled(RunningGateway.PROJECT, 10).size() == 2);
      // The first of them may be faster than the call of the second.
      await()
          .until(
              () -> {
                double before = released();
                try (RawClient third = ask()) {
                  assertNoRoom(third);
                }
                return released() == before;
              });
    }
  }

  /** Each of them finds room before its money is held, and is held to the bound behind that. */
  @Test
  void ofABurstNoMoreWaitThanMay() throws Exception {
    startWithRoomForTwoCalls();
    List<RawClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 20; i++) {
        clients.add(ask());
      }
      await()
          .until(
              () ->
                  Scrape.of(gateway.port(), TOKEN)
                          .sum("tollgate_refusals_total", "code=unavailable")
                      == 18);
      assertThat(gateway.gateway().admin().unsettled(RunningGateway.PROJECT, 20)).hasSize(2);
      end.countDown();
      int served = 0;
      for (RawClient client : clients) {
        served += client.readHead().startsWith("HTTP/1.1 200") ? 1 : 0;
      }
      assertThat(served).isEqualTo(2);
    } finally {
      for (RawClient client : clients) {
        client.close();
      }
    }
  }

  @Test
  void noCallWaitsForAConnectionForLongerThanOneMayTake() throws Exception {
    startWith(
        Map.of(
            "tollgate.upstream.max-connections", "1", "tollgate.upstream.connect-timeout", "50ms"));
    try (RawClient first = stream();
        RawClient second = ask()) {
      assertNoRoom(second);
      await()
          .until(() -> gateway.gateway().admin().unsettled(RunningGateway.PROJECT, 10).size() == 1);
    }
  }
}
