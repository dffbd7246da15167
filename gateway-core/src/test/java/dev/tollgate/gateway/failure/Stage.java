package dev.tollgate.gateway.failure;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.testkit.BooksView;
import dev.tollgate.gateway.testkit.LogCapture;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Connection;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Received;
import dev.tollgate.gateway.testkit.Tenant;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where one failure happens, before the eyes of a {@link Spectator}. The client's part runs on the
 * test's thread, the upstream's part on the upstream's; what one waits for, the other says.
 */
final class Stage implements AutoCloseable {
  private static final Pattern CONTENT_LENGTH =
      Pattern.compile("^Content-Length: *(\\d+)", Pattern.CASE_INSENSITIVE | Pattern.MULTILINE);

  private final House house;
  private final Cell cell;
  private final Asked asked;
  private final LogCapture log;
  private final Tenant tenant;
  private final Spectator spectator;
  private final AtomicInteger calls = new AtomicInteger();
  private final BlockingQueue<Connection> called = new LinkedBlockingQueue<>();
  private final CountDownLatch cue = new CountDownLatch(1);
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private RawClient client;
  private final List<RawClient> others = new ArrayList<>();
  private int chunks;
  private volatile String head;

  Stage(House house, Cell cell, Asked asked, LogCapture log) {
    this.house = house;
    this.cell = cell;
    this.asked = asked;
    this.log = log;
    house.forget();
    tenant = Tenant.of(house.gateway(), Spectator.BALANCE);
    spectator = new Spectator(house, cell, tenant, log);
  }

  // --- for whoever plays a part

  Asked asked() {
    return asked;
  }

  House house() {
    return house;
  }

  Tenant tenant() {
    return tenant;
  }

  RawClient client() {
    return client;
  }

  /** Connects a client. */
  RawClient connect(int receiveBuffer) throws IOException {
    client = new RawClient(tenant.home().port(), receiveBuffer);
    return client;
  }

  /** Somebody else, who stays for as long as it lasts. */
  void closeInTheEnd(RawClient other) {
    others.add(other);
  }

  /** Sends the request. */
  RawClient ask() throws IOException {
    return ask(asked.request());
  }

  RawClient ask(String request) throws IOException {
    return connect(0).send(tenant.chatHead("Content-Length: " + request.length()) + request);
  }

  ClientSees askAndRead() throws IOException {
    ask();
    return read();
  }

  /** Forgets what has happened, and asks and reads anew. */
  ClientSees tryAgain() throws IOException {
    if (client != null) {
      client.close();
    }
    house.forget();
    synchronized (body) {
      body.reset();
    }
    chunks = 0;
    ClientSees seen = askAndRead();
    House.soon().until(() -> !house.ends().isEmpty());
    return seen;
  }

  /** Whether money was held for the request that was answered last. */
  boolean isHeldFor() throws SQLException {
    return spectator.hold(Spectator.requestId(head)).isPresent();
  }

  /** Reads status and headers, and what follows of the body, to its end. */
  ClientSees read() throws IOException {
    try {
      readHead();
    } catch (SocketTimeoutException e) {
      throw new AssertionError("no answer, and no end of the connection", e);
    } catch (IOException e) {
      return ClientSees.BROKEN_OFF;
    }
    return readRest();
  }

  boolean hasHead() {
    return head != null;
  }

  void readHead() throws IOException {
    head = client.readHead();
  }

  /** Reads status and headers, and the body up to that. */
  void readThrough(String text) throws IOException {
    readHead();
    readOnThrough(text);
  }

  /** Reads the body up to that, and what may have come in one chunk with it. */
  void readOnThrough(String text) throws IOException {
    while (!bodySoFar().contains(text)) {
      assertThat(readPiece()).as("more than " + bodySoFar()).isTrue();
    }
  }

  /** Reads a whole answer, with a pause between two pieces. */
  ClientSees readSlowly(long pauseMillis) throws IOException, InterruptedException {
    readHead();
    while (readPiece()) {
      // Its pace is what is odd.
      TimeUnit.MILLISECONDS.sleep(pauseMillis);
    }
    return ClientSees.of(head, bodySoFar(), true);
  }

