package dev.tollgate.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.BookkeepingUpstream;
import dev.tollgate.gateway.testkit.BooksView;
import dev.tollgate.gateway.testkit.BooksView.Hold;
import dev.tollgate.gateway.testkit.BooksView.Line;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What the books say, held against the upstream's, once nothing is open any more: each request that
 * the upstream got is charged to the nano, or is unresolved; once. The requests had their names as
 * idempotency keys, too.
 *
 * @param dispatched requests that the upstream got
 * @param exact those that were charged what the upstream took
 * @param unresolved those of which nobody can know what they cost
 * @param undispatched those that were held and, as far as is known, not sent
 * @param chargedNanos all that was charged
 */
record Reckoning(int dispatched, int exact, int unresolved, int undispatched, long chargedNanos) {

  static Reckoning of(BooksView books, BookkeepingUpstream upstream) throws Exception {
    assertThat(books.broken()).isEmpty();
    Map<String, Hold> holds = new HashMap<>();
    for (Hold hold : books.holds()) {
      assertThat(holds.put(hold.idempotencyKey(), hold)).isNull();
    }
    Map<String, Line> charges = new HashMap<>();
    long charged = 0;
    for (Line charge : books.charges()) {
      assertThat(charges.put(charge.id(), charge)).isNull();
      charged += charge.amountNanos();
    }
    int unresolved = 0;
    int exact = 0;
    Set<String> generations = new HashSet<>();
    Map<String, BigDecimal> taken = upstream.books();
    Map<String, String> names = upstream.names();
    for (Map.Entry<String, String> each : names.entrySet()) {
      Hold hold = holds.get(each.getKey());
      assertThat(hold).as("a hold for %s, which was dispatched", each.getKey()).isNotNull();
      String generation = each.getValue();
      Line charge = charges.remove(hold.id());
      if (!taken.containsKey(generation)) {
        // An error, which costs nothing; or it broke off before anybody knew how it would end.
        assertThat(charge == null || charge.flags().equals("unresolved")).isTrue();
      } else if (charge != null && charge.flags().equals("unresolved")) {
        assertThat(hold.generationId()).as("an id to ask by").isNull();
        unresolved++;
      } else {
        assertThat(charge).as("the charge of %s", hold).isNotNull();
        assertThat(charge.amountNanos())
            .as("%s of %s", charge, generation)
            .isEqualTo(Money.ceiling(taken.get(generation)).nanos());
        exact++;
        assertThat(generations.add(generation)).isTrue();
      }
    }
    for (Line left : charges.values()) {
      // Held, and perhaps never dispatched: the process died in between.
      assertThat(left.flags()).as("%s", left).isEqualTo("unresolved");
    }
    return new Reckoning(names.size(), exact, unresolved, charges.size(), charged);
  }

  @Override
  public String toString() {
    return "%d dispatched, %d charged to the nano, %d unresolved, %d held and not dispatched"
        .formatted(dispatched, exact, unresolved, undispatched);
  }
}
