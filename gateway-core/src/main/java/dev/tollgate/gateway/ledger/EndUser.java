package dev.tollgate.gateway.ledger;

import dev.tollgate.gateway.account.KeyFingerprint;

/**
 * Names of a project's own users in the form that the ledger records. The gateway records the name
 * that a request gives; it does not check it.
 */
public final class EndUser {
  /** The length of the longest name that is recorded as it is, in characters (code points). */
  public static final int MAX_CHARACTERS = 128;

  /** Precedes the SHA-256 of a longer name. */
  private static final String HASHED = "sha256:";

  private EndUser() {}

  /**
   * The name to record.
   *
   * @param given the name as the request gives it
   * @return the name without surrounding white space; for a name of more than {@link
   *     #MAX_CHARACTERS} characters, its SHA-256 in hexadecimal, such as {@code sha256:9f86...};
   *     empty for a blank name
   */
  public static String of(String given) {
    String name = given.strip();
    return name.codePointCount(0, name.length()) <= MAX_CHARACTERS
        ? name
        : HASHED + KeyFingerprint.of(name).hex();
  }
}
