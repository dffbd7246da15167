package dev.tollgate.gateway.testkit;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * An upstream over plain sockets, or TLS on them: it reads requests as they are and answers with
 * the very bytes of a script, so that a test can send what no HTTP server would.
 */
public final class ScriptedUpstream implements AutoCloseable {
  /** What is done with one request. When it returns, the connection waits for the next one. */
  public interface Script {
    void play(Received request, Connection connection) throws Exception;
  }

  /** A request as it came. Header lines are {@code Name: value}, in order. */
  public record Received(String method, String target, List<String> headers, byte[] body) {
    /** The values of a header. */
    public List<String> values(String name) {
      String prefix = name.toLowerCase(java.util.Locale.ROOT) + ":";
      return headers.stream()
          .filter(line -> line.toLowerCase(java.util.Locale.ROOT).startsWith(prefix))
          .map(line -> line.substring(prefix.length()).trim())
          .toList();
    }
  }

  /** The upstream's side of a connection. */
  public static final class Connection {
    private final Socket socket;
    // The same, but where the other one speaks TLS on it.
    private final Socket wire;
    private final CompletableFuture<Void> over = new CompletableFuture<>();
    private volatile boolean ended;

    Connection(Socket socket, Socket wire) {
      this.socket = socket;
      this.wire = wire;
    }

    /** Completes when nothing more can come on it, whichever side has ended it. */
    public CompletableFuture<Void> over() {
      return over;
    }

    /** Whether a script has ended it. */
    public boolean isEnded() {
      return ended;
    }

    public Connection write(String text) throws IOException {
      return write(text.getBytes(StandardCharsets.UTF_8));
    }

    public Connection write(byte[] bytes) throws IOException {
      // Once: the other side may close the connection as soon as it has the bytes.
      OutputStream out = socket.getOutputStream();
      out.write(bytes);
      out.flush();
      return this;
    }

    /** A chunk of a chunked body. */
    public Connection chunk(String text) throws IOException {
      return chunk(text.getBytes(StandardCharsets.UTF_8));
    }

