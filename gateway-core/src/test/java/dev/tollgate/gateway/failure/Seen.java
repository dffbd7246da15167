package dev.tollgate.gateway.failure;

/** What everybody sees of a failure. */
record Seen(ClientSees client, UpstreamSees upstream, BooksSay books, Logged logged) {
  /** As cells of a row. */
  @Override
  public String toString() {
    return client + " | " + upstream + " | " + books + " | " + logged;
  }
}
