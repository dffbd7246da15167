package dev.tollgate.gateway.account;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The SHA-256 of an API key, which is stored in place of the key. A key has 256 random bits, so a
 * plain hash resists a brute-force search. Immutable; compared in constant time.
 */
public final class KeyFingerprint {
  private static final int BYTES = 32;
  private static final int PREFIX_BYTES = 4;

  private final byte[] sha256;

  private KeyFingerprint(byte[] sha256) {
    this.sha256 = sha256;
  }

  /** The fingerprint of a key as presented, in whatever form. */
  public static KeyFingerprint of(String key) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return new KeyFingerprint(digest.digest(key.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /**
   * Parses the output of {@link #hex}.
   *
   * @throws IllegalArgumentException if {@code hex} is not 64 hexadecimal digits
   */
  public static KeyFingerprint parse(String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException("a fingerprint must have 64 hexadecimal digits");
    }
    return new KeyFingerprint(bytes);
  }

  /** All 64 hexadecimal digits, for a store. */
  public String hex() {
    return HexFormat.of().formatHex(sha256);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof KeyFingerprint fingerprint
        && MessageDigest.isEqual(sha256, fingerprint.sha256);
  }

  @Override
  public int hashCode() {
    return ByteBuffer.wrap(sha256).getInt();
  }

  /** The first 8 digits: enough to recognise a key in a log, useless for guessing it. */
  @Override
  public String toString() {
    return HexFormat.of().formatHex(sha256, 0, PREFIX_BYTES);
  }
}
