package dev.tollgate.gateway.meter;

import java.util.Optional;

/**
 * What a {@link UsageTap} has read of an answer so far.
 *
 * @param usage what the answer took; empty: it did not say
 * @param error whether the answer carried an error, whatever its status was
 * @param whole whether the answer is whole: a closed JSON value, or the last event of its protocol
 * @param delivered how much was generated
 * @param model who answered, at most 200 characters, without control characters
 * @param generationId the id in the body by which the upstream can be asked for the cost
 */
record Reading(
    Optional<Usage> usage,
    boolean error,
    boolean whole,
    Delivered delivered,
    Optional<String> model,
    Optional<String> generationId) {
  /**
   * Generated output, as far as it was delivered.
   *
   * @param characters of text, in code points
   * @param media how many pictures, sounds and files
   * @param unreadBytes how many bytes could not be read, such as those of an unknown coding
   */
  record Delivered(long characters, long media, long unreadBytes) {
    /** English has about four characters to a token. */
    private static final int CHARACTERS_PER_TOKEN = 4;

    private static final int BYTES_PER_TOKEN = 4;

    /** About as many tokens as a picture has with most models. */
    private static final int TOKENS_PER_MEDIA = 1000;

    boolean isNothing() {
      return characters + media + unreadBytes == 0;
    }

    /** An estimate of the tokens of this output. */
    long tokens() {
      return (characters + CHARACTERS_PER_TOKEN - 1) / CHARACTERS_PER_TOKEN
          + media * TOKENS_PER_MEDIA
          + (unreadBytes + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN;
    }
  }
}
