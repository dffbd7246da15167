package dev.tollgate.gateway.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Streams by the thousand, each with its client and its upstream, on two threads: an upstream that
 * begins a stream and then is silent, and clients that read the beginning. Whoever asks the
 * upstream for no stream gets a whole answer. Requests are small: each comes in one piece.
 */
final class Crowd implements AutoCloseable {
  private static final byte[] BEGINNING =
      ("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Generation-Id: gen-1\r\n"
              + "Transfer-Encoding: chunked\r\n\r\n18\r\n: OPENROUTER PROCESSING\n\r\n")
          .getBytes(StandardCharsets.US_ASCII);

  private static final byte[] WHOLE =
      ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 37\r\n\r\n"
              + "{\"id\":\"gen-2\",\"usage\":{\"cost\":0.001}}")
          .getBytes(StandardCharsets.US_ASCII);

  private final Selector upstreams;
  private final Selector clients;
  private final ServerSocketChannel listener;

  Crowd() throws IOException {
    upstreams = Selector.open();
    clients = Selector.open();
    listener = ServerSocketChannel.open();
    listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1024);
    listener.configureBlocking(false);
    listener.register(upstreams, SelectionKey.OP_ACCEPT);
    start("crowd-upstream", this::answer);
  }

  private static void start(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }

  URI upstream() {
    return URI.create("http://127.0.0.1:" + listener.socket().getLocalPort() + "/api/v1");
  }

  private void answer() {
    ByteBuffer buffer = ByteBuffer.allocate(64 << 10);
    try {
      while (upstreams.isOpen()) {
        upstreams.select(
            key -> {
              try {
                if (key.isAcceptable()) {
                  SocketChannel accepted = listener.accept();
                  if (accepted != null) {
                    accepted.configureBlocking(false);
                    accepted.setOption(StandardSocketOptions.TCP_NODELAY, true);
                    accepted.register(upstreams, SelectionKey.OP_READ);
                  }
                } else if (read(key, buffer) > 0) {
                  String request =
                      new String(buffer.array(), 0, buffer.position(), StandardCharsets.US_ASCII);
                  byte[] answer = request.contains("\"stream\":true") ? BEGINNING : WHOLE;
                  ((SocketChannel) key.channel()).write(ByteBuffer.wrap(answer));
                }
              } catch (IOException e) {
                close(key);
              }
            });
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (ClosedSelectorException e) {
      // It is over.
    }
  }

  private static int read(SelectionKey key, ByteBuffer buffer) throws IOException {
    buffer.clear();
    int n = ((SocketChannel) key.channel()).read(buffer);
    if (n < 0) {
      close(key);
    }
    return n;
  }

  private static void close(SelectionKey key) {
    key.cancel();
    try {
      key.channel().close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Opens so many streams, and waits until each has begun. */
  void open(int port, String request, int streams) throws IOException, InterruptedException {
    CountDownLatch begun = new CountDownLatch(streams);
    start("crowd-clients", () -> watch(begun));
    byte[] bytes = request.getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i < streams; i++) {
      SocketChannel client =
          SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      client.write(ByteBuffer.wrap(bytes));
      client.configureBlocking(false);
      client.register(clients, SelectionKey.OP_READ);
      clients.wakeup();
    }
    if (!begun.await(120, TimeUnit.SECONDS)) {
      throw new AssertionError(begun.getCount() + " streams have not begun");
    }
  }

  private void watch(CountDownLatch begun) {
    ByteBuffer buffer = ByteBuffer.allocate(64 << 10);
    try {
      while (clients.isOpen()) {
        clients.select(
            key -> {
              try {
                if (read(key, buffer) > 0 && key.attachment() == null) {
                  key.attach(this);
                  begun.countDown();
                }
              } catch (IOException e) {
                close(key);
              }
            },
            100);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (ClosedSelectorException e) {
      // It is over.
    }
  }

  /** How many clients are still there. */
  int size() {
    return clients.keys().size();
  }

  @Override
  public void close() throws IOException {
    for (Selector selector : new Selector[] {clients, upstreams}) {
      for (SelectionKey key : selector.keys()) {
        key.channel().close();
      }
      selector.close();
    }
  }
}
