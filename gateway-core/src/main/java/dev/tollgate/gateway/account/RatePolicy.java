package dev.tollgate.gateway.account;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How many requests a project may make.
 *
 * @param kind what the number depends on
 * @param requests in {@code seconds}; 0 where the kind is not {@link Kind#FIXED}
 * @param seconds 1 or 60; likewise
 */
public record RatePolicy(Kind kind, int requests, int seconds) {
  /** What the number of requests depends on. */
  public enum Kind {
    /** As many as come. */
    OFF,
    /** A number. */
    FIXED,
    /**
     * One a second, and from two US dollars on as many as there are dollars available, up to 500;
     * of models whose names end in {@code :free} 20 a minute and 200 a day. What OpenRouter once
     * published of its own limits.
     */
    BY_CREDIT
  }

  /** As many as come. */
  public static final RatePolicy OFF = new RatePolicy(Kind.OFF, 0, 0);

  /** See {@link Kind#BY_CREDIT}. */
  public static final RatePolicy BY_CREDIT = new RatePolicy(Kind.BY_CREDIT, 0, 0);

  /** The forms that {@link #parse} reads, for a message. */
  public static final String FORM = "off, by-credit, or a number of requests such as 10/s or 600/m";

  /** How many requests for free models {@link Kind#BY_CREDIT} lets be made in a minute. */
  public static final int FREE_OF_MINUTE = 20;

  /** How many in a day of UTC. */
  public static final int FREE_OF_DAY = 200;

  private static final long NANOS_PER_DOLLAR = 1_000_000_000;
  private static final long MOST_BY_CREDIT = 500;
  private static final Pattern FIXED = Pattern.compile("([1-9][0-9]{0,5})/(s|m)");
  private static final int MINUTE = 60;

  /**
   * Reads what {@link #toString} writes.
   *
   * @throws IllegalArgumentException if {@code text} is none of {@link #FORM}; the number is from 1
   *     to 999,999
   */
  public static RatePolicy parse(String text) {
    Matcher matcher = FIXED.matcher(text);
    if (matcher.matches()) {
      return new RatePolicy(
          Kind.FIXED,
          Integer.parseInt(matcher.group(1)),
          matcher.group(2).equals("s") ? 1 : MINUTE);
    }
    return switch (text) {
      case "off" -> OFF;
      case "by-credit" -> BY_CREDIT;
      default -> throw new IllegalArgumentException("a rate is " + FORM);
    };
  }

  /**
   * How many requests a second {@link Kind#BY_CREDIT} lets be made.
   *
   * @param availableNanos what the project may spend, in nano-dollars
   */
  public static int byCredit(long availableNanos) {
    return (int) Math.min(MOST_BY_CREDIT, Math.max(1, availableNanos / NANOS_PER_DOLLAR));
  }

  /** Such as {@code 10/s}. */
  @Override
  public String toString() {
    return switch (kind) {
      case OFF -> "off";
      case BY_CREDIT -> "by-credit";
      case FIXED -> requests + (seconds == 1 ? "/s" : "/m");
    };
  }
}