    /** A chunk of a chunked body. */
    public Connection chunk(byte[] bytes) throws IOException {
      ByteArrayOutputStream framed = new ByteArrayOutputStream();
      framed.writeBytes(
          (Integer.toHexString(bytes.length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
      framed.writeBytes(bytes);
      framed.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
      return write(framed.toByteArray());
    }

    /** The end of a chunked body. */
    public Connection lastChunk() throws IOException {
      return write("0\r\n\r\n");
    }

    /** Ends the connection in order. */
    public void close() throws IOException {
      ended = true;
      socket.close();
    }

    /** Ends the connection by a TCP reset. */
    public void reset() throws IOException {
      ended = true;
      wire.setSoLinger(true, 0);
      wire.close();
    }

    /** Ends the connection in order, but TLS on it without close_notify. */
    public void cut() throws IOException {
      ended = true;
      wire.close();
    }

    /** Waits until the other side has closed; false if it has not within the limit. */
    public boolean awaitClosed(long limitMillis) throws IOException {
      socket.setSoTimeout((int) limitMillis);
      try {
        return socket.getInputStream().read() < 0;
      } catch (SocketTimeoutException e) {
        return false;
      } catch (IOException e) {
        return true;
      }
    }

    /** Pauses, and says whether the other side has closed meanwhile. It must not send anything. */
    public boolean closesWithin(long millis) throws IOException {
      try {
        return awaitClosed(millis);
      } finally {
        if (!socket.isClosed()) {
          socket.setSoTimeout(0);
        }
      }
    }

    /** How many bytes the system may hold back on this side. */
    public void setSendBuffer(int bytes) throws IOException {
      socket.setSendBufferSize(bytes);
    }
  }

  private final ServerSocket server;
  private final @Nullable SSLContext tls;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final BlockingQueue<Received> received = new LinkedBlockingQueue<>();
  private final AtomicInteger connections = new AtomicInteger();
  private final BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
  private static final Script EMPTY_LIST =
      (request, connection) -> connection.write(json(200, "{\"data\":[]}"));

  private volatile Script script = EMPTY_LIST;
  private volatile boolean readsBodies = true;

  private volatile Script background =
      (request, connection) -> connection.write(json(404, "{\"error\":{\"code\":404}}"));

  public ScriptedUpstream() {
    this(0);
  }

  /**
   * @param port where it is; 0: at any that is free
   */
  public ScriptedUpstream(int port) {
    this(port, null);
  }

  private ScriptedUpstream(int port, @Nullable SSLContext tls) {
    this.tls = tls;
    try {
      server = new ServerSocket(port, 200, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    threads.execute(this::accept);
  }

  /** One that speaks TLS, under the name of localhost. */
  public static ScriptedUpstream overTls(SSLContext context) {
    return new ScriptedUpstream(0, context);
  }

  /** A whole JSON answer. */
  public static String json(int status, String body) {
    return "HTTP/1.1 "
        + status
        + " X\r\nContent-Type: application/json\r\nContent-Length: "
        + body.getBytes(StandardCharsets.UTF_8).length
        + "\r\n\r\n"
        + body;
  }

  /** The head of an event stream. */
  public static String streamHead() {
    return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
        + "X-Generation-Id: gen-1\r\nTransfer-Encoding: chunked\r\n\r\n";
  }

  public URI baseUrl() {
    String origin = tls != null ? "https://localhost:" : "http://127.0.0.1:";
    return URI.create(origin + server.getLocalPort() + "/api/v1");
  }

  public boolean isClosed() {
    return server.isClosed();
  }

  /** What is done with what the gateway asks on its own behalf; 404 without it. */
  public void background(Script next) {
    background = next;
  }

  public void script(Script next) {
    script = next;
  }

  /**
   * Whether a script is played when the request is here, which is the rule, or as soon as its head
   * is. Then nobody ever reads the body, and the script has to end the connection.
   */
  public void setReadsBodies(boolean reads) {
    readsBodies = reads;
  }

  /** The next request that came, within 10 s. */
  public Received take() throws InterruptedException {
    Received next = received.poll(10, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("no request came");
    }
    return next;
  }

  /** How many requests came and were not taken. */
  public int waiting() {
    return received.size();
  }

  /** Forgets the requests that came and were not taken. */
  public void forget() {
    received.clear();
  }

  /** Forgets what came and what it was told to do, for the next test on the same gateway. */
  public void reset() {
    script = EMPTY_LIST;
    readsBodies = true;
    failures.clear();
    forget();
  }

  public int connections() {
    return connections.get();
  }

  /** What went wrong in scripts, but for broken connections. */
  public BlockingQueue<Throwable> failures() {
    return failures;
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = server.accept();
        socket.setTcpNoDelay(true);
        sockets.add(socket);
        connections.incrementAndGet();
        threads.execute(() -> serve(socket));
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  private Socket withTls(Socket wire) throws IOException {
    if (tls == null) {
      return wire;
    }
    SSLSocket socket =
        (SSLSocket) tls.getSocketFactory().createSocket(wire, null, wire.getPort(), true);
    socket.setUseClientMode(false);
    return socket;
  }

  private void serve(Socket wire) {
    try (Socket socket = withTls(wire)) {
      serve(socket, new Connection(socket, wire));
    } catch (IOException e) {
      // The other side went away, or a test wants it so.
    } finally {
      sockets.remove(wire);
    }
  }

  private void serve(Socket socket, Connection connection) {
    try {
      InputStream in = new BufferedInputStream(socket.getInputStream());
      Received request = read(in);
      while (request != null) {
        if (request.values("User-Agent").contains("tollgate")) {
          background.play(request, connection);
        } else {
          received.add(request);
          script.play(request, connection);
        }
        request = socket.isClosed() ? null : read(in);
      }
    } catch (IOException e) {
      // Likewise.
    } catch (InterruptedException e) {
      // Closed in the middle of a script.
    } catch (Exception | AssertionError e) {
      failures.add(e);
    } finally {
      connection.over.complete(null);
    }
  }

  private Received read(InputStream in) throws IOException {
    String line = line(in);
    if (line == null) {
      return null;
    }
    String[] parts = line.split(" ", -1);
    List<String> headers = new ArrayList<>();
    long length = 0;
    boolean chunked = false;
    for (String header = line(in); header != null && !header.isEmpty(); header = line(in)) {
      headers.add(header);
      String lower = header.toLowerCase(java.util.Locale.ROOT);
      if (lower.startsWith("content-length:")) {
        length = Long.parseLong(lower.substring(15).trim());
      }
      chunked |= lower.startsWith("transfer-encoding:") && lower.contains("chunked");
    }
    byte[] body = readsBodies ? body(in, chunked, length) : new byte[0];
    return new Received(parts[0], parts[1], headers, body);
  }

  private static byte[] body(InputStream in, boolean chunked, long length) throws IOException {
    byte[] body = chunked ? chunks(in) : in.readNBytes((int) length);
    if (!chunked && body.length < length) {
      throw new EOFException("half a request");
    }
    return body;
  }

  private static byte[] chunks(InputStream in) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    while (true) {
      int size = Integer.parseInt(String.valueOf(line(in)).trim(), 16);
      body.writeBytes(in.readNBytes(size));
      line(in);
      if (size == 0) {
        return body.toByteArray();
      }
    }
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    int b = in.read();
    if (b < 0) {
      return null;
    }
    for (; b >= 0 && b != '\n'; b = in.read()) {
      line.write(b);
    }
    return line.toString(StandardCharsets.ISO_8859_1).replaceAll("\r$", "");
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : sockets) {
      socket.close();
    }
    threads.shutdownNow();
  }
}
