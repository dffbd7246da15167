package dev.tollgate.gateway.exchange;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.tollgate.gateway.json.Json;
import dev.tollgate.gateway.ledger.Money;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The access log: one line at {@code INFO} for each request that has ended. A line never contains a
 * secret, a prompt or a completion. Thread-safe.
 *
 * <p>Requests end on threads that must not block on a log, which may stall on a stopped terminal or
 * a full disk. So lines are queued, and a separate thread writes them a moment later. The queue is
 * bounded. Lines that do not fit are dropped, counted and reported as missing.
 */
public final class AccessLog {
  /** The name of the {@link System.Logger} that gets the lines. */
  public static final String NAME = "dev.tollgate.gateway.access";

  /** The format of a line. */
  public enum Format {
    /** Fields such as {@code status=200}, separated by spaces. */
    TEXT,
    /** One JSON object for each line. */
    JSON
  }

  private static final int MAX_MODEL_CHARACTERS = 100;
  private static final int MAX_QUEUED = 10_000;
  private static final Duration DELAY = Duration.ofMillis(10);
  private static final Logger LOG = System.getLogger(NAME);
  private static final JsonFactory JSON = Json.factory().build();

  private final Format format;
  private final ScheduledExecutorService writer;
  private final BlockingQueue<AccessEntry> queue = new LinkedBlockingQueue<>(MAX_QUEUED);
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private final LongAdder missing = new LongAdder();

  /**
   * @param format the format of all lines
   * @param writer the executor that writes the lines, and may block; once it is shut down, callers
   *     write their lines themselves
   */
  public AccessLog(Format format, ScheduledExecutorService writer) {
    this.format = format;
    this.writer = writer;
  }

  /** Whether the logger is enabled for the lines. */
  public boolean isOn() {
    return LOG.isLoggable(Level.INFO);
  }

  /** Queues a line. Does not block while the writer runs. */
  public void write(AccessEntry entry) {
    if (!queue.offer(entry)) {
      missing.increment();
    }
    if (scheduled.compareAndSet(false, true)) {
      try {
        var unused = writer.schedule(this::writeAll, DELAY.toMillis(), TimeUnit.MILLISECONDS);
      } catch (RejectedExecutionException e) {
        writeAll();
      }
    }
  }

  private void writeAll() {
    // Reset the flag first: an entry queued from now on schedules the next run.
    scheduled.set(false);
    for (AccessEntry entry = queue.poll(); entry != null; entry = queue.poll()) {
      LOG.log(Level.INFO, format == Format.JSON ? json(entry) : text(entry));
    }
    long lost = missing.sumThenReset();
    if (lost > 0) {
      LOG.log(Level.WARNING, "{0} access log lines were dropped: the log could not keep up", lost);
    }
  }

  static String text(AccessEntry entry) {
    StringBuilder line = new StringBuilder(250);
    line.append("id=").append(entry.id());
    line.append(" method=").append(entry.method()).append(" route=").append(entry.route());
    if (entry.path() != null) {
      line.append(" path=").append(entry.path());
    }
    line.append(" project=").append(entry.project() == null ? "-" : printable(entry.project()));
    line.append(" key=").append(entry.key() == null ? "-" : printable(entry.key()));
    line.append(" client=").append(entry.client());
    line.append(" status=").append(entry.status() == 0 ? "-" : Integer.toString(entry.status()));
    line.append(" outcome=").append(entry.outcome());
    if (entry.code() != null) {
      line.append(" code=").append(entry.code());
    }
    line.append(" in=").append(known(entry.requestBytes()));
    line.append(" out=").append(known(entry.responseBytes()));
    AccessEntry.Bill bill = entry.bill();
    if (bill != null) {
      line.append(" model=").append(printable(shortened(bill.model())));
      line.append(" prompt_tokens=").append(known(bill.tokens().input()));
      line.append(" completion_tokens=").append(known(bill.tokens().output()));
      line.append(" cost=").append(bill.cost() == null ? "-" : bill.cost());
      line.append(" charge=").append(bill.charge() == null ? bill.settlement() : bill.charge());
    }
    line.append(" ttfb_ms=").append(known(entry.firstByteMillis()));
    line.append(" ms=").append(entry.totalMillis());
    if (entry.traceId() != null) {
      line.append(" trace=").append(entry.traceId());
    }
    return line.toString();
  }

  static String json(AccessEntry entry) {
    StringWriter line = new StringWriter(500);
    try (JsonGenerator out = JSON.createGenerator(line)) {
      out.writeStartObject();
      out.writeStringField("request_id", entry.id());
      out.writeStringField("trace_id", entry.traceId());
      out.writeStringField("method", unlessNone(entry.method()));
      out.writeStringField("route", unlessNone(entry.route()));
      out.writeStringField("path", entry.path());
      out.writeStringField("project", entry.project());
      out.writeStringField("key", entry.key());
      out.writeStringField("client", unlessNone(entry.client()));
      number(out, "status", entry.status() == 0 ? AccessEntry.UNKNOWN : entry.status());
      out.writeStringField("outcome", entry.outcome());
      out.writeStringField("code", entry.code());
      number(out, "bytes_in", entry.requestBytes());
      number(out, "bytes_out", entry.responseBytes());
      write(out, entry.bill());
      number(out, "ttfb_ms", entry.firstByteMillis());
      number(out, "ms", entry.totalMillis());
      out.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write to a string", e);
    }
    return line.toString();
  }

  private static void write(JsonGenerator out, AccessEntry.@Nullable Bill bill) throws IOException {
    String model = bill == null ? null : bill.model();
    out.writeStringField("model", model == null || model.isEmpty() ? null : shortened(model));
    number(out, "prompt_tokens", bill == null ? AccessEntry.UNKNOWN : bill.tokens().input());
    number(out, "completion_tokens", bill == null ? AccessEntry.UNKNOWN : bill.tokens().output());
    out.writeStringField("cost", bill == null ? null : text(bill.cost()));
    out.writeStringField("charge", bill == null ? null : text(bill.charge()));
    out.writeStringField("settlement", bill == null ? null : unlessNone(bill.settlement()));
  }

  private static @Nullable String text(@Nullable Money amount) {
    return amount == null ? null : amount.toString();
  }

  private static void number(JsonGenerator out, String name, long value) throws IOException {
    if (value < 0) {
      out.writeNullField(name);
    } else {
      out.writeNumberField(name, value);
    }
  }

  private static @Nullable String unlessNone(String word) {
    return word.equals("-") ? null : word;
  }

  private static String known(long value) {
    return value < 0 ? "-" : Long.toString(value);
  }

  /**
   * Cuts a long model name without splitting a surrogate pair, because half a pair is not valid
   * JSON.
   */
  private static String shortened(@Nullable String text) {
    if (text == null || text.isEmpty()) {
      return "-";
    }
    int end = Math.min(text.length(), MAX_MODEL_CHARACTERS);
    if (Character.isHighSurrogate(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(0, end);
  }

  /**
   * Replaces white space and control characters. An embedder's names may contain both, and a line
   * consists of fields separated by spaces.
   */
  private static String printable(String text) {
    return text.codePoints().allMatch(c -> c > 0x20 && c != 0x7f)
        ? text
        : text.replaceAll("[\\p{Cntrl}\\s]", "_");
  }
}
