package dev.tollgate.benchmark;

import dev.tollgate.gateway.meter.RequestKind;
import dev.tollgate.gateway.meter.UsageTap;
import dev.tollgate.gateway.sse.EventStreamParser;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What is read of an answer while it is relayed. Samples: their median is the same on a machine
 * that does other things, too.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class StreamPieces {
  private static final int EVENTS = 100;
  private static final BigDecimal CAP = new BigDecimal(1_000);

  private int heard;
  private final EventStreamParser parser =
      new EventStreamParser(
          new EventStreamParser.Listener() {
            @Override
            public void onData(byte[] bytes, int offset, int length) {
              heard += length;
            }

            @Override
            public void onEvent() {
              heard++;
            }
          });
  private final ByteBuffer event = ByteBuffer.wrap(Answers.EVENT);
  private final ByteBuffer usageEvent = ByteBuffer.wrap(Answers.USAGE_EVENT);
  private final ByteBuffer done = ByteBuffer.wrap(Answers.DONE);
  private final ByteBuffer document = ByteBuffer.wrap(Answers.DOCUMENT);

  /** Finds the data of one event. */
  @Benchmark
  @OperationsPerInvocation(EVENTS)
  public int scanOfAnEvent() {
    for (int i = 0; i < EVENTS; i++) {
      parser.feed(Answers.EVENT, 0, Answers.EVENT.length);
    }
    return heard;
  }

  /** One event of a stream of a hundred, from the making of the tap to its reading. */
  @Benchmark
  @OperationsPerInvocation(EVENTS)
  public Object tapOfAnEvent() {
    UsageTap tap = UsageTap.of(RequestKind.CHAT, "text/event-stream", null, CAP);
    for (int i = 0; i < EVENTS; i++) {
      tap.feed(event);
    }
    tap.feed(usageEvent);
    tap.feed(done);
    return end(tap);
  }

  /** A document of 1 KB, likewise. */
  @Benchmark
  public Object tapOfADocument() {
    UsageTap tap = UsageTap.of(RequestKind.CHAT, "application/json", null, CAP);
    tap.feed(document);
    return end(tap);
  }

  private static Object end(UsageTap tap) {
    tap.end();
    if (!tap.hasContent()) {
      throw new IllegalStateException("the answer was not read");
    }
    return tap.reading();
  }
}
