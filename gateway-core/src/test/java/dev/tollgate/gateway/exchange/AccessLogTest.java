package dev.tollgate.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tollgate.gateway.exchange.AccessEntry.Bill;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Tokens;
import dev.tollgate.gateway.testkit.LogCapture;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.Test;

class AccessLogTest {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

  private static AccessEntry entry(String project, String traceId, Bill bill) {
    return new AccessEntry(
        "req_1",
        traceId,
        "POST",
        "/api/v1/chat/completions",
        null,
        project,
        "tg_a1b2c3d4",
        "192.0.2.7",
        200,
        "complete",
        null,
        98,
        9_383,
        bill,
        189,
        2_346);
  }

  private static Bill bill(String model) {
    return new Bill(
        model, new Tokens(6, 46), Money.parse("0.000025"), Money.parse("0.0000285"), "charged");
  }

  private static final AccessEntry NOTHING =
      new AccessEntry(
          "req_1", null, "-", "-", null, null, null, "-", 0, "aborted", null, -1, -1, null, -1, 3);

  private static JsonNode json(AccessEntry entry) throws Exception {
    String line = AccessLog.json(entry);
    assertThat(line).doesNotContain("\n", "\r");
    return new ObjectMapper().readTree(line);
  }

  @Test
  void aLineOfTextHasAllFieldsOfAMeteredRequest() {
    assertThat(AccessLog.text(entry("shop", TRACE, bill("demo/parrot"))))
        .isEqualTo(
            "id=req_1 method=POST route=/api/v1/chat/completions project=shop key=tg_a1b2c3d4"
                + " client=192.0.2.7 status=200 outcome=complete in=98 out=9383 model=demo/parrot"
                + " prompt_tokens=6 completion_tokens=46 cost=0.000025 charge=0.0000285"
                + " ttfb_ms=189 ms=2346 trace="
                + TRACE);
  }

  @Test
  void whatIsNotKnownIsADashInTextAndNullInJson() throws Exception {
    assertThat(AccessLog.text(NOTHING))
        .isEqualTo(
            "id=req_1 method=- route=- project=- key=- client=- status=- outcome=aborted in=- out=-"
                + " ttfb_ms=- ms=3");
    JsonNode json = json(NOTHING);
    json.properties()
        .forEach(
            field -> {
              if (!List.of("request_id", "outcome", "ms").contains(field.getKey())) {
                assertThat(field.getValue().isNull()).as(field.getKey()).isTrue();
              }
            });
  }

  @Test
  void aLineOfJsonHasTheSameFieldsWhateverTheRequest() throws Exception {
    JsonNode json = json(entry("shop", TRACE, bill("demo/parrot")));
    List<String> names = new ArrayList<>();
    json.fieldNames().forEachRemaining(names::add);

    assertThat(names)
        .containsExactly(
            "request_id",
            "trace_id",
            "method",
            "route",
            "path",
            "project",
            "key",
            "client",
            "status",
            "outcome",
            "code",
            "bytes_in",
            "bytes_out",
            "model",
            "prompt_tokens",
            "completion_tokens",
            "cost",
            "charge",
            "settlement",
            "ttfb_ms",
            "ms");
    assertThat(json(NOTHING).fieldNames()).toIterable().containsExactlyElementsOf(names);
    assertThat(json.get("trace_id").textValue()).isEqualTo(TRACE);
    assertThat(json.get("status").intValue()).isEqualTo(200);
    assertThat(json.get("bytes_out").longValue()).isEqualTo(9_383);
    assertThat(json.get("cost").textValue()).isEqualTo("0.000025");
    assertThat(json.get("charge").textValue()).isEqualTo("0.0000285");
    assertThat(json.get("settlement").textValue()).isEqualTo("charged");
  }

  /** A model is of a caller's making, a project's name perhaps of an application's. */
  @Test
  void nothingBreaksOutOfItsField() throws Exception {
    String evil = "a\"b\\c\n\r\t\u0000\u2028 d\"} {\"x\":1";
    AccessEntry entry = entry(evil, null, bill(evil));

    assertThat(json(entry).get("model").textValue()).isEqualTo(evil);
    assertThat(json(entry).get("project").textValue()).isEqualTo(evil);
    assertThat(AccessLog.text(entry).lines()).hasSize(1);
    assertThat(AccessLog.text(entry)).contains(" model=a\"b\\c____").doesNotContain("\t");
  }

  @Test
  void aLongModelIsCutAtAWholeCharacter() throws Exception {
    String model = "x".repeat(99) + "\ud83d\ude00" + "y".repeat(1_000);

    assertThat(json(entry("shop", null, bill(model))).get("model").textValue())
        .isEqualTo("x".repeat(99));
  }

  @Test
  void linesThatThereIsNoRoomForAreSaidToBeMissing() throws Exception {
    ScheduledExecutorService writer = Executors.newSingleThreadScheduledExecutor();
    CountDownLatch stuck = new CountDownLatch(1);
    var unused =
        writer.submit(
            () -> {
              stuck.await();
              return true;
            });
    AccessLog log = new AccessLog(AccessLog.Format.TEXT, writer);
    try (LogCapture captured = new LogCapture()) {
      for (int i = 0; i < 10_003; i++) {
        log.write(NOTHING);
      }
      stuck.countDown();
      await()
          .untilAsserted(
              () ->
                  assertThat(captured.lines())
                      .anyMatch(line -> line.contains("3 access log lines were dropped")));
    } finally {
      stuck.countDown();
      writer.shutdownNow();
    }
  }
}
