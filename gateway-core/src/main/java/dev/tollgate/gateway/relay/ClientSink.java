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
 * The response to the client, as far as the relay writes it. The mailbox of the {@link Call}
 * writes; containers tell of a lost client on threads of their own. Nothing is written behind the
 * loss of the client, {@link #complete} or {@link #breakOff}, and only when {@code isReady()} says
 * so.
 */
final class ClientSink {
  private static final Logger LOG = System.getLogger(ClientSink.class.getName());

  /** How long the container may take to complete the response of a client that it lost. */
  private static final Duration MAX_ERROR_DELAY = Duration.ofSeconds(1);

  private static final long MAX_LEAVING_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final HttpServletResponse response;
  private final ServletOutputStream output;
  private final ScheduledExecutorService timer;
  private final ServletContainer container;
  private final ResponseEnd end;
  private boolean flushed;
  private boolean presumedLost;
  // Of a refusal, while it is still to be declared.
  private int lengthToDeclare = -1;
  private volatile boolean writable;
  private volatile @Nullable Throwable failure;
  // The thread that is within the output.
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
   * Open Liberty writes without blocking only once its buffer is full; a flush of what is left in
   * it blocks.
   */
  private void dropBuffer() {
    try {
      response.setBufferSize(1);
    } catch (IllegalStateException e) {
      LOG.log(Level.DEBUG, "the response was begun before: {0}", e);
    }
  }

  /** Lets the container tell the call when the client can take more, and when it is lost. */
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
   * Holds a container's thread until no other thread is within the output. When a write fails,
   * Tomcat tells of it before the writing thread has returned. If Tomcat then ended the request,
   * the writing thread would leave its failure in objects that serve the next request.
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
   * Takes the client for lost; the first failure counts. Any thread may call it.
   *
   * @param presumed whether the container does not know; then the client may still be there, and
   *     must not mistake a truncated body for a complete one
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

  /** Whether the client takes more now. If not, {@link #isLost}, or the call will be signalled. */
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

  /** Writes all that remains, without changing the position. Only when {@link #isReady}. */
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
   * Flushes. Only when {@link #isReady}.
   *
   * @return whether that was enough: Open Liberty ignores the first flush of a response
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

  /** Who loses the client from now on waits for this thread to leave; see {@link #awaitWriter}. */
  private boolean enter() {
    writer = Thread.currentThread();
    if (failure != null) {
      writer = null;
      return false;
    }
    return true;
  }

  /** Status and headers of an answer that is relayed. */
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
   * Status and headers of an answer of our own.
   *
   * @param beforeRequestBody whether its body is written while the request's is still to be read.
   *     Otherwise it may end with its length, and behind a request that broke off it must: Tomcat
   *     writes nothing then that it has kept back
   */
  void setHead(Refusal refusal, boolean beforeRequestBody) {
    boolean lengthLast = beforeRequestBody && container.closesAtLength();
    RefusalWriter.apply(refusal, response, !lengthLast);
    if (lengthLast) {
      lengthToDeclare = refusal.body().length;
    }
  }

  /** The body of an answer of our own was written, and is not flushed yet. */
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

  /** Ends the response in order; a second call does nothing. */
  void complete() {
    end.complete();
  }

  /** Whether the container had ended the response before {@link #complete}. */
  boolean isGivenUp() {
    return end.isGivenUp();
  }

  /** Ends the connection of a client that must not take what it got for the whole. */
  void breakOff() {
    end.breakOff(false);
  }

  /** The same, because the gateway stops, and perhaps its application with it. */
  void breakOffAtStop() {
    end.breakOff(true);
  }

  /**
   * Ends the response of a lost client. The container is told of a failed write, too, and completes
   * the response on a thread of its own; Tomcat, if completed by another thread meanwhile, goes on
   * to close a connection that serves another client by then. So the container goes first.
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
      // The gateway is being closed.
      complete();
    }
  }
}
