package dev.tollgate.gateway.ledger;

/**
 * The token counts of one answer, in one form for all protocols. Each count is zero or more, or
 * {@link #UNKNOWN} if the upstream did not state it.
 *
 * @param input all tokens of the prompt, including cached tokens and cache writes
 * @param cached the part of {@code input} that was read from a cache
 * @param cacheWrite the part of {@code input} that was written to a cache
 * @param output all generated tokens, including reasoning
 * @param reasoning the part of {@code output} that was reasoning
 */
public record Tokens(long input, long cached, long cacheWrite, long output, long reasoning) {
  /** A count that is not known. */
  public static final long UNKNOWN = -1;

  /** No count is known. */
  public static final Tokens NONE = new Tokens(UNKNOWN, UNKNOWN);

  /** Token counts whose parts are not known. */
  public Tokens(long input, long output) {
    this(input, UNKNOWN, UNKNOWN, output, UNKNOWN);
  }

  /** The sum of each count. If only one side knows a count, the result is that side's count. */
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
