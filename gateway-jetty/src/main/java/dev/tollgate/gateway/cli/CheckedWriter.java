package dev.tollgate.gateway.cli;

import java.io.IOException;
import java.io.PrintWriter;

/**
 * Writer of an export that throws once its output has failed. A {@link PrintWriter} only remembers
 * the error, so an export of millions of entries would go on for a reader that has ended. For one
 * thread.
 */
final class CheckedWriter implements Appendable {
  /** Characters between two checks. A check flushes, so it must not follow each entry. */
  static final int CHECK_CHARS = 65_536;

  private final PrintWriter out;
  private int unchecked;

  CheckedWriter(PrintWriter out) {
    this.out = out;
  }

  @Override
  public Appendable append(CharSequence text) throws IOException {
    out.append(text);
    return written(text.length());
  }

  @Override
  public Appendable append(CharSequence text, int start, int end) throws IOException {
    out.append(text, start, end);
    return written(end - start);
  }

  @Override
  public Appendable append(char character) throws IOException {
    out.append(character);
    return written(1);
  }

  private Appendable written(int chars) throws IOException {
    unchecked += chars;
    if (unchecked >= CHECK_CHARS) {
      unchecked = 0;
      if (Output.hasFailed(out)) {
        throw new IOException(Output.FAILURE);
      }
    }
    return this;
  }
}
