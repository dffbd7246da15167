package dev.tollgate.gateway.relay;

import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.RetainableByteBuffer;

/**
 * Pools what is written from, and nothing that is read into. Jetty lets the buffer that a
 * connection was read into go on whichever thread is done with it; where a request or an answer
 * fails on one thread while it is read on another, that may be twice (Jetty issues 12939 and
 * 12934). A buffer that is pooled could then be had by two connections, and one client's bytes be
 * taken for another's. One that is not pooled is garbage, however often it is let go.
 *
 * <p>To be used where connections are read into buffers on the heap, and nothing else is on the
 * heap. With Jetty 12.0 it pools everything: there the method has another signature. Safe for use
 * by many threads.
 */
public final class InputBuffers extends ByteBufferPool.Wrapper {
  /**
   * @param pool of all that is direct
   */
  public InputBuffers(ByteBufferPool pool) {
    super(pool);
  }

  @Override
  public RetainableByteBuffer.Mutable acquire(int size, boolean direct) {
    return direct ? super.acquire(size, true) : NON_POOLING.acquire(size, false);
  }
}
