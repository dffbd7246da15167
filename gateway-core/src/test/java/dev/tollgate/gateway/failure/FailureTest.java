package dev.tollgate.gateway.failure;

import static dev.tollgate.gateway.failure.GatewayUnderTest.soon;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.failure.FailuresPage.Seen;
import dev.tollgate.gateway.failure.GatewayUnderTest.LedgerState;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.metrics.ExchangeEnd;
import dev.tollgate.gateway.testkit.LogCapture;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Connection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.Arguments;

/**
 * Something fails while a request is relayed between real sockets: given a gateway, when the client
 * or another one fails, then that is what the client gets, what is logged, what is charged and what
 * becomes of the connection to the upstream. Behind each test, the gateway serves another request,
 * and docs/failures.md must say in the test's {@link Row} what was seen.
 */
abstract class FailureTest {
  /** Short, for whoever is not waited for longer. */
  static final String LIMIT = "400ms";

  static final long LIMIT_MILLIS = 400;
  static final String NO_ANSWER = "WARNING: the upstream gave no answer";
  static final String BROKE_OFF = "WARNING: the upstream broke off";

  /** The prompt is estimated at 18 tokens of $0.001; with it, 100 of $0.01 are held. */
  static final String WHOLE_HOLD = "1.018";

  static final String PROMPT = "0.018";

  /** What a whole answer says that it cost. */
  static final String COST = "0.05";

  /** By name; closed at the end of the class. */
  private static final Map<String, GatewayUnderTest> GATEWAYS = new LinkedHashMap<>();

  private static Path home;

  GatewayUnderTest gateway;
  LogCapture log;
  private final List<Call> calls = new ArrayList<>();
  private final Set<Format> formats = EnumSet.noneOf(Format.class);
  private final Set<String> clientCells = new TreeSet<>();
  private final Set<String> upstreamCells = new TreeSet<>();
  private final Set<String> ledgerCells = new TreeSet<>();
  private final Set<String> logCells = new TreeSet<>();

  @BeforeAll
  static void makeHome(@TempDir Path directory) {
    home = directory;
  }

  @BeforeEach
  void start() throws Exception {
    log = new LogCapture();
    useGateway();
  }

  // --- given

  /** Uses the gateway of this class with these settings, names and values in turn. */
  void useGateway(String... settings) throws Exception {
    useGateway(List.of(settings).toString(), new ScriptedUpstream(), 30_000, settings);
  }

  /** The same in a container that closes a connection after so long a silence. */
  void useContainerWithIdleTimeout(long idleMillis) throws Exception {
    useGateway("idle timeout", new ScriptedUpstream(), idleMillis);
  }

  /** A new gateway whose upstream refuses connections. */
  void useGatewayWithoutUpstream() throws Exception {
    ScriptedUpstream closed = new ScriptedUpstream();
    closed.close();
    useGateway("without upstream " + GATEWAYS.size(), closed, 30_000);
  }

  /**
   * @param name the same for the same gateway, which then keeps its upstream
   */
  void useGateway(String name, ScriptedUpstream upstream, long idleMillis, String... settings)
      throws Exception {
    if (GATEWAYS.containsKey(name)) {
      upstream.close();
    } else {
      Map<String, String> all = new LinkedHashMap<>();
      for (int i = 0; i < settings.length; i += 2) {
        all.put(settings[i], settings[i + 1]);
      }
      Path directory = Files.createTempDirectory(home, "gateway");
      GATEWAYS.put(name, new GatewayUnderTest(directory, upstream, idleMillis, all));
    }
    gateway = GATEWAYS.get(name);
  }

  /** A client that is connected and has sent nothing. */
  Call connect(Format format) throws IOException {
    return connect(format, 0);
  }

  Call connect(Format format, int receiveBuffer) throws IOException {
    Call call = new Call(gateway, format, receiveBuffer);
    calls.add(call);
    return call;
  }

  /** A client that has sent its request. */
  Call ask(Format format) throws IOException {
    return connect(format).sendRequest(format.request());
  }

  /** Each format with each of the values. */
  static Stream<Arguments> formatsAnd(Object... values) {
    return Stream.of(Format.values())
        .flatMap(format -> Stream.of(values).map(value -> Arguments.of(format, value)));
  }

  /** Does something every 10 ms until that is so. Connections may break meanwhile. */
  static void repeatUntil(Callable<Boolean> condition, Action action) {
    soon()
        .ignoreExceptionsInstanceOf(IOException.class)
        .until(
            () -> {
              boolean done = condition.call();
              if (!done) {
                action.run();
              }
              return done;
            });
  }

  interface Action {
    void run() throws Exception;
  }

  /** Sends a text one byte every 10 ms. */
  static void drip(String text, Piece piece) {
    int[] sent = {0};
    repeatUntil(
        () -> sent[0] == text.length(), () -> piece.send(text.substring(sent[0], ++sent[0])));
  }

