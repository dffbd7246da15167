package dev.tollgate.gateway.account;

import java.nio.charset.StandardCharsets;

/**
 * What may change of a key after it was made.
 *
 * @param name for people, one line of at most 100 characters; empty: the key has none
 * @param metadata a JSON object as text, at most 1,024 bytes of UTF-8; empty: the key has none
 * @param disabled the key is refused for as long as this is set
 * @param caps the spending caps; none for a management key, which spends nothing
 */
public record KeySettings(String name, String metadata, boolean disabled, SpendingCaps caps) {
  /** The settings of a key that was given none. */
  public static final KeySettings NONE = new KeySettings("", "", false, SpendingCaps.NONE);

  private static final int MAX_METADATA_BYTES = 1_024;

  /**
   * Checks the texts, but not that {@code metadata} is JSON.
   *
   * @throws IllegalArgumentException with a message for the operator
   */
  public KeySettings {
    Labels.require("name", name);
    StoredText.require("metadata", metadata);
    int bytes = metadata.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > MAX_METADATA_BYTES) {
      throw new IllegalArgumentException(
          "metadata has %,d bytes, but may have at most %,d".formatted(bytes, MAX_METADATA_BYTES));
    }
  }

  /** Settings with caps and nothing else. */
  public static KeySettings of(SpendingCaps caps) {
    return NONE.withCaps(caps);
  }

  /** These settings with other caps. */
  public KeySettings withCaps(SpendingCaps other) {
    return new KeySettings(name, metadata, disabled, other);
  }
}
