package dev.tollgate.benchmark;

import dev.tollgate.benchmark.Targets.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Measures the gateway beside other relays, turn by turn, and prints tables. On a machine that does
 * other things, too, CPU time and its multiples say more than throughput does.
 */
final class Benchmark {
  private static final double NANOS_PER_MICRO = 1e3;
  private static final double NANOS_PER_MILLI = 1e6;
  private static final double NANOS_PER_SECOND = 1e9;
  private static final double BYTES_PER_KB = 1024;
  private static final int OPENED_PER_SECOND = 1_000;
  private static final int WARMING_CLIENTS = 32;
  private static final int ANSWERS_PER_STREAM = 50;
  private static final Duration LONGEST_WARM_UP = Duration.ofMinutes(2);

  private final Options options;
  private final Targets targets;
  private final List<Sample> samples = new ArrayList<>();

  private Benchmark(Options options, Targets targets) {
    this.options = options;
    this.targets = targets;
  }

  /**
   * Without arguments, or after {@code full}: measures everything, which takes 20 minutes. See
   * {@link Options} for others; {@code jmh} and what follows goes to JMH.
   */
  public static void main(String[] args) throws IOException {
    // Maven hands all of them over as one.
    List<String> words =
        Arrays.stream(args)
            .flatMap(each -> Stream.of(each.split(" ")))
            .filter(each -> !each.isBlank() && !each.equals("full"))
            .toList();
    int jmh = words.indexOf("jmh");
    if (jmh >= 0) {
      org.openjdk.jmh.Main.main(words.stream().skip(jmh + 1).toArray(String[]::new));
      return;
    }
    Options options = Options.parse(words);
    List<Sample> samples = measure(options);
    String tables = new Tables(samples, "nginx").toString();
    System.out.println(tables);
    Files.writeString(options.directory().resolve("tables.md"), tables);
  }

  /** Measures what is asked for. */
  static List<Sample> measure(Options options) throws IOException {
    Path directory = Files.createDirectories(options.directory());
    try (Targets targets = new Targets(options.java(), options.gatewayJar(), directory)) {
      Benchmark benchmark = new Benchmark(options, targets);
      benchmark.turnByTurn();
      benchmark.idle();
      return benchmark.samples;
    }
  }

  private void turnByTurn() throws IOException {
    List<Measure> measures =
        options.measures().stream().filter(each -> each != Measure.IDLE).toList();
    List<Target> running = new ArrayList<>();
    try {
      for (Kind kind : options.targets()) {
        targets
            .start(kind)
            .ifPresentOrElse(
                running::add, () -> say("SKIPPED: " + kind + " is not installed here"));
      }
      for (Target target : running) {
        for (Shape shape : measures.stream().map(Measure::shape).distinct().toList()) {
          say("warm-up: " + target.name() + ", " + shape);
          warmUp(target, shape);
        }
      }
      for (int round = 1; round <= options.rounds(); round++) {
        for (Measure measure : measures) {
          for (Target target : running) {
            add(measured(measure, target, round));
          }
        }
      }
    } finally {
      running.forEach(Target::close);
    }
  }

  private void warmUp(Target target, Shape shape) throws IOException {
    int answers = shape.isStream() ? options.warmUp() / ANSWERS_PER_STREAM : options.warmUp();
    try (Load load = target.load(shape)) {
      var unused = load.closed(WARMING_CLIENTS, answers, LONGEST_WARM_UP);
    }
  }

  private Sample measured(Measure measure, Target target, int round) throws IOException {
    Program program = target.program();
    try (Load load = target.load(measure.shape())) {
      long before = program == null ? 0 : program.cpuNanos();
      Load.Result result =
          measure == Measure.RATE
              ? load.rate(options.rate(), options.time())
              : load.closed(measure.size(), options.time());
      long cpuNanos = program == null ? -1 : program.cpuNanos() - before;
      return new Sample(
          measure,
          target.name(),
          round,
          values(measure, result, cpuNanos),
          result.errors(),
          Objects.requireNonNullElse(result.firstError(), ""));
    }
  }

  /**
   * @param cpuNanos below zero: nothing's
   */
  private static Map<Column, Double> values(Measure measure, Load.Result result, long cpuNanos) {
    Map<Column, Double> values = new EnumMap<>(Column.class);
    double seconds = result.nanos() / NANOS_PER_SECOND;
    boolean stream = measure.shape().isStream();
    long units = stream ? result.events() : result.answers();
    if (units == 0) {
      return values;
    }
    if (cpuNanos >= 0) {
      values.put(
          stream ? Column.CPU_PER_EVENT : Column.CPU_PER_REQUEST,
          cpuNanos / NANOS_PER_MICRO / units);
    }
    if (!stream) {
      values.put(Column.LATENCY_P50, result.latencies().quantile(0.5) / NANOS_PER_MILLI);
      values.put(Column.LATENCY_P99, result.latencies().quantile(0.99) / NANOS_PER_MILLI);
    } else if (measure == Measure.PACED) {
      values.put(Column.DELAY_P50, result.delays().quantile(0.5) / NANOS_PER_MILLI);
      values.put(Column.DELAY_P99, result.delays().quantile(0.99) / NANOS_PER_MILLI);
    }
    if (measure != Measure.RATE && measure != Measure.PACED) {
      values.put(stream ? Column.EVENTS_PER_SECOND : Column.REQUESTS_PER_SECOND, units / seconds);
    }
    return values;
  }

  /** Each on a process of its own that has done little before: what grew once is not given back. */
  private void idle() throws IOException {
    if (!options.measures().contains(Measure.IDLE)) {
      return;
    }
    for (Kind kind : options.targets()) {
      Optional<Target> started = targets.start(kind);
      if (started.isPresent()) {
        try (Target target = started.get()) {
          Program program = target.program();
          if (program != null) {
            add(idle(target, program, kind == Kind.GATEWAY || kind == Kind.JETTY));
          }
        }
      }
    }
  }

  private Sample idle(Target target, Program program, boolean jvm) throws IOException {
    warmUp(target, Shape.FLAT);
    long before = memoryBytes(program, jvm);
    try (Load load = target.load(Shape.IDLE)) {
      int open = load.open(options.streams(), OPENED_PER_SECOND);
      double bytes = memoryBytes(program, jvm) - before;
      Load.Result result = load.result(System.nanoTime());
      Map<Column, Double> values = new EnumMap<>(Column.class);
      values.put(Column.STREAMS, (double) open);
      if (open > 0) {
        values.put(Column.KB_PER_STREAM, bytes / BYTES_PER_KB / open);
      }
      return new Sample(
          Measure.IDLE,
          target.name(),
          1,
          values,
          result.errors(),
          Objects.requireNonNullElse(result.firstError(), ""));
    }
  }

  private long memoryBytes(Program program, boolean jvm) throws IOException {
    if (jvm) {
      program.collectGarbage(targets.java());
    }
    return program.memoryBytes();
  }

  private void add(Sample sample) {
    samples.add(sample);
    say(sample.toString());
  }

  private static void say(String line) {
    System.err.println(line);
  }
}
