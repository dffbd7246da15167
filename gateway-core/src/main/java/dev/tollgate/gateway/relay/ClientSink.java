package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.exchange.Refusal;
import dev.tollgate.gateway.exchange.RefusalWriter;
import dev.tollgate.gateway.http.ResponseHeaders;
import dev.tollgate.gateway.http.ServletContainer;
import dev.tollgate.gateway.upstream.UpstreamHead;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Response to the client, as the relay writes it. The mailbox of the {@link Call} writes;
 * containers report a lost client on their own threads. Nothing is written after the loss of the
 * client, {@link #complete} or {@link #breakOff}, and only after {@code isReady()} returned true.
 */
final class ClientSink {
  private static final Logger LOG = System.getLogger(ClientSink.class.getName());

  /** How long the container may take to complete the response of a lost client. */
  private static final Duration MAX_ERROR_DELAY = Duration.ofSeconds(1);

  private static final long MAX_LEAVING_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final HttpServletResponse response;
  private final ServletOutputStream output;
  private final ScheduledExecutorService timer;
  private final ServletContainer container;
  private final ResponseEnd end;
  private boolean flushed;
  private boolean presumedLost;
  // Length of a refusal that is not declared yet; -1: none.
  private int lengthToDeclare = -1;
  private volatile boolean writable;
  private volatile @Nullable Throwable failure;
  // The thread that is inside the output.
  private volatile @Nullable Thread writer;

  ClientSink(AsyncContext async, ServletOutputStream output, ScheduledExecutorService timer) {
    this.response = (HttpServletResponse) async.getResponse();
    this.output = output;
    this.timer = timer;
    this.container = ServletContainer.of(async.getRequest());
    this.end = new ResponseEnd(async, container);
    if (container == ServletContainer.LIBERTY) {
      dropBuffer();
    }
  }

  /**
   * Sets the smallest response buffer. Open Liberty writes without blocking only when its buffer is
   * full; a flush of a partly filled buffer blocks.
   */
  private void dropBuffer() {
    try {
      response.setBufferSize(1);
    } catch (IllegalStateException e) {
      LOG.log(Level.DEBUG, "the response was begun before: {0}", e);
    }
  }

  /**
   * Registers the write listener, which signals the call when the client can take more or is lost.
   */
  void start(Call call) {
    output.setWriteListener(
        new WriteListener() {
          @Override
          public void onWritePossible() {
            writable = true;
            call.signal();
          }

          @Override
          public void onError(Throwable failure) {
            lose(failure, false);
            call.onClientGone();
            awaitWriter();
          }
        });
  }

  /**
   * Holds a container's thread until no other thread is inside the output. When a write fails,
   * Tomcat reports the error before the writing thread has returned. If Tomcat then ended the
   * request, the writing thread would leave its failure in objects that serve the next request.
   */
  void awaitWriter() {
    long start = System.nanoTime();
    while (isWrittenElsewhere() && System.nanoTime() - start < MAX_LEAVING_NANOS) {
      Thread.onSpinWait();
    }
  }

  private boolean isWrittenElsewhere() {
    Thread thread = writer;
    return thread != null && thread != Thread.currentThread();
  }

  /**
   * Marks the client as lost; only the first failure is kept. Any thread may call it.
   *
   * @param presumed whether the container does not know of the loss; then the client may still be
   *     there, and must not mistake a truncated body for a complete one
   */
  void lose(Throwable why, boolean presumed) {
    if (failure == null) {
      presumedLost = presumed;
      failure = why;
    }
  }

  boolean isLost() {
    return failure != null;
  }

  /** Why the client is lost. */
  Throwable failure() {
    Throwable why = failure;
    return why == null ? new IOException("the client has gone") : why;
  }

  /**
   * Whether the client takes more now. If not, the client is lost (see {@link #isLost}), or the
   * call will be signalled.
   */
  boolean isReady() {
    if (!enter()) {
      return false;
    }
    try {
      return writable && output.isReady();
    } catch (IllegalStateException e) {
      lose(e, false);
      return false;
    } finally {
      writer = null;
    }
  }

  /**
   * Writes all remaining bytes, without changing the position. Only after {@link #isReady} returned
   * true.
   */
  void write(ByteBuffer bytes) {
    if (!enter()) {
      return;
    }
    try {
      int length = bytes.remaining();
      if (bytes.hasArray()) {
        output.write(bytes.array(), bytes.arrayOffset() + bytes.position(), length);
      } else {
        byte[] copy = new byte[length];
        bytes.duplicate().get(copy);
        output.write(copy, 0, length);
      }
    } catch (IOException | IllegalStateException e) {
      lose(e, false);
    } finally {
      writer = null;
    }
  }

  /**
   * Flushes. Only after {@link #isReady} returned true.
   *
   * @return whether one flush was enough: Open Liberty ignores the first flush of a response
   */
  boolean flush() {
    boolean enough = flushed;
    flushed = true;
    if (enter()) {
      try {
        output.flush();
      } catch (IOException | IllegalStateException e) {
        lose(e, false);
      } finally {
        writer = null;
      }
    }
    return enough;
  }

  /**
   * Marks this thread as the writer. A thread that loses the client from now on waits for this one;
   * see {@link #awaitWriter}.
   */
  private boolean enter() {
    writer = Thread.currentThread();
    if (failure != null) {
      writer = null;
      return false;
    }
    return true;
  }

  /** Sets the status and headers of a relayed answer. */
  void setHead(UpstreamHead answer, String requestId) {
    int status = answer.status();
    response.setStatus(status);
    ResponseHeaders.copy(answer.headers(), response, status);
    if (!response.containsHeader("X-Request-Id")) {
      response.setHeader("X-Request-Id", requestId);
    }
    if (!response.containsHeader("Content-Length") && hasBody(status)) {
      end.frame(response);
    }
  }

  private static boolean hasBody(int status) {
    return status != HttpServletResponse.SC_NO_CONTENT
        && status != HttpServletResponse.SC_NOT_MODIFIED;
  }

  /**
   * Sets the status and headers of the gateway's own answer.
   *
   * @param beforeRequestBody whether the answer is written while the request body is still being
   *     read. Tomcat then gets the length only after the body, because it may close the connection
   *     at the declared length. Otherwise the length is declared at once: without it, Tomcat would
   *     not send its buffer after a truncated request body
   */
  void setHead(Refusal refusal, boolean beforeRequestBody) {
    boolean lengthLast = beforeRequestBody && container.closesAtLength();
    RefusalWriter.apply(refusal, response, !lengthLast);
    if (lengthLast) {
      lengthToDeclare = refusal.body().length;
    }
  }

  /** The body of the gateway's own answer was written, but not flushed yet. */
  void setRefusalWritten() {
    if (lengthToDeclare >= 0) {
      response.setContentLength(lengthToDeclare);
      lengthToDeclare = -1;
    }
  }

  /** The container has ended the response. */
  void setEnded() {
    end.setEnded();
  }

  /** Ends the response in order; a second call has no effect. */
  void complete() {
    end.complete();
  }

  /** Whether the container had ended the response before {@link #complete}. */
  boolean isGivenUp() {
    return end.isGivenUp();
  }

  /** Ends the connection of a client that must not mistake a truncated body for a complete one. */
  void breakOff() {
    end.breakOff(false);
  }

  /** Like {@link #breakOff}, for a gateway that stops, perhaps together with its application. */
  void breakOffAtStop() {
    end.breakOff(true);
  }

  /**
   * Ends the response of a lost client. The container also sees a failed write, and completes the
   * response on its own thread. If another thread completes it meanwhile, Tomcat may close a
   * connection that already serves another client. So the container gets 1 s to complete it first.
   */
  void leave() {
    if (presumedLost) {
      breakOff();
      return;
    }
    try {
      var unused =
          timer.schedule(this::complete, MAX_ERROR_DELAY.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      // The gateway is closing.
      complete();
    }
  }
}
