package dev.tollgate.gateway.upstream;

import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.exchange.UpstreamRequest;
import dev.tollgate.gateway.http.Header;
import dev.tollgate.gateway.threads.OwnThreads;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.client.AbstractConnectionPool;
import org.eclipse.jetty.client.CompletableResponseListener;
import org.eclipse.jetty.client.ContentResponse;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.ProtocolHandler;
import org.eclipse.jetty.client.ProtocolHandlers;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.http.HttpCookieStore;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.ArrayByteBufferPool;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.thread.Invocable.InvocationType;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;

/**
 * Client for the upstream: Jetty's {@code HttpClient}, reduced to a plain pipe. It follows no
 * redirects, keeps no cookies, and does no authentication or decoding. It adds no {@code
 * User-Agent}, {@code Content-Type} or {@code Accept-Encoding} to a relayed request. Safe for use
 * by many threads.
 */
public final class UpstreamClient implements AutoCloseable {
  // The threads run no blocking code, except the DNS look-up of the upstream's name.
  private static final int MIN_MAX_THREADS = 32;
  private static final int THREADS_PER_PROCESSOR = 4;
  private static final long SILENCE_MARGIN_MILLIS = 10_000;
  private static final int MAX_RESPONSE_HEADER_BYTES = 64 << 10;

  /** Kept small: Jetty holds the last event's buffer for as long as a stream is silent. */
  private static final int RESPONSE_BUFFER_BYTES = 4 << 10;

  private final HttpClient http;
  private final long silenceMillis;
  private final int maxCalls;
  // Calls that were sent and have not ended.
  private final AtomicInteger calls = new AtomicInteger();
  private volatile boolean closed;

  /**
   * Receives the events of one call. Its methods are called on a thread that must not be blocked.
   */
  public interface Listener {
    /**
     * A connection is open, and the request is being sent. Not called if no connection was made.
     */
    void onSending();

    /** The request's body was taken in full; the client keeps no reference to it. */
    void onBodyTaken();

    /** The response headers have arrived. The receiver must read {@code content} to its end. */
    void onHeaders(UpstreamHead head, Content.Source content);

    /**
     * The call failed before its response headers. Called once, and not after {@link #onHeaders}.
     * The failure is a {@link RejectedExecutionException} if there was no room for the call.
     *
     * @param sent whether the upstream may have received the request
     */
    void onFailure(Throwable failure, boolean sent);
  }

  /** A call that can be sent once. */
  public interface Call {
    /**
     * Sends the call.
     *
     * @throws RejectedExecutionException if there is no room for the call any more
     */
    void send();

    /** Closes the call's connection; no effect once the call has ended. */
    void abort(Throwable cause);
  }

  /**
   * @throws IllegalStateException if the client cannot be started
   */
  public UpstreamClient(UpstreamOptions options, OwnThreads threads) {
    this.http = start(options, threads);
    // The relay's own limits are shorter.
    this.silenceMillis =
        Math.max(options.idleTimeout().toMillis(), options.headersTimeout().toMillis())
            + SILENCE_MARGIN_MILLIS;
    this.maxCalls = options.maxConnections() + options.maxQueued();
  }

