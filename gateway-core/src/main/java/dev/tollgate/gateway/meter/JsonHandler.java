package dev.tollgate.gateway.meter;

/** Receives the events of JSON documents, in order. Arrays are valid only during the call. */
interface JsonHandler {
  /** The events that the handler wants for a value. */
  enum Take {
    /** No event until the end of the value, except those for what is inside an object or array. */
    NOTHING,
    /** For a string: its text in runs. */
    RUNS,
    /** The whole value in one event, and no event for what is inside. */
    WHOLE
  }

  /** A key, with its escapes decoded, cut to {@link JsonTokenizer#STRING_BYTES}. */
  void key(byte[] bytes, int from, int to);

  /**
   * A value begins.
   *
   * @param first its first byte, which distinguishes objects, arrays and strings from scalars
   */
  Take value(byte first);

  /** The innermost open object or array has ended. */
  void end();

  /** A run of a string's text without escapes. */
  void run(byte[] bytes, int from, int to);

  /** An escaped character of a string's text: a UTF-16 code unit. */
  void escaped(char unit);

  /**
   * A whole value: the text of a string, with its escapes decoded, or a number or word, cut to
   * {@link JsonTokenizer#STRING_BYTES}; the bytes of an object or array as written, cut to {@link
   * JsonTokenizer#RAW_BYTES}, which makes them invalid JSON.
   */
  void whole(byte[] bytes, int from, int to);
}
