package dev.tollgate.gateway.ledger;

import dev.tollgate.gateway.ledger.UsageQuery.Dimension;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Read access to the ledger, for the operator. Reads the current state while others write. Methods
 * may block and throw {@link dev.tollgate.gateway.account.StoreUnavailableException}.
 */
public interface Reports {
  /**
   * What was used and charged.
   *
   * @param of the project's id, the key's id, the upstream's model name and the end user (either
   *     may be empty), and the day such as 2026-11-30: those that the query asks for
   * @param requests how many requests were charged, including charges of zero
   * @param unresolved how many of the requests have a cost that will never be known
   * @param tokens the sums of the known token numbers
   * @param cost the upstream's cost
   * @param charge the charge to the project
   * @param refunded the refunds booked in the time, whenever their charges were made
   */
  record Usage(
      Map<Dimension, String> of,
      long requests,
      long unresolved,
      Tokens tokens,
      Money cost,
      Money charge,
      Money refunded) {
    /** Nothing at all. */
    public static final Usage NONE =
        new Usage(Map.of(), 0, 0, Tokens.NONE, Money.ZERO, Money.ZERO, Money.ZERO);

    /** Copies the map. */
    public Usage {
      of = Map.copyOf(of);
    }

    /** The sum of both, which is of no dimension. */
    public Usage plus(Usage other) {
      return new Usage(
          Map.of(),
          requests + other.requests,
          unresolved + other.unresolved,
          tokens.plus(other.tokens),
          cost.plusSaturated(other.cost),
          charge.plusSaturated(other.charge),
          refunded.plusSaturated(other.refunded));
    }
  }

  /**
   * A violation of a ledger rule.
   *
   * @param rule the rule, in a few words
   * @param projectId the project
   * @param id the id of the hold or the entry; empty: the project's own row
   * @param detail the figures
   */
  record Violation(String rule, String projectId, String id, String detail) {}

  /**
   * The captured cost of one upstream key.
   *
   * @param captured the cost of all its charges
   * @param charges the number of charges
   * @param unsettled the number of requests sent with the key whose cost is not known yet
   * @param unresolved the number of requests whose cost will never be known
   */
  record Spending(
      String upstreamKeyId, Money captured, long charges, long unsettled, long unresolved) {}

  /**
   * The starting point for a comparison of our figures with the upstream's.
   *
   * @param usage the spending with the key that the upstream reported at {@code at}, in US dollars
   * @param captured the captured cost at {@code at}
   * @param charges the number of charges at {@code at}
   */
  record Baseline(BigDecimal usage, Money captured, long charges, Instant at) {}

  /**
   * The number of unsettled holds.
   *
   * @param open the number of open holds by age: first those younger than the first given age, and
   *     so on. The last number counts the holds that are at least as old as the last given age
   */
  record HoldCounts(List<Long> open, long pending) {
    /** Copies the list. */
    public HoldCounts {
      open = List.copyOf(open);
    }
  }

  /**
   * The unsettled requests of a project.
   *
   * @param open the number of open holds
   * @param pending the number of pending holds
   * @param held what is held for all of them
   */
  record InFlight(long open, long pending, Money held) {
    /** None. */
    public static final InFlight NONE = new InFlight(0, 0, Money.ZERO);
  }

  /** The unsettled requests of each project that has any, by the project's id. */
  Map<String, InFlight> inFlight();

  /** The entries that fit the filter, which names a project; newest first. */
  List<Entry> entries(EntryFilter filter, int limit);

  /**
   * The entries that fit the filter and were booked after a position, in the order of booking. A
   * reader that continues from {@link EntryPage#next} gets each entry once. It misses none, however
   * late an entry was booked and whatever time the entry has.
   *
   * @param after a position of an earlier page; empty: the beginning
   * @param limit more than zero
   * @throws IllegalArgumentException if {@code after} is not the position of an entry of this
   *     ledger
   */
  EntryPage entriesAfter(EntryFilter filter, String after, int limit);

  /** An entry of a project; empty: the project has no entry with this id. */
  Optional<Entry> entry(String projectId, String id);

  /** A hold in any state; empty: there is no hold with this id. */
  Optional<Hold> hold(String id);

  /** When each key of a project had its last charge; keys that never had one are missing. */
  Map<String, Instant> lastUsed(String projectId);

  /** The charges of a query, by day if it asks for that, and then the highest charge first. */
  List<Usage> usage(UsageQuery query);

  /** The open and pending holds of all projects and nodes, oldest first. */
  List<Hold> unsettled(int limit);

  /**
   * Counts the open and pending holds of all projects and nodes.
   *
   * @param ages the upper bounds of the age buckets of open holds, ascending
   * @param limit the maximum number of holds to read
   */
  HoldCounts holdCounts(Instant now, List<Duration> ages, int limit);

  /** The charges of all projects whose true cost was never found, newest first. */
  List<Entry> unresolved(int limit);

  /**
   * Every row that violates a ledger rule; empty if there is no violation.
   *
   * @param now times that are later than this by more than {@link Ledger#CLOCK_SKEW} are in the
   *     future
   * @param maxDelay the longest allowed delay until the next attempt for a pending hold
   */
  List<Violation> violations(Instant now, Duration maxDelay);

  /** The captured cost of each upstream key that was ever used. */
  List<Spending> spending();

  /** The stored baseline of an upstream key; empty: there is none. */
  Optional<Baseline> baseline(String upstreamKeyId);

  /** Stores a baseline and replaces the previous one. */
  void setBaseline(String upstreamKeyId, Baseline baseline);
}
