package dev.tollgate.gateway.upstream;

import dev.tollgate.gateway.threads.OwnThreads;
import java.util.List;
import org.eclipse.jetty.client.AbstractConnectionPool;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.ProtocolHandler;
import org.eclipse.jetty.client.ProtocolHandlers;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.http.HttpCookieStore;
import org.eclipse.jetty.io.ArrayByteBufferPool;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.util.thread.Invocable.InvocationType;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * Jetty's {@code HttpClient}, reduced to a plain pipe: no redirects, cookies, authentication,
 * decoding or headers of its own.
 */
final class PlainHttpClient {
  // The threads run no blocking code, except the DNS look-up of the upstream's name.
  private static final int MIN_MAX_THREADS = 32;
  private static final int THREADS_PER_PROCESSOR = 4;
  private static final int MAX_RESPONSE_HEADER_BYTES = 64 << 10;

  /** Kept small: Jetty holds the last event's buffer for as long as a stream is silent. */
  private static final int RESPONSE_BUFFER_BYTES = 4 << 10;

  private PlainHttpClient() {}

  /**
   * Starts a client.
   *
   * @throws IllegalStateException if it cannot be started
   */
  static HttpClient start(UpstreamOptions options, OwnThreads own) {
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
}
