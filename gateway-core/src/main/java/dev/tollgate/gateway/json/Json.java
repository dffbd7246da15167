package dev.tollgate.gateway.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.TSFBuilder;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;

/** Jackson, set up for a library that lives on other people's threads. */
public final class Json {
  private Json() {}

  /**
   * A factory that keeps its buffers to itself. Jackson's default leaves them on the threads that
   * used it, and a container's threads would hold an application's classes by them after its end.
   */
  public static TSFBuilder<?, ?> factory() {
    return JsonFactory.builder().recyclerPool(JsonRecyclerPools.newConcurrentDequePool());
  }
}
