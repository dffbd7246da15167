package dev.tollgate.gateway.meter;

import java.util.Optional;

/**
 * The facts that a {@link UsageTap} has read from an answer so far.
 *
 * @param usage the stated usage; empty: the answer stated none
 * @param error whether the answer contained an error, whatever its status
 * @param whole whether the answer is complete: a closed JSON value, or the last event of its
 *     protocol
 * @param delivered the generated output
 * @param model the model that answered, at most 200 characters, without control characters
 * @param generationId the id in the body of the answer, with which its cost can be looked up
 */
record Reading(
    Optional<Usage> usage,
    boolean error,
    boolean whole,
    Delivered delivered,
    Optional<String> model,
    Optional<String> generationId) {
  /**
   * The generated output, as far as it was delivered.
   *
   * @param characters the number of text characters, in code points
   * @param media the number of pictures, sounds and files
   * @param unreadBytes the number of bytes that could not be read, such as those in an unknown
   *     coding
   */
  record Delivered(long characters, long media, long unreadBytes) {
    /** English has about four characters per token. */
    private static final int CHARACTERS_PER_TOKEN = 4;

    private static final int BYTES_PER_TOKEN = 4;

    /** Close to the number of tokens of a picture with most models. */
    private static final int TOKENS_PER_MEDIA = 1000;

    Delivered plus(long moreCharacters, long moreMedia) {
      return new Delivered(characters + moreCharacters, media + moreMedia, unreadBytes);
    }

    /** The larger of each count. */
    Delivered max(Delivered other) {
      return new Delivered(
          Math.max(characters, other.characters),
          Math.max(media, other.media),
          Math.max(unreadBytes, other.unreadBytes));
    }

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
