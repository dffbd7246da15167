package dev.tollgate.gateway.account;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/** A secret that cannot be printed by accident. Immutable; compared in constant time. */
public final class Secret {
  private final String value;

  private Secret(String value) {
    this.value = value;
  }

  /**
   * @throws IllegalArgumentException if {@code value} is blank or has a character that is not
   *     allowed in a header value
   */
  public static Secret of(String value) {
    if (value.isBlank() || !value.chars().allMatch(c -> c >= 0x20 && c < 0x7f)) {
      throw new IllegalArgumentException("a secret must be one line of printable ASCII, not blank");
    }
    return new Secret(value);
  }

  /** The secret in plain text, for the code that must send it. Never log it. */
  public String reveal() {
    return value;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Secret secret
        && MessageDigest.isEqual(
            value.getBytes(StandardCharsets.UTF_8), secret.value.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public int hashCode() {
    return value.hashCode();
  }

  @Override
  public String toString() {
    return "***";
  }
}
