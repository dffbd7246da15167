package dev.tollgate.gateway.upstream;

import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.RetainableByteBuffer;

/**
 * Buffer pool for output only; input buffers are not pooled. Jetty may release an input buffer
 * twice when a call is aborted while its response is read (Jetty issue 12934). Two connections
 * could then share one pooled buffer, and one project would receive another's answer. An unpooled
 * buffer is garbage, however often it is released.
 *
 * <p>The upstream client reads responses into heap buffers, and uses heap buffers for nothing else;
 * see {@link UpstreamClient}. With Jetty 12.0 all buffers are pooled, because the method has
 * another signature there.
 */
final class InputBuffers extends ByteBufferPool.Wrapper {
  /**
   * @param pool for direct buffers
   */
  InputBuffers(ByteBufferPool pool) {
    super(pool);
  }

  @Override
  public RetainableByteBuffer.Mutable acquire(int size, boolean direct) {
    return direct ? super.acquire(size, true) : NON_POOLING.acquire(size, false);
  }
}
