package dev.tollgate.gateway.ledger;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * Names of a project's own users in the form that the ledger records. The gateway records the name
 * that a request gives; it does not check it.
 */
public final class EndUser {
  /** The length of the longest name that is recorded as it is, in characters (code points). */
  public static final int MAX_CHARACTERS = 128;

  /** Precedes the SHA-256 of a longer name. */
  private static final String HASHED = "sha256:";

  // A name is shown on the operator's terminal.
  private static final Pattern CONTROL = Pattern.compile("\\p{Cc}");

  private EndUser() {}

  /**
   * The name to record.
   *
   * @param given the name as the request gives it
   * @return the name without surrounding white space, with U+FFFD in place of control characters;
   *     for a name of more than {@link #MAX_CHARACTERS} characters, its SHA-256 in hexadecimal,
   *     such as {@code sha256:9f86...}; empty for a blank name
   */
  public static String of(String given) {
    String name = given.strip();
    if (name.codePointCount(0, name.length()) <= MAX_CHARACTERS) {
      return CONTROL.matcher(name).replaceAll("\uFFFD");
    }
    byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
    return hash(utf8, 0, utf8.length);
  }

  /**
   * The name to record for the value of a header. Containers read the bytes of a header as Latin-1,
   * but clients send UTF-8.
   */
  public static String ofHeader(String value) {
    boolean latin1 = value.chars().allMatch(c -> c <= 0xFF);
    return of(latin1 ? utf8IfValid(value) : value);
  }

  private static String utf8IfValid(String latin1) {
    ByteBuffer bytes = ByteBuffer.wrap(latin1.getBytes(StandardCharsets.ISO_8859_1));
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      return latin1;
    }
  }

  /** The record of a name that is longer than {@link #MAX_CHARACTERS}, in UTF-8. */
  public static String hash(byte[] utf8, int offset, int length) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(utf8, offset, length);
      return HASHED + HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
