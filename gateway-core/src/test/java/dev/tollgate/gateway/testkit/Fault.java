package dev.tollgate.gateway.testkit;

/** A fault in a request that a container may not let a servlet see. */
public enum Fault {
  /** An escape in the query that is none. */
  ESCAPE,
  /** Escapes in the query that are not UTF-8. */
  NOT_UTF_8,
  /** A character in the query that no URI has, such as a brace. */
  QUERY_CHARACTER,
  /** Something in place of the size of a chunk. */
  BROKEN_CHUNK,
  /** Half a body, then the end of what the client sends. */
  HALF_A_BODY,
  /** A length and chunks. */
  TWO_FRAMINGS,
  /** Two lengths, different ones. */
  TWO_LENGTHS,
  /** A transfer coding that is not chunked, but nearly. */
  ODD_CODING,
  /** No host. */
  NO_HOST,
  /** Two hosts. */
  TWO_HOSTS;

  /** What Jetty does: it refuses by itself what two servers may read in two ways. */
  public Fate inJetty() {
    return switch (this) {
      case TWO_FRAMINGS, TWO_LENGTHS, ODD_CODING, NO_HOST, TWO_HOSTS -> Fate.REFUSED;
      case ESCAPE, NOT_UTF_8, QUERY_CHARACTER, BROKEN_CHUNK, HALF_A_BODY -> Fate.SEEN;
    };
  }
}
