package dev.tollgate.gateway.ledger;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What the books say, for the operator. Reads what is there now, beside whatever is being written.
 * Methods may block and throw {@link dev.tollgate.gateway.account.StoreUnavailableException}.
 */
public interface Reports {
  /**
   * What a project used of one model.
   *
   * @param model as the upstream calls it; possibly empty
   * @param requests how many were charged, if only with zero
   * @param tokens summed up where they are known
   * @param cost the upstream's
   * @param charge the project's
   */
  record Usage(String model, long requests, Tokens tokens, Money cost, Money charge) {}

  /**
   * A rule that the books break.
   *
   * @param rule in a few words
   * @param projectId where
   * @param id of the hold or the entry; empty: the project's own row
   * @param detail the figures
   */
  record Violation(String rule, String projectId, String id, String detail) {}

  /**
   * What was captured with one upstream key.
   *
   * @param captured the cost of all its charges
   * @param charges how many there are
   * @param unsettled how many requests were sent with it whose cost is not known yet
   * @param unresolved how many will never be known
   */
  record Spending(
      String upstreamKeyId, Money captured, long charges, long unsettled, long unresolved) {}

  /**
   * From where on the two sides are compared.
   *
   * @param usage what the upstream said then that was spent with the key, in US dollars
   * @param captured what had been captured then
   * @param charges how many there were then
   */
  record Baseline(BigDecimal usage, Money captured, long charges, Instant at) {}

  /**
   * How many holds there are.
   *
   * @param open by age: younger than the first one that was asked for, and so on; the last one: as
   *     old as the last one or older
   */
  record HoldCounts(List<Long> open, long pending) {
    /** Copies the list. */
    public HoldCounts {
      open = List.copyOf(open);
    }
  }

  /** A project's entries, newest first. */
  List<Entry> entries(String projectId, int limit);

  /** An entry of a project, if there is one with this id. */
  Optional<Entry> entry(String projectId, String id);

  /** A hold, whatever state it is in; empty: there is none with this id. */
  Optional<Hold> hold(String id);

  /** A project's credits, newest first. */
  List<Entry> credits(String projectId, int limit);

  /** What a project used since then, by model, the dearest first. */
  List<Usage> usage(String projectId, Instant since);

  /** The holds that are open or pending, oldest first, of all projects and nodes. */
  List<Hold> unsettled(int limit);

  /**
   * How many holds are open and pending, of all projects and nodes.
   *
   * @param ages up to where the ages of open ones are told apart, ascending
   * @param limit so many are looked at, at most
   */
  HoldCounts holdCounts(Instant now, List<Duration> ages, int limit);

  /** The charges whose true cost was never found out, newest first, of all projects. */
  List<Entry> unresolved(int limit);

  /**
   * Every row that breaks a rule of the books; empty if all is well.
   *
   * @param now what is later by more than {@link Ledger#CLOCK_SKEW} is in the future
   * @param maxDelay how far ahead a pending hold is asked for next at most
   */
  List<Violation> violations(Instant now, Duration maxDelay);

  /** What was captured, for each upstream key that was ever used. */
  List<Spending> spending();

  /** The stored baseline of an upstream key, if there is one. */
  Optional<Baseline> baseline(String upstreamKeyId);

  /** Stores a baseline in place of the one before. */
  void setBaseline(String upstreamKeyId, Baseline baseline);
}
