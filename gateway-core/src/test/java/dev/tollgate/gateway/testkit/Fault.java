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
}
