package dev.tollgate.gateway.jdbc;

/** The outcome of one attempt to commit a batch. {@link BatchCommitter} decides what to do next. */
sealed interface CommitOutcome {
  /** The batch is in the database. */
  record Committed() implements CommitOutcome {}

  /** A change in the batch is at fault: the same batch would fail again. */
  record Refused(RuntimeException why) implements CommitOutcome {}

  /** Another session has kept the row of a project locked for longer than an attempt waits. */
  record Contended(RuntimeException why) implements CommitOutcome {}

  /**
   * The database is down, locked by another process, or broke a deadlock. The batch may still be
   * committed, if the answer to the commit was lost.
   */
  record Unavailable(RuntimeException why) implements CommitOutcome {}
}
