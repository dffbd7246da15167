package dev.tollgate.gateway.upstream;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/**
 * Request body without a content type, so Jetty adds no {@code Content-Type} header; the request's
 * own headers carry one if needed. The body is sent in pieces and its reference is dropped once it
 * is taken. Jetty keeps the request, and the last piece of each connection, until the response is
 * over.
 */
final class UntypedContent implements Request.Content {
  private static final int PIECE_BYTES = 16 << 10;

  private final long length;
  private final UpstreamClient.Listener listener;
  // Owned by the sending thread; one thread sends at a time.
  private byte @Nullable [] left;
  private int sent;

  UntypedContent(byte[] body, UpstreamClient.Listener listener) {
    this.listener = listener;
    this.length = body.length;
    this.left = body;
  }

  @Override
  public @Nullable String getContentType() {
    return null;
  }

  @Override
  public long getLength() {
    return length;
  }

  @Override
  public Content.Chunk read() {
    byte[] body = left;
    if (body == null) {
      return Content.Chunk.EOF;
    }
    int end = Math.min(body.length, sent + PIECE_BYTES);
    byte[] piece = body.length <= PIECE_BYTES ? body : Arrays.copyOfRange(body, sent, end);
    sent = end;
    if (end == body.length) {
      left = null;
      listener.onBodyTaken();
    }
    return Content.Chunk.from(ByteBuffer.wrap(piece), left == null);
  }

  @Override
  public void demand(Runnable callback) {
    callback.run();
  }

  @Override
  public void fail(Throwable failure) {
    left = null;
  }
}
