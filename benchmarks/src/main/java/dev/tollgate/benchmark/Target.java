package dev.tollgate.benchmark;

import java.io.IOException;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * Something that is measured, running.
 *
 * @param name as it stands in the tables
 * @param base of the routes
 * @param authorization what its clients send; empty: nothing
 * @param program what is measured; null: the upstream is called without anything in between
 */
record Target(String name, URI base, String authorization, @Nullable Program program)
    implements AutoCloseable {
  Load load(Shape shape) throws IOException {
    return new Load(base, authorization, shape);
  }

  @Override
  public void close() {
    if (program != null) {
      program.close();
    }
  }
}
