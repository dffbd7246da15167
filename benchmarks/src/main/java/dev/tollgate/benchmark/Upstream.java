package dev.tollgate.benchmark;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Random;

/**
 * The upstream that everything measured calls: one thread, one selector. An event is one chunk and
 * one write, as providers send them; one that is late does not delay those after it.
 */
final class Upstream {
  private static final int BACKLOG = 4096;
  private static final int BUFFER_BYTES = 64 << 10;
  private static final long NANOS_PER_MILLI = 1_000_000;
  private static final byte[] LAST_CHUNK = Answers.ascii("0\r\n\r\n");
  private static final byte[] COMMENT = Answers.chunk(Answers.COMMENT);
  private static final byte[] EVENT = Answers.chunk(Answers.EVENT);
  private static final byte[] USAGE_EVENT = Answers.chunk(Answers.USAGE_EVENT);
  private static final byte[] DONE = Answers.chunk(Answers.DONE);
  private static final int TIME_AT =
      EVENT.length - Answers.EVENT.length - "\r\n".length() + Answers.TIME_AT;

  private final Selector selector = Selector.open();
  private final ServerSocketChannel server = ServerSocketChannel.open();
  private final ByteBuffer input = ByteBuffer.allocateDirect(BUFFER_BYTES);
  private final ByteBuffer output = ByteBuffer.allocateDirect(BUFFER_BYTES);
  private final PriorityQueue<Connection> waiting =
      new PriorityQueue<>(Comparator.comparingLong((Connection each) -> each.dueNanos));
  // Streams that begin together do not tick together; the same in every run.
  private final Random phases = new Random(1);
  private long answers;
  private long events;

