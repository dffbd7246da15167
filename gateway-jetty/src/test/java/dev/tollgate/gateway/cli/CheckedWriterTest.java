package dev.tollgate.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class CheckedWriterTest {
  private static final String LINE = "x".repeat(99) + "\n";

  private static void appendUntilChecked(Appendable out) throws IOException {
    for (int chars = 0; chars < CheckedWriter.CHECK_CHARS; chars += LINE.length()) {
      out.append(LINE);
    }
  }

  @Test
  void whatIsAppendedIsWritten() throws Exception {
    StringWriter text = new StringWriter();

    new CheckedWriter(new PrintWriter(text)).append("ab").append("abcd", 2, 3).append('d');

    assertThat(text).hasToString("abcd");
  }

  @Test
  void aFailedOutputEndsTheExport() {
    CheckedWriter out = new CheckedWriter(new PrintWriter(new BrokenWriter()));

    assertThatThrownBy(() -> appendUntilChecked(out)).isInstanceOf(IOException.class);
  }

  @Test
  void anOutputThatWorksIsNotEnded() {
    CheckedWriter out = new CheckedWriter(new PrintWriter(new StringWriter()));

    assertThatCode(() -> appendUntilChecked(out)).doesNotThrowAnyException();
  }
}
