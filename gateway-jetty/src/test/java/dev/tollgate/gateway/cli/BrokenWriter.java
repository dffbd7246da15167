package dev.tollgate.gateway.cli;

import java.io.IOException;
import java.io.Writer;

/** A writer on a full disk. */
final class BrokenWriter extends Writer {
  @Override
  public void write(char[] text, int offset, int length) throws IOException {
    throw new IOException("No space left on device");
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}
}
