package dev.tollgate.gateway.ledger;

/**
 * What a credit may still correct of an entry. All corrections of an entry together never exceed
 * its amount, and never go the other way: a charge of 5.00 can be corrected by 0.00 to 5.00 in sum,
 * a credit of 5.00 by -5.00 to 0.00.
 *
 * @param entry the entry to correct
 * @param before the sum of its corrections so far
 */
public record Correction(Entry entry, Money before) {
  /**
   * Whether the entry can be corrected: it is a charge, or a credit that corrects no entry. To undo
   * a correction, correct the same entry once more.
   */
  public boolean isPossible() {
    return switch (entry.kind()) {
      case CHARGE -> true;
      case CREDIT -> entry.corrects().isEmpty();
      case SHORTFALL, LATE -> false;
    };
  }

  /** The smallest amount of a further correction. */
  public Money least() {
    return full().min(Money.ZERO).minus(before);
  }

  /** The largest amount of a further correction. */
  public Money most() {
    return full().max(Money.ZERO).minus(before);
  }

  boolean allows(Money amount) {
    return amount.compareTo(least()) >= 0 && amount.compareTo(most()) <= 0;
  }

  /** The correction that undoes the entry as a whole. */
  private Money full() {
    return entry.kind() == Entry.Kind.CHARGE ? entry.amount() : Money.ZERO.minus(entry.amount());
  }
}
