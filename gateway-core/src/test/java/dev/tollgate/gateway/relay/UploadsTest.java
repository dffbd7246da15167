package dev.tollgate.gateway.relay;

import static java.nio.charset.StandardCharsets.US_ASCII;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Request bodies that take memory: each upload here lacks its last byte until it is sent. */
class UploadsTest {
  private static final String TOKEN = "an-operator-s-token-of-enough-length";
  private static final String MEMORY = "tollgate.limits.body-memory";
  private static final int HALF_A_MEGABYTE = 512 << 10;

  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private final List<RawClient> clients = new ArrayList<>();
  private RunningGateway gateway;

  private void startWith(Map<String, String> settings) throws Exception {
    gateway = RunningGateway.start(directory, upstream.baseUrl(), settings, 30_000);
  }

  @AfterEach
  void stop() throws Exception {
    for (RawClient client : clients) {
      client.close();
    }
    gateway.close();
    upstream.close();
    assertThat(upstream.failures()).isEmpty();
  }

  /** Sends all of a body but its last byte. */
  private RawClient upload(String head, int bytes) throws IOException {
    RawClient client = new RawClient(gateway.port());
    clients.add(client);
    return client.send(head).send("{\"x\":\"" + "x".repeat(bytes - 9) + "\"}");
  }

  private RawClient upload(int bytes) throws IOException {
    return upload(gateway.chatHead("Content-Length: " + bytes), bytes);
  }

  private long takenBytes() throws IOException {
    return (long) Scrape.of(gateway.port(), TOKEN).sum("tollgate_body_memory_bytes");
  }

  @Test
  void aProjectWithItsShareOfTheMemoryIsToldToWait() throws Exception {
    startWith(Map.of(MEMORY, "4MB", "tollgate.limits.body", "1MB", "tollgate.admin.token", TOKEN));
    upload(HALF_A_MEGABYTE);
    upload(HALF_A_MEGABYTE - (64 << 10));
    await().until(() -> takenBytes() >= 2 * HALF_A_MEGABYTE - (64 << 10));
    RawClient third = upload(HALF_A_MEGABYTE);
    String head = third.readHead();
    assertThat(head).startsWith("HTTP/1.1 429").containsIgnoringCase("Retry-After: 1");
    assertThat(third.readBody(head)).contains("Rate limit exceeded");
    assertThat(takenBytes()).isLessThanOrEqualTo(2 * HALF_A_MEGABYTE);
  }

  @Test
  void whenAllMemoryIsTakenTheServiceIsUnavailableAndMoreWhenItIsGivenBack() throws Exception {
    startWith(Map.of(MEMORY, "1MB", "tollgate.limits.body", "4MB", "tollgate.admin.token", TOKEN));
    RawClient first = upload(HALF_A_MEGABYTE);
    RawClient second = upload(HALF_A_MEGABYTE - (64 << 10));
    await().until(() -> takenBytes() >= 2 * HALF_A_MEGABYTE - (64 << 10));
    RawClient third = upload(HALF_A_MEGABYTE);
    String head = third.readHead();
    assertThat(head).startsWith("HTTP/1.1 503").containsIgnoringCase("Retry-After: 1");
    assertThat(third.readBody(head)).contains("Service temporarily unavailable");

    first.close();
    second.close();
    await().until(() -> takenBytes() == 0);
    RawClient fourth = upload(HALF_A_MEGABYTE).send(" ");
    assertThat(fourth.readHead()).startsWith("HTTP/1.1 200");
  }

  @Test
  void aDeclaredLengthReservesNothing() throws Exception {
    startWith(Map.of(MEMORY, "1MB", "tollgate.limits.body", "4MB", "tollgate.admin.token", TOKEN));
    for (int i = 0; i < 10; i++) {
      RawClient client = new RawClient(gateway.port());
      clients.add(client);
      client.send(gateway.chatHead("Content-Length: 900000")).send("{");
    }
    RawClient other = upload(100_000).send(" ");
    assertThat(other.readHead()).startsWith("HTTP/1.1 200");
    assertThat(takenBytes()).isLessThan(100 << 10);
  }

  @Test
  void theMemoryIsGivenBackOnceTheUpstreamHasTheBodyAndNotOnlyAtTheEnd() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    upstream.script(
        (request, connection) -> {
          asked.countDown();
          end.await();
          connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        });
    startWith(Map.of("tollgate.admin.token", TOKEN));
    RawClient client = upload(HALF_A_MEGABYTE);
    await().until(() -> takenBytes() >= HALF_A_MEGABYTE - 1);
    client.send(" ");
    asked.await();
    await().until(() -> takenBytes() == 0);
    end.countDown();
    assertThat(client.readHead()).startsWith("HTTP/1.1 200");
  }

  @Test
  void uploadsCountAsOpenRequestsOfTheirProject() throws Exception {
    startWith(Map.of("tollgate.limits.concurrency", "1", "tollgate.admin.token", TOKEN));
    RawClient first = upload(10_000);
    await().until(() -> takenBytes() > 0);
    RawClient second = upload(100).send(" ");
    String head = second.readHead();
    assertThat(head).startsWith("HTTP/1.1 429").containsIgnoringCase("Retry-After: 1");
    second.readBody(head);
    first.send(" ");
    String answer = first.readHead();
    assertThat(answer).startsWith("HTTP/1.1 200");
    first.readBody(answer);
    // It has seen the end, so the next one is let in, at once.
    first.send(gateway.chatHead("Content-Length: 2") + "{}");
    assertThat(first.readHead()).startsWith("HTTP/1.1 200");
  }

  @Test
  void aLongBodyArrivesAsItWasSent() throws Exception {
    startWith(Map.of());
    String body = "{\"x\":\"" + "0123456789".repeat(70_000) + "\"}";
    RawClient client = new RawClient(gateway.port());
    clients.add(client);
    client.send(gateway.chatHead("Transfer-Encoding: chunked"));
    for (int at = 0; at < body.length(); at += 7_777) {
      String piece = body.substring(at, Math.min(body.length(), at + 7_777));
      client.send(Integer.toHexString(piece.length()) + "\r\n" + piece + "\r\n");
    }
    client.send("0\r\n\r\n");
    assertThat(client.readHead()).startsWith("HTTP/1.1 200");
    assertThat(new String(upstream.take().body(), US_ASCII)).isEqualTo(body);
  }
}