  private static HttpClient start(UpstreamOptions options, OwnThreads own) {
    int processors = Runtime.getRuntime().availableProcessors();
    QueuedThreadPool threads =
        new QueuedThreadPool(Math.max(MIN_MAX_THREADS, THREADS_PER_PROCESSOR * processors)) {
          @Override
          protected void runJob(Runnable job) {
            try {
              super.runJob(job);
            } catch (Error e) {
              own.died(getName(), e);
              throw e;
            }
          }
        };
    threads.setName("tollgate-upstream");
    threads.setDaemon(true);
    ClientConnector connector = new UpstreamConnector();
    connector.setSelectors(Math.max(1, processors / 2));
    HttpClientTransportOverHTTP transport = new HttpClientTransportOverHTTP(connector);
    HttpClient http = new HttpClient(transport);
    http.setExecutor(threads);
    http.setConnectTimeout(options.connectTimeout().toMillis());
    // For unused connections. Each call sets its own idle timeout.
    http.setIdleTimeout(options.keepAliveTimeout().toMillis());
    http.setMaxConnectionsPerDestination(options.maxConnections());
    transport.setConnectionPoolFactory(
        destination ->
            new AbstractConnectionPool(
                destination, () -> new LastUsedFirstPool<>(options.maxConnections()), 1) {});
    // Jetty's queue also holds calls whose connection is being opened. send() counts and limits the
    // calls itself.
    http.setMaxRequestsQueuedPerDestination(options.maxConnections() + options.maxQueued());
    http.setResponseBufferSize(RESPONSE_BUFFER_BYTES);
    http.setMaxResponseHeadersSize(MAX_RESPONSE_HEADER_BYTES);
    http.setHttpCookieStore(new HttpCookieStore.Empty());
    http.setUserAgentField(null);
    http.setDefaultRequestContentType(null);
    http.setFollowRedirects(false);
    // Servlet 6.0 writes byte arrays, so a heap buffer saves a copy.
    http.setUseInputDirectByteBuffers(false);
    http.setByteBufferPool(new InputBuffers(new ArrayByteBufferPool()));
    try {
      transport.setInvocationType(InvocationType.NON_BLOCKING);
    } catch (NoSuchMethodError e) {
      // Jetty 12.0 lacks the method: each callback takes a pool thread, which is slower but
      // correct.
    }
    try {
      http.start();
    } catch (Exception e) {
      throw new IllegalStateException("cannot start the upstream client", e);
    }
    // After start(), which installs both. With them removed, a 401 or a gzip body passes unchanged.
    http.getContentDecoderFactories().clear();
    ProtocolHandlers handlers = http.getProtocolHandlers();
    for (String name : List.of("redirect", "www-authenticate", "proxy-authenticate", "upgrade")) {
      handlers.remove(name);
    }
    for (String name : List.of("continue", "processing", "early-hints")) {
      ProtocolHandler handler = handlers.remove(name);
      if (handler != null) {
        handlers.put(new InterimLimit(handler));
      }
    }
    return http;
  }

  /**
   * Whether another call would get a connection or a place in the queue for one. The room may be
   * gone by the time the call is sent; the call then fails.
   */
  public boolean hasRoom() {
    return calls.get() < maxCalls;
  }

  /**
   * Creates a call, to be sent later.
   *
   * @param body null for a request without a body; must not be changed afterwards
   */
  public Call newCall(UpstreamRequest request, byte @Nullable [] body, Listener listener) {
    Request call =
        http.newRequest(request.uri())
            .method(request.method())
            .idleTimeout(silenceMillis, TimeUnit.MILLISECONDS);
    call.headers(
        headers -> {
          for (Header header : request.headers()) {
            headers.add(header.name(), header.value());
          }
        });
    if (body != null) {
      call.body(new UntypedContent(body, listener));
    }
    JettyCall made = new JettyCall(call, request.uri().getScheme().equals("https"), listener, this);
    call.onRequestBegin(ignored -> made.onBegin());
    call.onRequestCommit(ignored -> made.committed = true);
    return made;
  }

  /**
   * Sends a GET request on the gateway's own behalf.
   *
   * @param key null: none is sent
   * @param maxBytes greatest length of the answer; a longer answer fails the call
   * @return completes on a thread that must not be blocked
   */
  CompletableFuture<ContentResponse> get(
      URI uri, @Nullable Secret key, Duration timeout, int maxBytes) {
    Request call =
        http.newRequest(uri)
            .timeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
            .idleTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
            .headers(headers -> headers.add("User-Agent", "tollgate"));
    if (key != null) {
      call.headers(headers -> headers.add("Authorization", "Bearer " + key.reveal()));
    }
    return new CompletableResponseListener(call, maxBytes).send();
  }

  /** Whether {@link #close} was called. From then on, a failed call is not the upstream's fault. */
  public boolean isClosed() {
    return closed;
  }

