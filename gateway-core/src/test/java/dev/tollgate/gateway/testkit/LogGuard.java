package dev.tollgate.gateway.testkit;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Reads every line that is logged while tests run, ours at any level, and fails the test at whose
 * end a line with a secret is known, or its class. Found by JUnit in every module that names it in
 * {@code META-INF/services}.
 *
 * <p>It listens where lines come out: at {@code java.util.logging}, and at the standard error
 * stream, to which the standalone server's back end writes.
 */
public final class LogGuard
    implements BeforeAllCallback, AfterEachCallback, AfterAllCallback, AutoCloseable {
  private static final int MAX_LINE_BYTES = 1 << 20;

  private final Logger root;
  private final Logger ours;
  private final PrintStream error = System.err;
  private final List<String> found = new ArrayList<>();
  private final Handler handler =
      new Handler() {
        private final SimpleFormatter formatter = new SimpleFormatter();

        @Override
        public void publish(LogRecord entry) {
          read(formatter.format(entry));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  /** As JUnit makes it. */
  public LogGuard() {
    this(Logger.getLogger(""), Logger.getLogger("dev.tollgate"));
  }

  LogGuard(Logger root, Logger ours) {
    this.root = root;
    this.ours = ours;
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    // The same for the whole run, closed when all of it is over.
    context
        .getRoot()
        .getStore(ExtensionContext.Namespace.create(LogGuard.class))
        .computeIfAbsent(
            LogGuard.class,
            ignored -> {
              listen();
              return this;
            });
  }

  void listen() {
    handler.setLevel(Level.ALL);
    ours.setLevel(Level.ALL);
    root.addHandler(handler);
    System.setErr(new PrintStream(new Lines(), true, StandardCharsets.UTF_8));
  }

  @Override
  public void afterEach(ExtensionContext context) {
    requireNothing();
  }

  @Override
  public void afterAll(ExtensionContext context) {
    requireNothing();
  }

  @Override
  public void close() {
    root.removeHandler(handler);
    System.setErr(error);
    requireNothing();
  }

  void requireNothing() {
    List<String> lines;
    synchronized (found) {
      lines = List.copyOf(found);
      found.clear();
    }
    if (!lines.isEmpty()) {
      throw new AssertionError("a secret was logged: " + lines);
    }
  }

  void read(String text) {
    SecretShapes.find(text)
        .ifPresent(
            secret -> {
              synchronized (found) {
                found.add(secret + " in: " + text.strip());
              }
            });
  }

  /** Passes everything on to the stream that was there, and reads it line by line. */
  private final class Lines extends OutputStream {
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    @Override
    public synchronized void write(int b) {
      error.write(b);
      line.write(b);
      if (b == '\n' || line.size() >= MAX_LINE_BYTES) {
        read(line.toString(StandardCharsets.UTF_8));
        line.reset();
      }
    }

    @Override
    public synchronized void flush() {
      error.flush();
    }
  }
}
