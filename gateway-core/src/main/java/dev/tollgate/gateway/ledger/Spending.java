package dev.tollgate.gateway.ledger;

/**
 * The spending of a project, or of one of its keys, so far.
 *
 * @param project the sums of the whole project, even if the other figures are of one key
 * @param ever all charges; zero or more
 * @param daily the charges of the day, in UTC
 * @param weekly the charges since Monday, in UTC
 * @param monthly the charges of the month, in UTC
 * @param held the amount in open and pending holds
 * @param freeRequests how many requests for free models the project made on the day. Only requests
 *     that {@link HoldLimits#maxFreeOfDay} applied to are counted
 */
public record Spending(
    ProjectTotals project,
    Money ever,
    Money daily,
    Money weekly,
    Money monthly,
    Money held,
    int freeRequests) {
  /** The spending of a project without entries. */
  public static final Spending NOTHING =
      new Spending(
          ProjectTotals.NOTHING, Money.ZERO, Money.ZERO, Money.ZERO, Money.ZERO, Money.ZERO, 0);

  /** The charges of the current period. */
  public Money charged(Period period) {
    return switch (period) {
      case DAILY -> daily;
      case WEEKLY -> weekly;
      case MONTHLY -> monthly;
      case TOTAL -> ever;
    };
  }
}
