package dev.tollgate.gateway.jetty;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.ErrorCode;
import org.eclipse.jetty.http2.HTTP2Session;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.frames.DataFrame;
import org.eclipse.jetty.http2.frames.GoAwayFrame;
import org.eclipse.jetty.http2.frames.HeadersFrame;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.http2.frames.SettingsFrame;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/** One HTTP/2 connection of a client, frame by frame. */
final class Http2Connection implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 10;

  private final HTTP2Client client = new HTTP2Client();
  private final Session session;
  private final CompletableFuture<Map<Integer, Integer>> settings = new CompletableFuture<>();
  private final BlockingQueue<GoAwayFrame> goAways = new LinkedBlockingQueue<>();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();

  /** In clear text, without asking by HTTP/1.1 first. */
  Http2Connection(int port) throws Exception {
    this(port, null);
  }

  /**
   * @param tls null: clear text
   */
  Http2Connection(int port, SslContextFactory.Client tls) throws Exception {
    client.start();
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    session = client.connect(tls, address, new Events()).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    // Jetty's client counts the server's window twice for a stream that begins while it is told of
    // it, and sends more than it may.
    settings();
  }

  private final class Events implements Session.Listener {
    @Override
    public void onSettings(Session session, SettingsFrame frame) {
      settings.complete(frame.getSettings());
    }

    @Override
    public void onGoAway(Session session, GoAwayFrame frame) {
      goAways.add(frame);
    }

    @Override
    public void onClose(Session session, GoAwayFrame frame, Callback callback) {
      closed.complete(null);
      callback.succeeded();
    }

    @Override
    public void onFailure(Session session, Throwable failure, Callback callback) {
      closed.complete(null);
      callback.succeeded();
    }
  }

  /** What the server said first. */
  Map<Integer, Integer> settings() throws Exception {
    return settings.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /** Sends headers of any size from now on, whatever the server said. */
  void ignoreHeaderLimit() throws Exception {
    settings();
    ((HTTP2Session) session).getGenerator().getHpackEncoder().setMaxHeaderListSize(1 << 20);
  }

  /** The next GOAWAY that came. */
  GoAwayFrame awaitGoAway() throws InterruptedException {
    GoAwayFrame frame = goAways.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    return Objects.requireNonNull(frame, "no GOAWAY came");
  }

  void awaitClosed() throws Exception {
    closed.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  Exchanged get(String path, String... headers) throws Exception {
    return open("GET", path, null, true, headers);
  }

  Exchanged post(String path, byte[] body, String... headers) throws Exception {
    return open("POST", path, body, true, headers);
  }

  /** A post whose answer is taken only as far as the first window goes. */
  Exchanged postWithoutReading(String path, byte[] body, String... headers) throws Exception {
    return open("POST", path, body, false, headers);
  }

  /** A post of whose body the end never comes. */
  Exchanged postHalf(String path, String... headers) throws Exception {
    Exchanged exchanged = open("POST", path, null, true, false, headers);
    exchanged.stream.data(
        new DataFrame(exchanged.stream.getId(), ByteBuffer.wrap(new byte[] {'{'}), false),
        Callback.NOOP);
    return exchanged;
  }

  private Exchanged open(
      String method, String path, byte[] body, boolean reading, String... headers)
      throws Exception {
    return open(method, path, body, reading, body == null, headers);
  }

  private Exchanged open(
      String method,
      String path,
      byte[] body,
      boolean reading,
      boolean endsWithHeaders,
      String... headers)
      throws Exception {
    HttpFields.Mutable fields = HttpFields.build();
    for (int i = 0; i < headers.length; i += 2) {
      fields.add(headers[i], headers[i + 1]);
    }
    MetaData.Request request =
        new MetaData.Request(
            method, HttpURI.from("http://localhost" + path), HttpVersion.HTTP_2, fields, -1);
    Exchanged exchanged = new Exchanged(reading);
    exchanged.stream =
        session
            .newStream(new HeadersFrame(request, null, endsWithHeaders), exchanged)
            .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (body != null) {
      exchanged.stream.data(
          new DataFrame(exchanged.stream.getId(), ByteBuffer.wrap(body), true), Callback.NOOP);
    }
    return exchanged;
  }

  /** Ends the connection as a process that is killed does: no frame says so. */
  void drop() {
    ((HTTP2Session) session).getEndPoint().close();
  }

  /** Says that it will ask for nothing more. */
  void sayGoodbye() throws Exception {
    Callback.Completable said = new Callback.Completable();
    session.close(ErrorCode.NO_ERROR.code, "bye", said);
    said.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public void close() throws Exception {
    client.stop();
  }

  /** One stream: a request was sent, its answer is taken. */
  static final class Exchanged implements Stream.Listener {
    private static final Object END = new Object();

    private final boolean reading;
    private final BlockingQueue<Object> events = new LinkedBlockingQueue<>();
    private final ByteArrayOutputStream taken = new ByteArrayOutputStream();
    private volatile Stream stream;

    private Exchanged(boolean reading) {
      this.reading = reading;
    }

    @Override
    public void onHeaders(Stream stream, HeadersFrame frame) {
      events.add(frame.getMetaData());
      if (frame.isEndStream()) {
        events.add(END);
      } else if (reading) {
        stream.demand();
      }
    }

    @Override
    public void onDataAvailable(Stream stream) {
      Stream.Data data = stream.readData();
      if (data == null) {
        stream.demand();
        return;
      }
      byte[] bytes = new byte[data.frame().remaining()];
      data.frame().getByteBuffer().get(bytes);
      boolean last = data.frame().isEndStream();
      data.release();
      events.add(bytes);
      if (last) {
        events.add(END);
      } else {
        stream.demand();
      }
    }

    @Override
    public void onReset(Stream stream, ResetFrame frame, Callback callback) {
      events.add(frame);
      callback.succeeded();
    }

    @Override
    public void onFailure(
        Stream stream, int error, String reason, Throwable failure, Callback callback) {
      events.add(new ResetFrame(stream.getId(), error));
      callback.succeeded();
    }

    private Object next() throws IOException, InterruptedException {
      Object event = events.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (event == null) {
        throw new IOException("nothing came after: " + taken);
      }
      if (event instanceof ResetFrame reset) {
        throw new ResetException(reset.getError());
      }
      return event;
    }

    /** Status and headers. */
    MetaData.Response head() throws IOException, InterruptedException {
      return (MetaData.Response) next();
    }

    /** All of the body that comes up to and with {@code end}. */
    String readUntil(String end) throws IOException, InterruptedException {
      while (!taken.toString(StandardCharsets.UTF_8).endsWith(end)) {
        Object event = next();
        if (event == END) {
          throw new IOException("ended after: " + taken);
        }
        taken.writeBytes((byte[]) event);
      }
      return taken.toString(StandardCharsets.UTF_8);
    }

    /** All of the body, to its end in order. */
    byte[] readToEnd() throws IOException, InterruptedException {
      for (Object event = next(); event != END; event = next()) {
        taken.writeBytes((byte[]) event);
      }
      return taken.toByteArray();
    }

    /** Takes back the request. */
    void reset() {
      stream.reset(
          new ResetFrame(stream.getId(), ErrorCode.CANCEL_STREAM_ERROR.code), Callback.NOOP);
    }

    /** Begins to take the body. */
    void demand() {
      stream.demand();
    }
  }

  /** The server has reset the stream. */
  static final class ResetException extends IOException {
    private static final long serialVersionUID = 1L;

    ResetException(int code) {
      super("reset: " + ErrorCode.from(code));
    }
  }
}
