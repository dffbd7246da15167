package dev.tollgate.gateway.failure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Flag;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.metrics.ExchangeEnd;
import dev.tollgate.gateway.testkit.BooksView;
import dev.tollgate.gateway.testkit.LogCapture;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Connection;
import dev.tollgate.gateway.testkit.Tenant;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What is to be seen of a failure once the client has seen its part: log, metrics, books. */
final class Spectator {
  /** What a project has before, in US dollars. */
  static final String BALANCE = "100";

  /** How long is looked whether a connection stays open. */
  private static final long LOOK_MILLIS = 50;

  private static final Pattern REQUEST_ID =
      Pattern.compile("^X-Request-Id: (\\S+)$", Pattern.CASE_INSENSITIVE | Pattern.MULTILINE);

  private final House house;
  private final Cell cell;
  private final Tenant tenant;
  private final LogCapture log;

  Spectator(House house, Cell cell, Tenant tenant, LogCapture log) {
    this.house = house;
    this.cell = cell;
    this.tenant = tenant;
    this.log = log;
  }

  /** The id of the request as the head of its answer has it; empty if it has none. */
  static String requestId(String head) {
    Matcher id = REQUEST_ID.matcher(head);
    return id.find() ? id.group(1) : "";
  }

  /**
   * Looks everywhere.
   *
   * @param head of the answer; empty if there was none
   * @param connection of the call to the upstream; null if there was none
   */
  Seen look(ClientSees client, String head, @Nullable Connection connection) throws Exception {
    assertChargedBeforeTheEnd(client, head);
    Optional<String> line = line(head);
    Logged logged = logged(line, client);
    UpstreamSees upstream = upstreamSees(connection);
    BooksSay books = line.isPresent() ? booksSay(line.get()) : BooksSay.NOTHING;
    return new Seen(client, upstream, books, logged);
  }

  /** A client that has the end of an answer can rely on its charge, while there is a store. */
  private void assertChargedBeforeTheEnd(ClientSees client, String head) throws SQLException {
    if (client.end() == ClientSees.End.WHOLE
        && cell.expected().books().equals(BooksSay.CHARGED)
        && cell.party() != Party.STORE) {
      assertThat(hold(requestId(head)).map(BooksView.Hold::state)).contains("captured");
    }
  }

  /** The line in the access log, which comes before the metrics are told. */
  private Optional<String> line(String head) throws Exception {
    boolean expected = !cell.expected().logged().equals(Logged.NOTHING);
    if (!expected) {
      // Behind this one it would have been written.
      house.serveOn();
      assertThat(findLine(head)).isEmpty();
      return Optional.empty();
    }
    House.soon().until(() -> findLine(head).isPresent() && !house.ends().isEmpty());
    return findLine(head);
  }

  private Optional<String> findLine(String head) {
    // A request that is refused before its key is looked at is known by its answer alone.
    String id = requestId(head);
    String mark = id.isEmpty() ? " project=" + tenant.project() + " " : "id=" + id + " ";
    return log.lines().stream()
        .filter(line -> line.contains("INFO: id=req_") && line.contains(mark))
        .findFirst()
        .map(line -> line.substring(line.indexOf("id=req_")).trim() + " ");
  }

  private static String field(String line, String name) {
    Matcher field = Pattern.compile(" " + name + "=(\\S+) ").matcher(" " + line);
    return field.find() ? field.group(1) : "";
  }

  private Logged logged(Optional<String> found, ClientSees client) {
    if (found.isEmpty()) {
      return Logged.NOTHING;
    }
    String line = found.get();
    Logged logged =
        new Logged(
            field(line, "outcome"),
            field(line, "code"),
            warnings(field(line, "id")),
            List.copyOf(house.events()),
            false);
    assertIsCounted(line, logged, client);
    return logged;
  }