  private Upstream() throws IOException {
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG);
    server.configureBlocking(false);
    var unused = server.register(selector, SelectionKey.OP_ACCEPT);
  }

  /** Serves until the process is ended; what it prints is its port. */
  public static void main(String[] args) throws IOException {
    Upstream upstream = new Upstream();
    System.out.println(upstream.server.socket().getLocalPort());
    upstream.serve();
  }

  private void serve() throws IOException {
    while (true) {
      var unused = selector.select(this::handle, waitMillis());
      long now = System.nanoTime();
      for (Connection due = waiting.peek();
          due != null && due.dueNanos <= now;
          due = waiting.peek()) {
        waiting.remove();
        due.advance();
      }
    }
  }

  /** 0 waits for as long as it takes. */
  private long waitMillis() {
    Connection next = waiting.peek();
    return next == null ? 0 : Math.max(1, (next.dueNanos - System.nanoTime()) / NANOS_PER_MILLI);
  }

  private void handle(SelectionKey key) {
    try {
      if (key.isAcceptable()) {
        accept();
      } else if (key.attachment() instanceof Connection connection) {
        connection.ready(key.isReadable());
      }
    } catch (CancelledKeyException e) {
      // Closed a moment ago.
    } catch (IOException e) {
      throw new IllegalStateException("cannot accept", e);
    }
  }

  private void accept() throws IOException {
    for (SocketChannel channel = server.accept(); channel != null; channel = server.accept()) {
      channel.configureBlocking(false);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
      key.attach(new Connection(channel, key));
    }
  }

  /** A connection, what it is answered with, and how far that is. */
  private final class Connection implements MessageReader.Listener {
    private final SocketChannel channel;
    private final SelectionKey key;
    private final MessageReader reader = new MessageReader(true, this);
    private final StringBuilder body = new StringBuilder();
    private String target = "";
    private byte[] unsent = new byte[0];
    private Shape shape = Shape.JSON;
    private boolean streaming;
    private int sent;
    private long dueNanos;

    Connection(SocketChannel channel, SelectionKey key) {
      this.channel = channel;
      this.key = key;
    }

    void ready(boolean readable) {
      try {
        if (unsent.length > 0) {
          byte[] rest = unsent;
          unsent = new byte[0];
          key.interestOps(SelectionKey.OP_READ);
          send(rest, rest.length);
          advance();
        }
        if (readable) {
          read();
        }
      } catch (IOException e) {
        // Who measures sees what became of the answer.
        close();
      }
    }

    private void read() throws IOException {
      input.clear();
      int count = channel.read(input);
      if (count < 0) {
        close();
        return;
      }
      reader.feed(input.flip());
    }

    private void close() {
      streaming = false;
      try {
        channel.close();
      } catch (IOException e) {
        throw new IllegalStateException("cannot close", e);
      }
    }

    @Override
    public void onHead(String head) {
      target = head.substring(head.indexOf(' ') + 1, head.indexOf(" HTTP/"));
      body.setLength(0);
    }

    @Override
    public void onBody(ByteBuffer piece) {
      body.append(StandardCharsets.ISO_8859_1.decode(piece));
    }

    @Override
    public void onEnd() throws ProtocolException {
      try {
        answer();
      } catch (IOException e) {
        close();
      }
    }

    private void answer() throws IOException {
      if (target.endsWith("/stats")) {
        document(Answers.ascii("{\"answers\":" + answers + ",\"events\":" + events + "}"));
        return;
      }
      if (target.contains("/generation?")) {
        document(Answers.COST);
        return;
      }
      if (target.endsWith("/key") || target.endsWith("/credits")) {
        // The gateway asks whether its own key is valid.
        document(Answers.NO_LIMIT);
        return;
      }
      shape = target.endsWith("/models") ? Shape.MODELS : asked();
      if (shape != Shape.MODELS) {
        // Which the gateway asks for by itself, too.
        answers++;
      }
      if (shape.isStream()) {
        stream();
      } else {
        byte[] answer = Answers.document(shape).clone();
        if (shape == Shape.WRONG) {
          answer[answer.length / 2] ^= 1;
        }
        document(answer);
      }
    }

    private Shape asked() throws ProtocolException {
      return Shape.of(body.toString())
          .orElseThrow(() -> new ProtocolException("no shape of answer for " + target));
    }

    private void document(byte[] answer) throws IOException {
      byte[] head = Answers.head("application/json", "Content-Length: " + answer.length);
      output.clear().put(head).put(answer);
      flush();
    }

    private void stream() throws IOException {
      streaming = true;
      sent = 0;
      output.clear().put(Answers.head("text/event-stream", "Transfer-Encoding: chunked"));
      output.put(COMMENT);
      long interval = shape.intervalMillis() * NANOS_PER_MILLI;
      dueNanos = System.nanoTime() + (long) (phases.nextDouble() * interval);
      flush();
      advance();
    }

    /** Sends what is due, or until the client takes no more. */
    void advance() {
      try {
        while (streaming && unsent.length == 0) {
          if (sent < shape.events() && System.nanoTime() < dueNanos) {
            waiting.add(this);
            return;
          }
          next();
        }
      } catch (IOException e) {
        close();
      }
    }

    private void next() throws IOException {
      if (sent < shape.events()) {
        sent++;
        dueNanos += shape.intervalMillis() * NANOS_PER_MILLI;
        if (shape != Shape.SHORT || sent > 1) {
          events++;
          sendEvent();
        }
        return;
      }
      streaming = false;
      output.clear().put(USAGE_EVENT);
      flush();
      output.clear().put(DONE);
      flush();
      output.clear().put(LAST_CHUNK);
      flush();
    }

    private void sendEvent() throws IOException {
      long time = System.nanoTime();
      output.clear().put(EVENT);
      for (int i = Answers.TIME_DIGITS - 1; i >= 0; i--) {
        output.put(TIME_AT + i, (byte) ('0' + time % 10));
        time /= 10;
      }
      flush();
    }

    private void flush() throws IOException {
      output.flip();
      if (unsent.length == 0) {
        var unused = channel.write(output);
      }
      if (output.hasRemaining()) {
        byte[] rest = Arrays.copyOf(unsent, unsent.length + output.remaining());
        output.get(rest, unsent.length, output.remaining());
        unsent = rest;
        key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
      }
    }

    private void send(byte[] bytes, int length) throws IOException {
      output.clear().put(bytes, 0, length);
      flush();
    }
  }
}
