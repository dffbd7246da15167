package dev.tollgate.benchmark;

import java.util.Locale;

/** What is measured, in the order of the tables. */
enum Measure {
  JSON("JSON, closed loop", Shape.JSON, 32),
  MODELS("An unmetered route, closed loop", Shape.MODELS, 32),
  PACED("Event streams, 50 events a second each", Shape.PACED, 100),
  FLAT("Event streams, flat out", Shape.FLAT, 32),
  RATE("JSON at a fixed rate", Shape.JSON, 500),
  IDLE("Idle event streams", Shape.IDLE, 2_000);

  private final String title;
  private final Shape shape;
  private final int size;

  Measure(String title, Shape shape, int size) {
    this.title = title;
    this.shape = shape;
    this.size = size;
  }

  String title() {
    return title;
  }

  Shape shape() {
    return shape;
  }

  /** How many clients, streams or requests per second. */
  int size() {
    return size;
  }

  static Measure of(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }
}
