package dev.tollgate.gateway.ledger;

import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The charge of a capture for its hold, for a {@link Ledger}.
 *
 * @param charge the amount charged
 * @param overrun the part of the charge that exceeds the hold; zero in {@link HoldMode#STRICT}
 * @param shortfall the amount not charged; zero in {@link HoldMode#BOUNDED}
 */
public record HoldCharge(Hold hold, Capture capture, Money charge, Money overrun, Money shortfall) {
  /**
   * Computes the charge.
   *
   * @param available the amount that the project may spend in addition to the hold
   */
  public static HoldCharge of(Hold hold, Capture capture, Money available) {
    Money asked = capture.charge();
    if (hold.request().mode() == HoldMode.STRICT) {
      // Available money covers a hold that was reduced, up to the amount placed at first.
      Money covered = hold.amount().plus(available.max(Money.ZERO));
      Money charge = asked.min(hold.placed()).min(covered);
      return new HoldCharge(hold, capture, charge, Money.ZERO, asked.minus(charge));
    }
    Money overrun = asked.minus(hold.amount()).max(Money.ZERO);
    return new HoldCharge(hold, capture, asked, overrun, Money.ZERO);
  }

  /** The entry for the charge. */
  public Entry entry() {
    return entry(hold, capture, hold.id(), Entry.Kind.CHARGE, charge, overrun);
  }

  /** The entry for the shortfall; empty if the shortfall is zero. */
  public Optional<Entry> shortfallEntry() {
    if (!shortfall.isPositive()) {
      return Optional.empty();
    }
    // The charge entry already records the upstream's figures. Here they would count twice.
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

  /** The id of the shortfall entry of a hold. */
  public static String shortfallId(String holdId) {
    return holdId + "/shortfall";
  }

  /** The entry for a second answer about a hold that has ended. */
  public static Entry lateEntry(Hold hold, Capture capture) {
    return entry(hold, capture, hold.id() + "/late", Entry.Kind.LATE, capture.charge(), Money.ZERO);
  }

  /**
   * Whether a capture repeats the one that was booked before.
   *
   * @param charge the charge entry of the hold
   * @param shortfall the shortfall entry of the hold; null: there is none
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
        hold.request().endUser(),
        orElse(capture.model(), hold.request().model()),
        orElse(capture.generationId(), orElse(hold.generationId(), "")),
        "",
        Money.ZERO,
        "",
        capture.at());
  }

  private static String orElse(@Nullable String first, String second) {
    return first == null ? second : first;
  }
}
