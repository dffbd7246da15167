package dev.tollgate.benchmark;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests and checks every answer, on the calling thread and one selector. A connection
 * carries one request after the other, as a client's pool does. To be used by one thread, once.
 */
final class Load implements AutoCloseable {
  private static final long NANOS_PER_MILLI = 1_000_000;
  private static final long PATIENCE_NANOS = Duration.ofSeconds(30).toNanos();

  /** Longer than idle streams are silent. */
  private static final long STANDSTILL_NANOS = Duration.ofSeconds(10).toNanos();

  private final InetSocketAddress address;
  private final byte[] request;
  private final Shape shape;
  private final Selector selector = Selector.open();
  private final ByteBuffer input = ByteBuffer.allocateDirect(64 << 10);
  private final List<LoadConnection> connections = new ArrayList<>();
  private final Deque<LoadConnection> free = new ArrayDeque<>();
  private final Figures latencies = new Figures();
  private final Figures delays = new Figures();
  private boolean goesOn;
  private int busy;
  private int begun;
  private long answers;
  private long events;
  private long errors;
  private @Nullable String firstError;

  /**
   * What came of it. Times are in nanoseconds.
   *
   * @param latencies from when a request was due to the end of its answer
   * @param delays from when the upstream wrote an event to when it was read here
   */
  record Result(
      long answers,
      long events,
      long errors,
      @Nullable String firstError,
      long nanos,
      Figures latencies,
      Figures delays) {}

  /**
   * @param base of the routes, such as {@code http://127.0.0.1:8080/api/v1}
   * @param authorization empty: none is sent
   */
  Load(URI base, String authorization, Shape shape) throws IOException {
    this.address = new InetSocketAddress(base.getHost(), base.getPort());
    this.shape = shape;
    this.request = request(base, authorization, shape);
  }

  private static byte[] request(URI base, String authorization, Shape shape) {
    boolean post = shape != Shape.MODELS;
    byte[] body = post ? Answers.request(shape) : new byte[0];
    String path = base.getPath() + (post ? "/chat/completions" : "/models");
    byte[] head =
        Answers.ascii(
            (post ? "POST " : "GET ")
                + path
                + " HTTP/1.1\r\nHost: "
                + base.getAuthority()
                + "\r\nUser-Agent: bench\r\nAccept: */*\r\n"
                + (authorization.isEmpty() ? "" : "Authorization: " + authorization + "\r\n")
                + (post
                    ? "Content-Type: application/json\r\nContent-Length: " + body.length + "\r\n"
                    : "")
                + "\r\n");
    byte[] whole = Arrays.copyOf(head, head.length + body.length);
    System.arraycopy(body, 0, whole, head.length, body.length);
    return whole;
  }

  /** Keeps so many requests open, each followed by the next, then lets the open ones end. */
  Result closed(int clients, Duration time) throws IOException {
    return closed(clients, Long.MAX_VALUE, time);
  }

  /** The same, until there are so many answers, if that comes first. */
  Result closed(int clients, long enough, Duration time) throws IOException {
    long start = System.nanoTime();
    goesOn = true;
    for (int i = 0; i < clients; i++) {
      begin(System.nanoTime());
    }
    while (answers < enough && System.nanoTime() - start < time.toNanos()) {
      turn(start + time.toNanos());
    }
    goesOn = false;
    return finish(start);
  }

  /**
   * Begins a request each time one is due, however many are open: what is slow is not asked less.
   */
  Result rate(int perSecond, Duration time) throws IOException {
    long start = System.nanoTime();
    begin(start, (int) (perSecond * time.toSeconds()), perSecond);
    return finish(start);
  }

  /**
   * Opens streams that stay, and returns when an event of each has come, or none more does.
   *
   * @return how many have had an event
   */
  int open(int streams, int perSecond) throws IOException {
    begin(System.nanoTime(), streams, perSecond);
    int seen = begun;
    long end = System.nanoTime() + STANDSTILL_NANOS;
    while (begun < streams && errors == 0 && System.nanoTime() < end) {
      turn(System.nanoTime() + 10 * NANOS_PER_MILLI);
      if (begun > seen) {
        seen = begun;
        end = System.nanoTime() + STANDSTILL_NANOS;
      }
    }
    return begun;
  }

  /** What came of it until now. */
  Result result(long startNanos) {
    return new Result(
        answers, events, errors, firstError, System.nanoTime() - startNanos, latencies, delays);
  }

  private Result finish(long start) throws IOException {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (busy > 0 && System.nanoTime() < end) {
      turn(System.nanoTime() + 10 * NANOS_PER_MILLI);
    }
    if (busy > 0) {
      errors += busy;
      firstError = firstError == null ? busy + " answers did not come" : firstError;
    }
    return result(start);
  }

  /** Begins so many requests, each when it is due, and handles what comes until the next were. */
  private void begin(long startNanos, int count, int perSecond) throws IOException {
    long interval = Duration.ofSeconds(1).toNanos() / perSecond;
    long end = startNanos + count * interval;
    tick(startNanos, end, interval);
    long due = startNanos;
    while (due < end) {
      for (; due < end && due <= System.nanoTime(); due += interval) {
        begin(due);
      }
      turn(due);
    }
  }

  /** Wakes the selector, whose own clock knows milliseconds, whenever a request is due. */
  private void tick(long firstNanos, long endNanos, long intervalNanos) {
    Thread ticker =
        new Thread(
            () -> {
              for (long due = firstNanos; due < endNanos; due += intervalNanos) {
                for (long now = System.nanoTime(); now < due; now = System.nanoTime()) {
                  LockSupport.parkNanos(due - now);
                }
                selector.wakeup();
              }
            },
            "ticker");
    ticker.setDaemon(true);
    ticker.start();
  }

  /** Handles what is ready, or becomes so until then. */
  private void turn(long untilNanos) throws IOException {
    long millis = Math.max(1, (untilNanos - System.nanoTime()) / NANOS_PER_MILLI);
    var unused = selector.select(this::handle, millis);
  }

  private void handle(SelectionKey key) {
    if (key.attachment() instanceof LoadConnection connection) {
      connection.ready(key, input);
    }
  }

  private void begin(long dueNanos) throws IOException {
    LoadConnection connection = free.poll();
    busy++;
    if (connection == null) {
      connection = new LoadConnection(this, shape, request, delays);
      connections.add(connection);
      connection.open(address, selector, dueNanos);
    } else {
      connection.send(dueNanos);
    }
  }

  /** A broken connection is an error, and is replaced. */
  void onFailure(LoadConnection connection, IOException failure, boolean waited)
      throws IOException {
    errors++;
    if (firstError == null) {
      firstError = failure.toString();
    }
    free.remove(connection);
    if (waited) {
      busy--;
      if (goesOn) {
        begin(System.nanoTime());
      }
    }
  }

  /**
   * @param first whether the answer had no event before
   */
  void onEvents(int count, boolean first) {
    if (first) {
      begun++;
    }
    events += count;
  }

  void onAnswer(LoadConnection connection, long dueNanos) {
    answers++;
    long now = System.nanoTime();
    latencies.add(now - dueNanos);
    if (goesOn) {
      connection.send(now);
    } else {
      busy--;
      free.push(connection);
    }
  }

  @Override
  public void close() throws IOException {
    for (LoadConnection connection : connections) {
      connection.close();
    }
    selector.close();
  }
}
