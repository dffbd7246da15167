package dev.tollgate.gateway.account;

import java.security.SecureRandom;
import java.util.Base64;

/** Generates API keys and ids from a strong random source. Safe for use by many threads. */
public final class KeyMint {
  private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";
  private static final int PUBLIC_CHARACTERS = 8;
  private static final int PROJECT_ID_CHARACTERS = 16;
  private static final int SECRET_BYTES = 32;

  private final SecureRandom random = new SecureRandom();

  /**
   * A new key.
   *
   * @param id the public part: {@code tg_} or {@code tgm_} and 8 characters
   * @param key the whole key, shown only once
   */
  public record Minted(String id, Secret key) {
    /** The fingerprint that a store keeps in place of the key. */
    public KeyFingerprint fingerprint() {
      return KeyFingerprint.of(key.reveal());
    }
  }

  /** A new key for inference: {@code tg_<8 characters>_<43 characters of base64url, 256 bits>}. */
  public Minted mintKey() {
    return mintKey(ApiKey.Kind.INFERENCE);
  }

  /** A new key. A management key starts with {@code tgm_}, any other with {@code tg_}. */
  public Minted mintKey(ApiKey.Kind kind) {
    String prefix =
        switch (kind) {
          case INFERENCE -> "tg_";
          case MANAGEMENT -> "tgm_";
        };
    String id = prefix + randomText(PUBLIC_CHARACTERS);
    byte[] secret = new byte[SECRET_BYTES];
    random.nextBytes(secret);
    String text = Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
    return new Minted(id, Secret.of(id + "_" + text));
  }

  /** A new project id, {@code prj_} and 16 characters. */
  public String mintProjectId() {
    return "prj_" + randomText(PROJECT_ID_CHARACTERS);
  }

  private String randomText(int characters) {
    StringBuilder text = new StringBuilder(characters);
    for (int i = 0; i < characters; i++) {
      text.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
    }
    return text.toString();
  }
}