  @Override
  public void close() {
    closed = true;
    try {
      http.stop();
    } catch (Exception e) {
      throw new IllegalStateException("cannot stop the upstream client", e);
    }
  }

  /** One call. It reports either the headers or a failure, whichever comes first, once. */
  private static final class JettyCall
      implements Call, Response.ContentSourceListener, Response.CompleteListener {
    private final Request call;
    private final boolean secure;
    private final Listener listener;
    private final UpstreamClient client;
    private final AtomicBoolean told = new AtomicBoolean();
    private volatile boolean begun;
    private volatile boolean committed;

    JettyCall(Request call, boolean secure, Listener listener, UpstreamClient client) {
      this.call = call;
      this.secure = secure;
      this.listener = listener;
      this.client = client;
    }

    void onBegin() {
      begun = true;
      listener.onSending();
    }

    @Override
    public void send() {
      if (client.calls.incrementAndGet() > client.maxCalls) {
        client.calls.decrementAndGet();
        throw new RejectedExecutionException("as many calls are open as may be");
      }
      // Jetty recognises the content listener by its type. Registering it a second time would make
      // it wait for itself.
      try {
        call.send(this);
      } catch (RuntimeException e) {
        // Jetty will not call onComplete for this call.
        client.calls.decrementAndGet();
        throw e;
      }
    }

    @Override
    public void onContentSource(Response response, Content.Source content) {
      if (isInterim(response.getStatus()) || !told.compareAndSet(false, true)) {
        // Jetty reports an interim response here only if the call fails after it.
        return;
      }
      List<Header> headers = new ArrayList<>();
      for (HttpField field : response.getHeaders()) {
        String value = field.getValue();
        headers.add(new Header(field.getName(), value == null ? "" : value));
      }
      listener.onHeaders(new UpstreamHead(response.getStatus(), headers), content);
    }

    @Override
    public void onComplete(Result result) {
      client.calls.decrementAndGet();
      // After the headers, the failure is read from the content instead.
      if (result.isFailed() && told.compareAndSet(false, true)) {
        Throwable failure = result.getFailure();
        // A request may begin before the TLS handshake is done. Over TLS it counts as sent once its
        // first bytes are.
        boolean sent = committed || (begun && !secure);
        listener.onFailure(failure, sent);
      }
    }

    private static boolean isInterim(int status) {
      return status < HttpStatus.OK_200 && status != HttpStatus.SWITCHING_PROTOCOLS_101;
    }

    @Override
    public void abort(Throwable cause) {
      // The result says only whether there was anything left to abort.
      var unused = call.abort(cause);
    }
  }

  /**
   * Request body without a content type, so Jetty adds no {@code Content-Type} header; the
   * request's own headers carry one if needed. The body is sent in pieces and its reference is
   * dropped once it is taken. Jetty keeps the request, and the last piece of each connection, until
   * the response is over.
   */
  private static final class UntypedContent implements Request.Content {
    private static final int PIECE_BYTES = 16 << 10;

    private final long length;
    private final Listener listener;
    // Owned by the sending thread; one thread sends at a time.
    private byte @Nullable [] left;
    private int sent;

    UntypedContent(byte[] body, Listener listener) {
      this.listener = listener;
      this.length = body.length;
      this.left = body;
    }

    @Override
    public @Nullable String getContentType() {
      return null;
    }

    @Override
    public long getLength() {
      return length;
    }

    @Override
    public Content.Chunk read() {
      byte[] body = left;
      if (body == null) {
        return Content.Chunk.EOF;
      }
      int end = Math.min(body.length, sent + PIECE_BYTES);
      byte[] piece = body.length <= PIECE_BYTES ? body : Arrays.copyOfRange(body, sent, end);
      sent = end;
      if (end == body.length) {
        left = null;
        listener.onBodyTaken();
      }
      return Content.Chunk.from(ByteBuffer.wrap(piece), left == null);
    }

    @Override
    public void demand(Runnable callback) {
      callback.run();
    }

    @Override
    public void fail(Throwable failure) {
      left = null;
    }
  }
}
