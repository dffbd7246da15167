package dev.tollgate.gateway.ledger;

/** What became of a change to a hold. */
public enum Settled {
  /** It was made now. */
  DONE,
  /** The same had been done before; nothing has changed. */
  REPEATED,
  /** The hold had ended otherwise before; nothing has changed. */
  LATE,
  /** There is no such hold. */
  UNKNOWN
}