  /** One of the ways to send. */
  interface Piece {
    void send(String text) throws IOException;
  }

  // --- then

  /**
   * The line in the access log, and what else was logged of the request, or counted, before it.
   *
   * @param outcome such as {@code outcome=refused code=unavailable}
   * @param more warnings without details, and events that the metrics heard
   */
  void assertLogged(Call call, String outcome, String... more) {
    assertLogged(call, List.of(outcome), more);
  }

  /** The same of a refusal whose client has left, which may be known before the end or not. */
  void assertRefusedOrGone(Call call, String code, String... more) {
    List<String> outcomes =
        List.of("outcome=refused code=" + code, "outcome=client_gone code=" + code);
    assertLogged(call, outcomes, more);
  }

  private void assertLogged(Call call, List<String> outcomes, String... more) {
    String line = line(call);
    String code = field(line, "code");
    String outcome = "outcome=" + field(line, "outcome") + (code.isEmpty() ? "" : " code=" + code);
    assertThat(outcome).as(line).isIn(outcomes);
    List<String> seen = new ArrayList<>(warnings(field(line, "id")));
    seen.addAll(gateway.events());
    assertThat(seen).containsExactly(more);
    call.answer()
        .filter(Answer::complete)
        .ifPresent(
            answer ->
                assertThat(field(line, "out")).isEqualTo(String.valueOf(answer.body().length())));
    see(call, String.join("; ", joined(String.join(" or ", outcomes), more)));
  }

  /** The gateway has never heard of the request. */
  void assertNotLogged(Call call) throws Exception {
    serveAnother();
    awaitLines();
    assertThat(log.lines()).noneMatch(line -> line.contains("project=" + call.project() + " "));
    see(call, "nothing");
  }

  private void see(Call call, String logged) {
    formats.add(call.format());
    clientCells.add(call.answer().map(Answer::inWords).orElse("-"));
    logCells.add(logged);
  }

  private static List<String> joined(String first, String... more) {
    return Stream.concat(Stream.of(first), Stream.of(more)).toList();
  }

  void assertNothingHeld(Call call) {
    assertLedger(call, new LedgerState("", "0.00", "0.00", ""), "nothing held", "");
  }

  void assertReleased(Call call) {
    assertLedger(call, new LedgerState("released", "0.00", "0.00", ""), "hold released", "none");
  }

  /** The same of a hold that the ledger may have placed when the line was already written. */
  void assertReleasedLate(Call call) {
    LedgerState released = new LedgerState("released", "0.00", "0.00", "");
    assertLedger(call, released, "hold released", "-", "none");
  }

  /** The hold stays until the upstream says what the generation cost; see {@link #close}. */
  void assertPending(Call call, String held) {
    String cell = held + " pending";
    assertLedger(call, new LedgerState("pending", held, "0.00", ""), cell, "pending");
    gateway.addPending(call.project());
  }

  /** The charge is in the ledger, and was before the client had the whole answer. */
  void assertCharged(Call call, String dollars, String... flags) {
    if (call.answer().filter(answer -> answer.complete() && answer.status() == 200).isPresent()) {
      assertThat(call.holdAtTheEnd()).isEqualTo("captured");
    }
    assertChargedInTheEnd(call, dollars, flags);
  }

  /** The charge is in the ledger, but perhaps the client had the whole answer before. */
  void assertChargedInTheEnd(Call call, String dollars, String... flags) {
    String flag = String.join(",", flags);
    String cell = dollars + " charged" + (flag.isEmpty() ? "" : ", " + flag);
    assertLedger(call, new LedgerState("captured", "0.00", dollars, flag), cell, dollars);
  }

  /**
   * @param charges what the line in the access log may say
   */
  private void assertLedger(Call call, LedgerState expected, String cell, String... charges) {
    soon().untilAsserted(() -> assertThat(gateway.ledger(call.project())).isEqualTo(expected));
    log.lines().stream()
        .filter(line -> line.contains(" project=" + call.project() + " "))
        .forEach(line -> assertThat(field(line, "charge")).as(line).isIn((Object[]) charges));
    ledgerCells.add(cell);
  }

  void assertNotCalled() {
    assertThat(gateway.isCalled()).as("the upstream was called").isFalse();
    upstreamCells.add("not called");
  }

  /** The connection is closed, by whichever side. */
  void assertClosed(Connection connection) {
    assertThat(connection.over()).succeedsWithin(Duration.ofSeconds(10));
    upstreamCells.add("closed");
  }

  /** All of the answer was read: other requests come on the same connection, or one of these. */
  void assertKept(Connection... connections) {
    soon()
        .until(
            () -> {
              assertThat(connections).noneMatch(each -> each.over().isDone());
              return List.of(connections).contains(serveAnother());
            });
    upstreamCells.add("kept");
  }

