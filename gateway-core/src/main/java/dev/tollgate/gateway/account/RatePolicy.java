package dev.tollgate.gateway.account;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The rate limit on a project's requests.
 *
 * @param kind how the limit is computed
 * @param requests the number of requests per {@code seconds}; 0 unless the kind is {@link
 *     Kind#FIXED}
 * @param seconds 1 or 60; 0 unless the kind is {@link Kind#FIXED}
 */
public record RatePolicy(Kind kind, int requests, int seconds) {
  /** How the limit is computed. */
  public enum Kind {
    /** No limit. */
    OFF,
    /** A fixed number. */
    FIXED,
    /**
     * One request a second for each US dollar available, at least 1 and at most 500. Models whose
     * names end in {@code :free} have 20 requests a minute and 200 a day. These are limits that
     * OpenRouter once published.
     */
    BY_CREDIT
  }

  /** No limit. */
  public static final RatePolicy OFF = new RatePolicy(Kind.OFF, 0, 0);

  /** See {@link Kind#BY_CREDIT}. */
  public static final RatePolicy BY_CREDIT = new RatePolicy(Kind.BY_CREDIT, 0, 0);

  /** The forms that {@link #parse} accepts, for a message. */
  public static final String FORM = "off, by-credit, or a number of requests such as 10/s or 600/m";

  /** The limit of {@link Kind#BY_CREDIT} on requests for free models in a minute. */
  public static final int FREE_OF_MINUTE = 20;

  /** The limit of {@link Kind#BY_CREDIT} on requests for free models in a UTC day. */
  public static final int FREE_OF_DAY = 200;

  private static final long NANOS_PER_DOLLAR = 1_000_000_000;
  private static final long MOST_BY_CREDIT = 500;
  private static final Pattern FIXED = Pattern.compile("([1-9][0-9]{0,5})/(s|m)");
  private static final int MINUTE = 60;

  /**
   * Parses the output of {@link #toString}.
   *
   * @throws IllegalArgumentException if {@code text} has none of the forms in {@link #FORM}; a
   *     number is from 1 to 999,999
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
      default -> throw new IllegalArgumentException("a rate must be " + FORM);
    };
  }

  /**
   * The number of requests a second that {@link Kind#BY_CREDIT} allows.
   *
   * @param availableNanos the amount that the project may spend, in nano-dollars
   */
  public static int byCredit(long availableNanos) {
    return (int) Math.min(MOST_BY_CREDIT, Math.max(1, availableNanos / NANOS_PER_DOLLAR));
  }

  /** A text such as {@code 10/s}. */
  @Override
  public String toString() {
    return switch (kind) {
      case OFF -> "off";
      case BY_CREDIT -> "by-credit";
      case FIXED -> requests + (seconds == 1 ? "/s" : "/m");
    };
  }
}
