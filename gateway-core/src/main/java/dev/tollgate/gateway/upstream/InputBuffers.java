package dev.tollgate.gateway.upstream;

import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.RetainableByteBuffer;

/**
 * Pools what is written from, and nothing that an answer is read into. Jetty lets the buffer that a
 * connection was read into go on whichever thread is done with it; where a call is broken off while
 * its answer is read, that may be twice (Jetty issue 12934). A buffer that is pooled could then be
 * had by two connections, and one project's answer be taken for another's. One that is not pooled
 * is garbage, however often it is let go.
 *
 * <p>Answers are read into buffers on the heap, see {@link UpstreamClient}; nothing else here is.
 * With Jetty 12.0 it pools everything: there the method has another signature.
 */
final class InputBuffers extends ByteBufferPool.Wrapper {
  /**
   * @param pool of all that is direct
   */
  InputBuffers(ByteBufferPool pool) {
    super(pool);
  }

  @Override
  public RetainableByteBuffer.Mutable acquire(int size, boolean direct) {
    return direct ? super.acquire(size, true) : NON_POOLING.acquire(size, false);
  }
}
