package dev.tollgate.benchmark;

import java.util.Locale;
import java.util.Optional;

/**
 * What is asked for and what comes back. A request names its shape by the model that it asks for,
 * so nothing but its body has to reach the upstream.
 */
enum Shape {
  /** A document of about 1 KB. */
  JSON(0, 0),

  /** Two seconds of an event every 20 ms. */
  PACED(100, 20),

  /** As many events, as fast as they are taken. */
  FLAT(100, 0),

  /** An event every five seconds, for longer than anybody waits. */
  IDLE(100_000, 5_000),

  /** The list of models: about 1 KB, and nothing to be paid for. */
  MODELS(0, 0),

  /** A stream of which the upstream leaves an event out: somebody has to notice. */
  SHORT(100, 0),

  /** A document in which the upstream changes a byte, likewise. */
  WRONG(0, 0);

  private final int events;
  private final int intervalMillis;

  Shape(int events, int intervalMillis) {
    this.events = events;
    this.intervalMillis = intervalMillis;
  }

  /** How many events with content there are; 0: it is no stream. */
  int events() {
    return events;
  }

  int intervalMillis() {
    return intervalMillis;
  }

  boolean isStream() {
    return events > 0;
  }

  /** The model that stands for it. */
  String model() {
    return "bench/" + name().toLowerCase(Locale.ROOT);
  }

  /** The shape that a request's body asks for. */
  static Optional<Shape> of(String body) {
    for (Shape shape : values()) {
      if (body.contains('"' + shape.model() + '"')) {
        return Optional.of(shape);
      }
    }
    return Optional.empty();
  }
}
