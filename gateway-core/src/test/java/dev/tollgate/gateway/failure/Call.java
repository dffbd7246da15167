package dev.tollgate.gateway.failure;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.Tenant;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A client with a project of its own that sends one request and reads the answer piece by piece.
 */
final class Call implements AutoCloseable {
  private static final Pattern CONTENT_LENGTH =
      Pattern.compile("^Content-Length: *(\\d+)", Pattern.CASE_INSENSITIVE | Pattern.MULTILINE);
  private static final Pattern REQUEST_ID =
      Pattern.compile("^X-Request-Id: (\\S+)$", Pattern.CASE_INSENSITIVE | Pattern.MULTILINE);

  private final GatewayUnderTest gateway;
  private final Format format;
  private final Tenant tenant;
  private final RawClient client;
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private String head = "";
  private boolean chunkRead;
  private boolean left;
  private @Nullable Answer answer;
  private String holdAtTheEnd = "";

  /**
   * @param receiveBuffer how many bytes the system may keep for this client; 0: as many as it likes
   */
  Call(GatewayUnderTest gateway, Format format, int receiveBuffer) throws IOException {
    this.gateway = gateway;
    this.format = format;
    this.tenant = Tenant.of(gateway.home(), "100");
    this.client = new RawClient(tenant.home().port(), receiveBuffer);
  }

  Format format() {
    return format;
  }

  String project() {
    return tenant.project();
  }

  // --- the request

  Call sendHead(String... headers) throws IOException {
    return send(tenant.chatHead(headers));
  }

  Call send(String text) throws IOException {
    client.send(text);
    return this;
  }

  /** Sends a request with this body. */
  Call sendRequest(String request) throws IOException {
    return sendHead("Content-Length: " + request.length()).send(request);
  }

  /** Sends the head of a request, and waits until the gateway reads the body. */
  Call sendHeadAndAwaitContinue() throws IOException {
    sendHead("Content-Length: " + format.request().length(), "Expect: 100-continue");
    assertThat(client.readHead()).startsWith("HTTP/1.1 100");
    return this;
  }

  // --- what ends the connection

  void reset() throws IOException {
    left = true;
    client.reset();
  }

  @Override
  public void close() throws IOException {
    left = true;
    client.close();
  }

  /** Sends no more, but reads. */
  void shutdownOutput() throws IOException {
    client.shutdownOutput();
  }

  // --- the answer

  /** Whether bytes have come that were not read. */
  boolean hasUnread() throws IOException {
    return client.available() > 0;
  }

  void readHead() throws IOException {
    head = client.readHead();
  }

  /** Whether this part of the body has been read. */
  boolean has(String part) {
    return body.toString(ISO_8859_1).contains(part);
  }

  /** Reads until this part of the body has come. */
  void readThrough(String part) throws IOException {
    if (head.isEmpty()) {
      readHead();
    }
    while (!has(part)) {
      assertThat(readPiece()).as("more than " + body).isTrue();
    }
  }

  /** Reads what is left of the answer. */
  Answer readAnswer() throws Exception {
    answer = read();
    if (answer.complete()) {
      holdAtTheEnd = gateway.ledger(project()).hold();
    }
    return answer;
  }

  private Answer read() throws IOException {
    boolean complete = false;
    try {
      while (readPiece()) {
        // Goes on to the end.
      }
      complete = true;
    } catch (SocketTimeoutException e) {
      throw new AssertionError("neither more nor an end after: " + head + body, e);
    } catch (IOException e) {
      // The connection was closed.
    }
    return head.isEmpty() ? Answer.NONE : Answer.of(head, body.toString(ISO_8859_1), complete);
  }

  /**
   * Reads a byte of a body with a length, or a chunk.
   *
   * @return false at the end of the body
   * @throws IOException if the connection ends before
   */
  boolean readPiece() throws IOException {
    if (head.isEmpty()) {
      readHead();
    }
    Matcher length = CONTENT_LENGTH.matcher(head);
    if (length.find()) {
      boolean more = body.size() < Integer.parseInt(length.group(1));
      readBytes(more ? 1 : 0);
      return more;
    }
    assertThat(head.toLowerCase(Locale.ROOT)).contains("transfer-encoding: chunked");
    if (chunkRead) {
      // Read late, because a chunk's end may come with the next chunk.
      client.readUntil("\r\n");
    }
    chunkRead = true;
    int bytes = Integer.parseInt(client.readUntil("\r\n").trim(), 16);
    readBytes(bytes);
    if (bytes == 0) {
      client.readUntil("\r\n");
    }
    return bytes > 0;
  }

  private void readBytes(int bytes) throws IOException {
    byte[] read = client.read(bytes);
    body.writeBytes(read);
    if (read.length < bytes) {
      throw new IOException("the connection ended");
    }
  }

  /** What was read; empty if the client has left. */
  Optional<Answer> answer() {
    if (answer == null) {
      assertThat(left).as("the answer was read, or the client has left").isTrue();
    }
    return Optional.ofNullable(answer);
  }

  /** The state of the hold when the client had the whole answer. */
  String holdAtTheEnd() {
    return holdAtTheEnd;
  }

  /** The id in the head of the answer; empty if it has none. */
  String requestId() {
    Matcher id = REQUEST_ID.matcher(head);
    return id.find() ? id.group(1) : "";
  }
}
