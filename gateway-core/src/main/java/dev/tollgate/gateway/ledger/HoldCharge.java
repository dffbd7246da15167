package dev.tollgate.gateway.ledger;

import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a capture charges for a hold, for a {@link Ledger}.
 *
 * @param charge what is charged
 * @param overrun how much of the charge is above the hold; zero in {@link HoldMode#STRICT}
 * @param shortfall what is not charged; zero in {@link HoldMode#BOUNDED}
 */
public record HoldCharge(Hold hold, Capture capture, Money charge, Money overrun, Money shortfall) {
  /**
   * Decides what is charged.
   *
   * @param available what the project may spend beside the hold
   */
  public static HoldCharge of(Hold hold, Capture capture, Money available) {
    Money asked = capture.charge();
    if (hold.request().mode() == HoldMode.STRICT) {
      // Free money covers a hold that was cut, up to what was held at first.
      Money covered = hold.amount().plus(available.max(Money.ZERO));
      Money charge = asked.min(hold.placed()).min(covered);
      return new HoldCharge(hold, capture, charge, Money.ZERO, asked.minus(charge));
    }
    Money overrun = asked.minus(hold.amount()).max(Money.ZERO);
    return new HoldCharge(hold, capture, asked, overrun, Money.ZERO);
  }

  /** The entry of the charge. */
  public Entry entry() {
    return entry(hold, capture, hold.id(), Entry.Kind.CHARGE, charge, overrun);
  }

  /** The entry of what is not charged, if that is more than nothing. */
  public Optional<Entry> shortfallEntry() {
    if (!shortfall.isPositive()) {
      return Optional.empty();
    }
    // What the upstream said is in the entry of the charge, and would count twice here.
    Capture unsaid =
        new Capture(
            capture.holdId(),
            Money.ZERO,
            Money.ZERO,
            "",
            Set.of(),
            Tokens.NONE,
            capture.model(),
            capture.generationId(),
            capture.at());
    return Optional.of(
        entry(hold, unsaid, shortfallId(hold.id()), Entry.Kind.SHORTFALL, shortfall, Money.ZERO));
  }

  /** The id of the entry of what was not charged for a hold. */
  public static String shortfallId(String holdId) {
    return holdId + "/shortfall";
  }

  /** The entry of a second answer about a hold that has ended. */
  public static Entry lateEntry(Hold hold, Capture capture) {
    return entry(hold, capture, hold.id() + "/late", Entry.Kind.LATE, capture.charge(), Money.ZERO);
  }

  /**
   * Whether a capture says what was booked before.
   *
   * @param charge the entry of the hold's charge
   * @param shortfall the entry of what was not charged; null: there is none
   */
  public static boolean isRepeat(Capture capture, Entry charge, @Nullable Entry shortfall) {
    Money unpaid = shortfall == null ? Money.ZERO : shortfall.amount();
    return charge.amount().plus(unpaid).compareTo(capture.charge()) == 0
        && charge.literal().equals(capture.literal())
        && charge.flags().equals(capture.flags());
  }

  private static Entry entry(
      Hold hold, Capture capture, String id, Entry.Kind kind, Money amount, Money overrun) {
    return new Entry(
        hold.request().projectId(),
        id,
        kind,
        amount,
        capture.cost(),
        overrun,
        capture.literal(),
        capture.flags(),
        capture.tokens(),
        hold.request().keyId(),
        orElse(capture.model(), hold.request().model()),
        orElse(capture.generationId(), orElse(hold.generationId(), "")),
        "",
        capture.at());
  }

  private static String orElse(@Nullable String first, String second) {
    return first == null ? second : first;
  }
}
