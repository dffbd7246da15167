package dev.tollgate.gateway.ledger;

/**
 * How many tokens an answer took, as the upstream counts them.
 *
 * @param prompt zero or more; {@link #UNKNOWN} if it did not say
 * @param completion likewise
 */
public record Tokens(long prompt, long completion) {
  /** In place of a number that is not known. */
  public static final long UNKNOWN = -1;

  /** Nothing is known. */
  public static final Tokens NONE = new Tokens(UNKNOWN, UNKNOWN);
}
