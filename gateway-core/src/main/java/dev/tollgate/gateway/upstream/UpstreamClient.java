package dev.tollgate.gateway.upstream;

import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.exchange.UpstreamRequest;
import dev.tollgate.gateway.http.Header;
import dev.tollgate.gateway.threads.OwnThreads;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.client.CompletableResponseListener;
import org.eclipse.jetty.client.ContentResponse;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/**
 * Client for the upstream: Jetty's {@code HttpClient}, reduced to a plain pipe. It follows no
 * redirects, keeps no cookies, and does no authentication or decoding. It adds no {@code
 * User-Agent}, {@code Content-Type} or {@code Accept-Encoding} to a relayed request. Safe for use
 * by many threads.
 */
public final class UpstreamClient implements AutoCloseable {
  private static final long SILENCE_MARGIN_MILLIS = 10_000;

  private final HttpClient http;
  private final long silenceMillis;
  private final OpenCalls calls;
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
    this.http = PlainHttpClient.start(options, threads);
    // The relay's own limits are shorter.
    this.silenceMillis =
        Math.max(options.idleTimeout().toMillis(), options.headersTimeout().toMillis())
            + SILENCE_MARGIN_MILLIS;
    this.calls = new OpenCalls(options.maxConnections() + options.maxQueued());
  }

  /**
   * Whether another call would get a connection or a place in the queue for one. The room may be
   * gone by the time the call is sent; the call then fails.
   */
  public boolean hasRoom() {
    return calls.hasRoom();
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
    JettyCall made =
        new JettyCall(call, request.uri().getScheme().equals("https"), listener, calls);
    call.onRequestBegin(ignored -> made.onBegin());
    call.onRequestCommit(ignored -> made.onCommit());
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
}
