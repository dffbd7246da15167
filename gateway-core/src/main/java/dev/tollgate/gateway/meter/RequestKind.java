package dev.tollgate.gateway.meter;

/**
 * The kind of a request, as far as it matters for the cost. Upstreams accept members that they do
 * not know, so a bound counts only on a route that knows the member.
 */
public enum RequestKind {
  /** Chat completions. */
  CHAT,
  /** Text completions. */
  COMPLETION,
  /** Responses. */
  RESPONSE,
  /** Messages. */
  MESSAGE,
  /** Embeddings, whose output does not consist of tokens. */
  EMBEDDING;

  /** Whether the answer has tokens that are charged. */
  public boolean generates() {
    return this != EMBEDDING;
  }

  /** Whether a member of the request body limits the tokens of an answer. */
  boolean isBound(String member) {
    return RequestTable.of(this).kindOf(member) == MemberKind.BOUND;
  }
}
