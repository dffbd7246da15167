package dev.tollgate.gateway.ledger;

/** The outcome of a change to a hold. */
public enum Settled {
  /** The change was made by this call. */
  DONE,
  /** The same change was made before; nothing has changed. */
  REPEATED,
  /** The hold had already ended differently; the hold and the balance are unchanged. */
  LATE,
  /** There is no such hold. */
  UNKNOWN
}
