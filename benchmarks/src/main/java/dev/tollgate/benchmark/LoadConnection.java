package dev.tollgate.benchmark;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/** Connection of a {@link Load}. It carries one request after the other and checks each answer. */
final class LoadConnection implements MessageReader.Listener, AutoCloseable {
  private final Load load;
  private final Shape shape;
  private final byte[] request;
  private final SocketChannel channel = SocketChannel.open();
  private final MessageReader reader = new MessageReader(false, this);
  private final AnswerCheck check;
  private long dueNanos;
  private int seen;
  private boolean waits;

  /**
   * @param delays see {@link Load.Result}
   */
  LoadConnection(Load load, Shape shape, byte[] request, Figures delays) throws IOException {
    this.load = load;
    this.shape = shape;
    this.request = request;
    this.check = new AnswerCheck(delays);
  }

  /** Connects, then sends the first request. */
  void open(InetSocketAddress address, Selector selector, long due) throws IOException {
    dueNanos = due;
    waits = true;
    channel.configureBlocking(false);
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    boolean connected = channel.connect(address);
    var unused =
        channel.register(
            selector, connected ? SelectionKey.OP_READ : SelectionKey.OP_CONNECT, this);
    if (connected) {
      send(due);
    }
  }

  void send(long due) {
    dueNanos = due;
    waits = true;
    seen = 0;
    try {
      check.begin(shape);
      ByteBuffer bytes = ByteBuffer.wrap(request);
      var unused = channel.write(bytes);
      if (bytes.hasRemaining()) {
        throw new IOException("half a KB does not fit into an empty socket");
      }
    } catch (IOException e) {
      fail(e);
    }
  }

  /**
   * Handles what the selector has found.
   *
   * @param input scratch space
   */
  void ready(SelectionKey key, ByteBuffer input) {
    try {
      if (key.isConnectable()) {
        if (!channel.finishConnect()) {
          throw new ConnectException();
        }
        key.interestOps(SelectionKey.OP_READ);
        send(dueNanos);
        return;
      }
      input.clear();
      if (channel.read(input) < 0) {
        throw new EOFException(waits ? "closed before the end" : "closed between two requests");
      }
      reader.feed(input.flip());
    } catch (IOException e) {
      fail(e);
    }
  }

  private void fail(IOException failure) {
    boolean waited = waits;
    waits = false;
    try {
      channel.close();
      load.onFailure(this, failure, waited);
    } catch (IOException e) {
      throw new IllegalStateException("cannot go on", e);
    }
  }

  @Override
  public void onHead(String head) throws ProtocolException {
    if (!head.startsWith("HTTP/1.1 200 ")) {
      throw new ProtocolException(head.substring(0, head.indexOf('\r')));
    }
    if (!waits) {
      throw new ProtocolException("an answer that nobody asked for");
    }
  }

  @Override
  public void onBody(ByteBuffer piece) throws ProtocolException {
    check.feed(piece);
    int now = check.events();
    load.onEvents(now - seen, seen == 0 && now > 0);
    seen = now;
  }

  @Override
  public void onEnd() throws ProtocolException {
    check.end();
    waits = false;
    load.onAnswer(this, dueNanos);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
