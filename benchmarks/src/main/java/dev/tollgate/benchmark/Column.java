package dev.tollgate.benchmark;

/** What a table says of each target. */
enum Column {
  CPU_PER_REQUEST("CPU us per request", 1),
  CPU_PER_EVENT("CPU us per event", 1),
  REQUESTS_PER_SECOND("requests/s", 0),
  EVENTS_PER_SECOND("events/s", 0),
  LATENCY_P50("p50 ms", 2),
  LATENCY_P99("p99 ms", 2),
  DELAY_P50("delay of an event, p50 ms", 2),
  DELAY_P99("p99 ms", 2),
  KB_PER_STREAM("KB per stream", 1),
  STREAMS("streams", 0);

  private final String title;
  private final int digits;

  Column(String title, int digits) {
    this.title = title;
    this.digits = digits;
  }

  String title() {
    return title;
  }

  /** How many digits are worth saying. */
  int digits() {
    return digits;
  }

  /** Whether targets are compared by it. */
  boolean isCost() {
    return this == CPU_PER_REQUEST || this == CPU_PER_EVENT || this == KB_PER_STREAM;
  }
}
