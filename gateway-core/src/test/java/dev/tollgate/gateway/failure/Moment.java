package dev.tollgate.gateway.failure;

/** When it fails. */
enum Moment {
  /** The client is still sending its request. */
  IN_THE_REQUEST("in the request"),
  /** The request is at the upstream, or on its way there. */
  BEFORE_THE_HEADERS("before the headers"),
  /** The client has status and headers, and nothing of the body. */
  BEFORE_THE_BODY("before the body"),
  /** Some of the body has been relayed, up to the middle of an event or of the JSON. */
  IN_THE_BODY("in the body"),
  /** All has been relayed but the end: of a stream, {@code [DONE]} is there. */
  AT_THE_END("at the end"),
  /** The client has the end. */
  AFTER_THE_END("after the end");

  private final String text;

  Moment(String text) {
    this.text = text;
  }

  @Override
  public String toString() {
    return text;
  }
}
