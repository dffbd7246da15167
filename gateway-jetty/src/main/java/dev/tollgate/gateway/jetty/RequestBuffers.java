package dev.tollgate.gateway.jetty;

import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.RetainableByteBuffer;

/**
 * Pools what is written from, and nothing that a request is read into. Jetty's connection lets its
 * request's buffer go on whichever thread is done with it; where a request fails on one thread
 * while its body is read on another, that may be twice (Jetty issue 12939). A buffer that is pooled
 * could then be had by two connections, and one client's request be taken for another's. One that
 * is not pooled is garbage, however often it is let go. The relay does the same with the upstream's
 * answers; no type of Jetty's is in its API, so it cannot be shared.
 *
 * <p>Requests are read into buffers on the heap, see {@link Connectors}; nothing else here is.
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
