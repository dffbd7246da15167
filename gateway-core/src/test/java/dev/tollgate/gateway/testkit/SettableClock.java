package dev.tollgate.gateway.testkit;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** A clock that goes when it is told to. Safe for use by many threads. */
public final class SettableClock implements InstantSource {
  private volatile Instant now = Instant.parse("2026-01-01T00:00:00Z");

  @Override
  public Instant instant() {
    return now;
  }

  /** The same time as {@link System#nanoTime} would tell it. */
  public long nanoTime() {
    return now.toEpochMilli() * 1_000_000;
  }

  public void advance(Duration by) {
    now = now.plus(by);
  }
}
