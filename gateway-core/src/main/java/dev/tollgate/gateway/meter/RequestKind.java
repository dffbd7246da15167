package dev.tollgate.gateway.meter;

/**
 * What is asked for, as far as its cost is concerned. Upstreams accept members that they do not
 * know, so a bound counts only where the route knows it.
 */
public enum RequestKind {
  /** Chat completions. */
  CHAT,
  /** Completions of a text. */
  COMPLETION,
  /** Responses. */
  RESPONSE,
  /** Messages. */
  MESSAGE,
  /** Embeddings: what comes back is not made of tokens. */
  EMBEDDING;

  /** Whether the answer has tokens that are paid for. */
  public boolean generates() {
    return this != EMBEDDING;
  }

  /** Whether a member of the request's body bounds how many tokens an answer has. */
  boolean isBound(String member) {
    return RequestTable.of(this).kindOf(member) == MemberKind.BOUND;
  }
}
