package dev.tollgate.gateway.jdbc;

/** What one attempt to commit a batch came to. {@link BatchCommitter} decides what follows. */
sealed interface CommitOutcome {
  /** The batch is in the database. */
  record Committed() implements CommitOutcome {}

  /** A change of the batch is at fault: the same batch would fail again. */
  record Refused(RuntimeException why) implements CommitOutcome {}

  /** Another session has locked the row of a project for longer than an attempt waits. */
  record Contended(RuntimeException why) implements CommitOutcome {}

  /**
   * The database is down, locked by another process, or had to break a deadlock. The batch may be
   * committed all the same, if the answer to the commit was lost.
   */
  record Unavailable(RuntimeException why) implements CommitOutcome {}
}