  /** The same of a gateway that serves no other request. */
  void assertReadToItsEnd(Connection connection) {
    assertThat(connection.over()).isNotDone();
    upstreamCells.add("kept");
  }

  // --- what is so after any failure

  /** Serves a request on a connection that is not used again; says on which. */
  private Connection serveAnother() throws Exception {
    assertThat(gateway.isCalled()).as("the upstream was called once more").isFalse();
    String body = Format.JSON.body();
    Call next = ask(Format.JSON);
    Connection connection = gateway.accept();
    String headers = "Connection: close\r\nContent-Length: " + body.length() + "\r\n";
    connection.write(Format.JSON.head("HTTP/1.1", headers) + body);
    assertThat(next.readAnswer()).isEqualTo(Answer.complete(200, body));
    return connection;
  }

  @AfterEach
  void end(TestInfo test) throws Exception {
    try {
      if (gateway.isServing()) {
        serveAnother();
      }
      awaitLines();
      assertThat(gateway.ends().stream().map(FailureTest::counted))
          .containsExactlyInAnyOrderElementsOf(accessLines().map(FailureTest::logged).toList());
      assertThat(gateway.upstream().failures()).isEmpty();
      assertThat(FailuresPage.transitionsIn(log.lines())).isSubsetOf(FailuresPage.transitions());
      assertRow(test);
    } finally {
      for (Call call : calls) {
        call.close();
      }
      log.close();
      gateway.reset();
    }
  }

  /** The page says of this test's row what was seen. */
  private void assertRow(TestInfo test) {
    String name = FailuresPage.nameOf(test.getTestMethod().orElseThrow());
    Seen seen =
        new Seen(
            String.join(" | ", clientCells),
            String.join(" | ", upstreamCells),
            String.join(" | ", ledgerCells),
            String.join(" | ", logCells));
    assertThat(FailuresPage.rows().get(name)).as(name).isEqualTo(seen);
    boolean each = List.of(test.getTestMethod().get().getParameterTypes()).contains(Format.class);
    assertThat(FailuresPage.formats(name)).as(name).containsAll(formats);
    assertThat(each ? EnumSet.allOf(Format.class) : formats)
        .as("what is asked for in " + name)
        .isEqualTo(FailuresPage.formats(name));
  }

  @AfterAll
  static void close() throws Exception {
    try {
      for (GatewayUnderTest each : GATEWAYS.values()) {
        each.assertPendingHoldsAreSettled();
      }
    } finally {
      for (GatewayUnderTest each : GATEWAYS.values()) {
        each.close();
      }
      GATEWAYS.clear();
    }
  }

  // --- the log

  /** The metrics hear what the access log says. */
  private record Count(String outcome, String code, String status, String out, String charge) {}

  private static Count counted(ExchangeEnd end) {
    return new Count(
        end.outcome(),
        Objects.requireNonNullElse(end.refusalCode(), ""),
        end.status() == 0 ? "-" : String.valueOf(end.status()),
        String.valueOf(end.responseBytes()),
        end.chargedNanoUsd() < 0 ? "" : new Money(end.chargedNanoUsd()).toString());
  }

  private static Count logged(String line) {
    String charge = field(line, "charge");
    return new Count(
        field(line, "outcome"),
        field(line, "code"),
        field(line, "status"),
        field(line, "out"),
        charge.matches("[\\d.]+") ? charge : "");
  }

  private void awaitLines() {
    soon().until(() -> gateway.isIdle() && accessLines().count() == gateway.ends().size());
  }

  private Stream<String> accessLines() {
    return log.lines().stream().filter(line -> line.contains("INFO: id=req_"));
  }

  /** The line of a request, which may have no project if it was refused at once. */
  private String line(Call call) {
    String id = call.requestId();
    String mark = id.isEmpty() ? " project=" + call.project() + " " : "INFO: id=" + id + " ";
    soon()
        .alias("line with" + mark)
        .until(() -> accessLines().anyMatch(line -> line.contains(mark)));
    return accessLines().filter(line -> line.contains(mark)).findFirst().orElseThrow();
  }

  private static String field(String line, String name) {
    Matcher field = Pattern.compile("[ :]" + name + "=(\\S+)").matcher(line);
    return field.find() ? field.group(1) : "";
  }

  /** What is logged of a request before its line, without details. */
  private List<String> warnings(String id) {
    Pattern warning = Pattern.compile("(WARNING|SEVERE): " + id + ": ([^:\\n]*)");
    return log.lines().stream()
        .takeWhile(line -> !line.contains("INFO: id=" + id))
        .map(warning::matcher)
        .filter(Matcher::find)
        .map(found -> found.group(1).replace("SEVERE", "ERROR") + ": " + found.group(2).strip())
        .toList();
  }
}
