package dev.tollgate.gateway.upstream;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.thread.Invocable;

/**
 * Reader that collects a small body without blocking. One thread at a time uses a reader: the
 * source calls back only after a demand.
 */
public final class BoundedBody {
  /** Receives the result, once, on a thread that must not be blocked. */
  public interface Receiver {
    /** The whole body was read. */
    void onBody(byte[] body);

    /** The body broke off, or is longer than {@code maxBytes}. The rest of the body is not read. */
    void onFailure(Throwable failure);
  }

  private final Content.Source source;
  private final int maxBytes;
  private final Receiver receiver;
  private final ByteArrayOutputStream collected = new ByteArrayOutputStream();
  private final Invocable.Task onContent =
      Invocable.from(Invocable.InvocationType.NON_BLOCKING, this::readOn);

  private BoundedBody(Content.Source source, int maxBytes, Receiver receiver) {
    this.source = source;
    this.maxBytes = maxBytes;
    this.receiver = receiver;
  }

  public static void read(Content.Source source, int maxBytes, Receiver receiver) {
    new BoundedBody(source, maxBytes, receiver).readOn();
  }

  private void readOn() {
    while (true) {
      Content.Chunk chunk = source.read();
      if (chunk == null) {
        source.demand(onContent);
        return;
      }
      if (Content.Chunk.isFailure(chunk)) {
        receiver.onFailure(chunk.getFailure());
        return;
      }
      boolean last = chunk.isLast();
      collect(chunk.getByteBuffer());
      chunk.release();
      if (collected.size() > maxBytes) {
        receiver.onFailure(new IOException("the body is longer than " + maxBytes + " bytes"));
        return;
      }
      if (last) {
        receiver.onBody(collected.toByteArray());
        return;
      }
    }
  }

  private void collect(ByteBuffer bytes) {
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    collected.writeBytes(copy);
  }
}
