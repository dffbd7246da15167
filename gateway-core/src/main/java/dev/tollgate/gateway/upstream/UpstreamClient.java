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
 * Calls the upstream by Jetty's {@code HttpClient}, changed to a plain pipe: no redirects, cookies,
 * authentication, decoding or headers of its own. Safe for use by many threads.
 */
public final class UpstreamClient implements AutoCloseable {
  private static final long SILENCE_MARGIN_MILLIS = 10_000;

  private final HttpClient http;
  private final long silenceMillis;
  private final OpenCalls calls;
  private volatile boolean closed;

  /** Hears of one call. The methods are called on a thread that must not be blocked. */
  public interface Listener {
    /** A connection is there, and the request on its way. Not called if there never is one. */
    void onSending();

    /** All of the request's body was taken; nothing here keeps it any more. */
    void onBodyTaken();

    /** The response headers are here. The body must be read from {@code content} to its end. */
    void onHeaders(UpstreamHead head, Content.Source content);

    /**
     * There will be no response headers. Called once, and not after {@link #onHeaders}. That there
     * was no room for the call is a {@link RejectedExecutionException}.
     *
     * @param sent whether the upstream may have got the request
     */
    void onFailure(Throwable failure, boolean sent);
  }

  /** A call, once. */
  public interface Call {
    /**
     * Sends it.
     *
     * @throws RejectedExecutionException if there is no room for it any more
     */
    void send();

    /** Closes its connection; a no-op when the call has ended. */
    void abort(Throwable cause);
  }

  /**
   * @throws IllegalStateException if the client cannot be started
   */
  public UpstreamClient(UpstreamOptions options, OwnThreads threads) {
    this.http = PlainHttpClient.start(options, threads);
    // Our own limits are finer.
    this.silenceMillis =
        Math.max(options.idleTimeout().toMillis(), options.headersTimeout().toMillis())
            + SILENCE_MARGIN_MILLIS;
    this.calls = new OpenCalls(options.maxConnections() + options.maxQueued());
  }

  /**
   * Whether another call would get a connection, or a place among those that wait for one. By the
   * time that it is sent there may be none any more: then it fails.
   */
  public boolean hasRoom() {
    return calls.hasRoom();
  }

  /**
   * Makes a call, to be sent.
   *
   * @param body null for a request without one; not to be changed afterwards
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
   * Asks something on the gateway's own behalf.
   *
   * @param key null: none is sent
   * @param maxBytes of an answer; a longer one fails
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

  /**
   * Whether {@link #close} was called: what fails from then on, the upstream is not to blame for.
   */
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
