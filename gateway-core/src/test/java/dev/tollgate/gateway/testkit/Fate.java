package dev.tollgate.gateway.testkit;

/** What a container does with a faulty request. */
public enum Fate {
  /** It lets the gateway see the fault, which refuses it in its own words. */
  SEEN,
  /** It refuses the request by itself, in words of its own. */
  REFUSED,
  /** It takes the fault away: the gateway sees a request without it. */
  REPAIRED,
  /** It ends the connection without an answer. */
  CUT_OFF,
}
