package dev.tollgate.gateway.jetty;

import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.RetainableByteBuffer;

/**
 * Buffer pool for output only; request buffers are not pooled. Jetty may release a request's buffer
 * twice when the request fails on one thread while its body is read on another (Jetty issue 12939).
 * Two connections could then share one pooled buffer, and one client's request would be taken for
 * another's. An unpooled buffer is garbage, however often it is released. The relay has a similar
 * class for upstream answers; it cannot be shared, because the relay's API has no Jetty types.
 *
 * <p>Requests are read into heap buffers, which have no other use here; see {@link Connectors}.
 */
final class RequestBuffers extends ByteBufferPool.Wrapper {
  RequestBuffers(ByteBufferPool pool) {
    super(pool);
  }

  @Override
  public RetainableByteBuffer.Mutable acquire(int size, boolean direct) {
    return direct ? super.acquire(size, true) : NON_POOLING.acquire(size, false);
  }
}
