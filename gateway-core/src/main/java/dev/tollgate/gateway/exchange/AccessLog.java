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
 * One line for each request that has ended, at {@code INFO}. Never a secret, a prompt or a
 * completion. Safe for use by many threads.
 *
 * <p>Requests end on threads that must not wait for a log: a terminal that is stopped, a full disk.
 * So lines are queued, and written together a moment later, by a thread of their own; what the
 * queue has no room for is counted and said to be missing.
 */
public final class AccessLog {
  /** Where the lines go: the name of a {@link System.Logger}. */
  public static final String NAME = "dev.tollgate.gateway.access";

  /** How a line is written. */
  public enum Format {
    /** Fields such as {@code status=200}, separated by spaces. */
    TEXT,
    /** One JSON object. */
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
   * @param format of all its lines
   * @param writer may wait for the log; one that has been shut down leaves that to those who write
   */
  public AccessLog(Format format, ScheduledExecutorService writer) {
    this.format = format;
    this.writer = writer;
  }

  /** Whether anybody reads it. */
  public boolean isOn() {
    return LOG.isLoggable(Level.INFO);
  }

  /** Writes a line, in a moment. Does not wait for it. */
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
    // First: whatever is queued from now on is written by the next one.
    scheduled.set(false);
    for (AccessEntry entry = queue.poll(); entry != null; entry = queue.poll()) {
      LOG.log(Level.INFO, format == Format.JSON ? json(entry) : text(entry));
    }
    long lost = missing.sumThenReset();
    if (lost > 0) {
      LOG.log(Level.WARNING, "{0} lines are missing here: the log could not keep up", lost);
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
      throw new UncheckedIOException("a string can be written to", e);
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

  /** Of whole characters: half of one is no JSON. */
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

  /** An embedder's names may hold anything; a log line is one line of fields. */
  private static String printable(String text) {
    return text.codePoints().allMatch(c -> c > 0x20 && c != 0x7f)
        ? text
        : text.replaceAll("[\\p{Cntrl}\\s]", "_");
  }
}
