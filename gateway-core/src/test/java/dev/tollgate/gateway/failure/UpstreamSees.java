package dev.tollgate.gateway.failure;

/** What becomes of the upstream's side of the exchange. It is never called twice. */
enum UpstreamSees {
  NEVER_CALLED("is never called"),
  /** All of its answer was taken. */
  READ("is read to its end"),
  CLOSED("its connection is closed"),
  /** It ends the connection by itself. */
  HAS_LEFT("-");

  private final String text;

  UpstreamSees(String text) {
    this.text = text;
  }

  @Override
  public String toString() {
    return text;
  }
}