  /** The metrics hear what the log says. */
  private void assertIsCounted(String line, Logged logged, ClientSees client) {
    assertThat(house.opened()).isEqualTo(1);
    assertThat(house.ends()).hasSize(1);
    ExchangeEnd end = house.ends().get(0);
    assertThat(end.outcome()).isEqualTo(logged.outcome());
    assertThat(Objects.requireNonNullElse(end.refusalCode(), "")).isEqualTo(logged.code());
    String status = field(line, "status");
    assertThat(end.status()).isEqualTo(status.equals("-") ? 0 : Integer.parseInt(status));
    assertThat(end.responseBytes()).isEqualTo(Long.parseLong(field(line, "out")));
    if (client.end() == ClientSees.End.WHOLE) {
      assertThat(end.responseBytes()).as("bytes written").isEqualTo(client.body().length());
    }
    String charge = field(line, "charge");
    assertThat(end.chargedNanoUsd())
        .isEqualTo(charge.matches("[\\d.]+") ? Money.parse(charge).nanos() : -1);
  }

  /** What is logged about the exchange before its line, without details. */
  private List<String> warnings(String id) {
    return log.lines().stream()
        .takeWhile(line -> !line.contains("INFO: id=" + id))
        .filter(line -> line.contains(id + ": ") && line.matches("(?s).*(WARNING|SEVERE): .*"))
        .map(
            line ->
                (line.contains("SEVERE: ") ? "ERROR: " : "WARNING: ")
                    + line.substring(line.indexOf(id + ": ") + id.length() + 2)
                        .lines()
                        .findFirst()
                        .orElse("")
                        .replaceFirst(": .*", ""))
        .toList();
  }

  private UpstreamSees upstreamSees(@Nullable Connection connection) throws Exception {
    if (connection == null) {
      return UpstreamSees.NEVER_CALLED;
    }
    boolean isToClose = cell.expected().upstream() != UpstreamSees.READ;
    try {
      connection
          .over()
          .get(isToClose ? House.PATIENCE.toMillis() : LOOK_MILLIS, TimeUnit.MILLISECONDS);
      return connection.isEnded() ? UpstreamSees.HAS_LEFT : UpstreamSees.CLOSED;
    } catch (TimeoutException e) {
      return UpstreamSees.READ;
    }
  }

  private BooksSay booksSay(String line) throws Exception {
    String id = field(line, "id");
    if (!cell.expected().books().equals(BooksSay.NOTHING)) {
      // One that comes too late may come after the answer.
      House.soon().until(() -> hold(id).isPresent());
    }
    House.soon().until(() -> hold(id).filter(h -> h.state().equals("open")).isEmpty());
    Optional<BooksView.Hold> hold = hold(id);
    String held = "";
    if (hold.isPresent() && hold.get().state().equals("pending")) {
      held = new Money(hold.get().amountNanos()).toString();
      house.setTellsCosts(true);
    }
    if (house.isClosed()) {
      house.restart();
    }
    House.soon().until(() -> hold(id).filter(h -> h.state().equals("pending")).isEmpty());
    String flags =
        house.gateway().admin().entries(tenant.project(), 10).stream()
            .filter(entry -> entry.kind() == Entry.Kind.CHARGE)
            .map(entry -> Flag.format(entry.flags()))
            .collect(Collectors.joining());
    var balance = house.gateway().admin().showProject(tenant.project()).balance();
    assertThat(balance.loaned()).isEqualTo(Money.ZERO);
    BooksSay books =
        new BooksSay(
            held,
            hold(id).map(BooksView.Hold::state).orElse(""),
            Money.parse(BALANCE).minus(balance.total()).toString(),
            flags);
    if (field(line, "code").equals("unavailable") && books.equals(BooksSay.RELEASED)) {
      // A hold that comes too late is given back before the line is written, or after.
      assertThat(field(line, "charge")).as("charge in " + line).isIn("none", "-");
    } else {
      assertThat(field(line, "charge")).as("charge in " + line).isEqualTo(books.word());
    }
    return books;
  }

  /** What is held for a request. */
  Optional<BooksView.Hold> hold(String id) throws SQLException {
    return house.books().holds().stream().filter(hold -> hold.id().equals(id)).findFirst();
  }
}
