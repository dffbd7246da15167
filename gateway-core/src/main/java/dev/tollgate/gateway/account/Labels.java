package dev.tollgate.gateway.account;

/** Names for people, of keys and projects. Not unique, and used for nothing but to be shown. */
final class Labels {
  private static final int MAX_LENGTH = 100;

  private Labels() {}

  /**
   * Checks a name.
   *
   * @param field what the name is called in messages
   * @param label empty: there is none
   * @throws IllegalArgumentException with a message for the operator
   */
  static void require(String field, String label) {
    StoredText.require(field, label);
    int length = label.codePointCount(0, label.length());
    if (length > MAX_LENGTH) {
      throw new IllegalArgumentException(
          "%s has %,d characters, but may have at most %d".formatted(field, length, MAX_LENGTH));
    }
    if (label.codePoints().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException(
          field + " holds a control character, such as a line break");
    }
  }
}
