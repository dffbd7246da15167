package dev.tollgate.gateway.testkit;

import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.Stream;

/** All that is logged while it is open, by whomever, at any level, as it would be printed. */
public final class LogCapture implements AutoCloseable {
  private final Logger root = Logger.getLogger("");
  private final Logger ours = Logger.getLogger("dev.tollgate");
  private final Level before = ours.getLevel();
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final SimpleFormatter formatter = new SimpleFormatter();
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord entry) {
          lines.add(formatter.format(entry));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  public LogCapture() {
    handler.setLevel(Level.ALL);
    ours.setLevel(Level.ALL);
    root.addHandler(handler);
  }

  public List<String> lines() {
    return lines;
  }

  /** Waits for a line that has all of these in it: what is queued is written a moment later. */
  public void awaitLine(String... parts) {
    await("a line with " + List.of(parts))
        .until(() -> lines.stream().anyMatch(line -> Stream.of(parts).allMatch(line::contains)));
  }

  @Override
  public void close() {
    root.removeHandler(handler);
    ours.setLevel(before);
  }
}