  /** Reads what is left of the body. */
  ClientSees readRest() throws IOException {
    boolean more = true;
    try {
      while (more) {
        more = readPiece();
      }
    } catch (SocketTimeoutException e) {
      throw new AssertionError("no end after: " + bodySoFar(), e);
    } catch (IOException e) {
      return ClientSees.of(head, bodySoFar(), false);
    }
    return ClientSees.of(head, bodySoFar(), true);
  }

  private String bodySoFar() {
    synchronized (body) {
      return body.toString(ISO_8859_1);
    }
  }

  /**
   * Reads a byte, or a chunk.
   *
   * @return false if that was the end
   * @throws IOException if the connection ends before
   */
  private boolean readPiece() throws IOException {
    Matcher length = CONTENT_LENGTH.matcher(head);
    if (length.find()) {
      if (bodySoFar().length() < Integer.parseInt(length.group(1))) {
        readBytes(1);
        return true;
      }
      return false;
    }
    assertThat(head.toLowerCase(Locale.ROOT)).contains("transfer-encoding: chunked");
    if (chunks++ > 0) {
      // The end of the last chunk may come with the next one.
      client.readUntil("\r\n");
    }
    int bytes = Integer.parseInt(client.readUntil("\r\n").trim(), 16);
    readBytes(bytes);
    if (bytes == 0) {
      client.readUntil("\r\n");
    }
    return bytes > 0;
  }

  private void readBytes(int bytes) throws IOException {
    byte[] read = client.read(bytes);
    synchronized (body) {
      body.writeBytes(read);
      body.notifyAll();
    }
    if (read.length < bytes) {
      throw new IOException("the connection ended");
    }
  }

  /** Waits until the client has status and headers. */
  void awaitHeadSeen() {
    House.soon().until(() -> head != null);
  }

  /** Waits until the client has that much of the body. */
  void awaitSeen(String text) throws InterruptedException {
    long end = System.nanoTime() + House.PATIENCE.toNanos();
    synchronized (body) {
      while (body.size() < text.length()) {
        assertThat(System.nanoTime()).as("the client has " + bodySoFar()).isLessThan(end);
        body.wait(100);
      }
    }
  }

  /** Waits until the upstream has the request, and gives its connection. */
  Connection awaitCalled() throws InterruptedException {
    Connection connection = called.poll(House.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    assertThat(connection).as("the upstream was called").isNotNull();
    called.add(connection);
    return connection;
  }

  /** What the other part is waiting for has happened. */
  void cue() {
    cue.countDown();
  }

  void awaitCue() throws InterruptedException {
    assertThat(cue.await(House.PATIENCE.toSeconds(), TimeUnit.SECONDS)).as("cue").isTrue();
  }

  /** Waits until that has been logged about this request, for which money is held. */
  void awaitLogged(String text) {
    House.soon().until(() -> isLogged(text));
  }

  /** Waits until that has been logged, about whatever. */
  void awaitLoggedByAnyone(String text) {
    House.soon().until(() -> log.lines().stream().anyMatch(l -> l.contains(text)));
  }

  /** Whether that has been logged about this request, for which money is held. */
  boolean isLogged(String text) throws SQLException {
    Optional<String> id =
        house.books().holds().stream()
            .filter(hold -> hold.state().equals("open"))
            .map(BooksView.Hold::id)
            .findFirst();
    return id.isPresent()
        && log.lines().stream().anyMatch(line -> line.contains(id.get() + ": " + text));
  }

  // --- for whoever lets it happen

  /** The upstream's part. */
  void answer(Received request, Connection connection) throws Exception {
    calls.incrementAndGet();
    called.add(connection);
    cell.plot().upstream().play(this, connection);
  }

  /** Lets it happen. */
  Seen play() throws Exception {
    house.upstream().script(this::answer);
    ClientSees client = cell.plot().client().play(this);
    assertThat(calls.get()).as("calls").isLessThan(2);
    Seen seen = spectator.look(client, head == null ? "" : head, called.poll());
    assertThat(house.upstream().failures()).isEmpty();
    return seen;
  }

  /** What has to be seen, in full. */
  Seen expected(Seen seen) {
    Seen expected = cell.expected();
    return new Seen(
        expected.client().fillIn(seen.client(), asked),
        expected.upstream(),
        expected.books(),
        expected.logged().fillIn(seen.logged()));
  }

  @Override
  public void close() throws IOException {
    cue();
    if (client != null) {
      client.close();
    }
    for (RawClient other : others) {
      other.close();
    }
  }
}
