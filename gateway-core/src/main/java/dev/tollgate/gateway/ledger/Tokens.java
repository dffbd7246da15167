package dev.tollgate.gateway.ledger;

/**
 * Tokens of one answer in the normal form that covers all protocols. Each part is zero or more, or
 * {@link #UNKNOWN} if the upstream did not name it.
 *
 * @param input all tokens of the prompt, cached ones and cache writes included
 * @param cached the part of {@code input} that was read from a cache
 * @param cacheWrite the part of {@code input} that was written to a cache
 * @param output all generated tokens, reasoning included
 * @param reasoning the part of {@code output} that was reasoning
 */
public record Tokens(long input, long cached, long cacheWrite, long output, long reasoning) {
  /** Stands for a number that is not known. */
  public static final long UNKNOWN = -1;

  /** Nothing is known. */
  public static final Tokens NONE = new Tokens(UNKNOWN, UNKNOWN);

  /** Tokens whose parts are not known. */
  public Tokens(long input, long output) {
    this(input, UNKNOWN, UNKNOWN, output, UNKNOWN);
  }

  /** The sum, part by part. A part that only one side knows is that side's. */
  public Tokens plus(Tokens other) {
    return new Tokens(
        sum(input, other.input),
        sum(cached, other.cached),
        sum(cacheWrite, other.cacheWrite),
        sum(output, other.output),
        sum(reasoning, other.reasoning));
  }

  private static long sum(long one, long other) {
    return one == UNKNOWN || other == UNKNOWN ? Math.max(one, other) : one + other;
  }
}
