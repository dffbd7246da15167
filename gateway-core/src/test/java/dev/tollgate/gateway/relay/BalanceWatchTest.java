package dev.tollgate.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.StoreUnavailableException;
import dev.tollgate.gateway.ledger.Credit;
import dev.tollgate.gateway.ledger.ForwardingLedger;
import dev.tollgate.gateway.ledger.InMemoryLedger;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.ProjectTotals;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BalanceWatchTest {
  private static final Project SHOP =
      new Project("prj_1", "shop", true, null, Markup.NONE, Instant.EPOCH);

  private final InMemoryLedger books = new InMemoryLedger();
  private final List<Money> told = new ArrayList<>();
  private int credits;

  @BeforeEach
  void open() {
    books.addProject(SHOP.id());
  }

  private BalanceWatch watch(Ledger ledger) {
    return new BalanceWatch(ledger, Money.parse("2"), (project, available) -> told.add(available));
  }

  private void credit(String dollars) {
    credits++;
    books.credit(new Credit("c" + credits, SHOP.id(), Money.parse(dollars), "", Instant.EPOCH));
  }

  @Test
  void whoFallsBelowIsToldOfOnce() {
    BalanceWatch watch = watch(books);
    credit("1.99");
    for (int i = 0; i < 3; i++) {
      watch.settled(SHOP);
      watch.look();
    }
    assertThat(told).containsExactly(Money.parse("1.99"));
  }

  @Test
  void whoHadMoreMeanwhileIsToldOfAgain() {
    BalanceWatch watch = watch(books);
    credit("1");
    watch.settled(SHOP);
    watch.look();
    credit("1");
    watch.settled(SHOP);
    watch.look();
    credit("-1.50");
    watch.settled(SHOP);
    watch.look();

    assertThat(told).containsExactly(Money.parse("1"), Money.parse("0.50"));
  }

  @Test
  void nobodyIsLookedAtWhoWasNotCharged() {
    BalanceWatch watch = watch(books);
    credit("1");
    watch.look();
    assertThat(told).isEmpty();
  }

  @Test
  void whoeverCannotBeLookedAtIsLookedAtAgainWhenChargedAgain() {
    boolean[] broken = {true};
    BalanceWatch watch =
        watch(
            new ForwardingLedger(books) {
              @Override
              public ProjectTotals totals(String projectId) {
                if (broken[0]) {
                  throw new StoreUnavailableException("no");
                }
                return super.totals(projectId);
              }
            });
    credit("1");
    watch.settled(SHOP);
    watch.look();
    broken[0] = false;
    watch.settled(SHOP);
    watch.look();

    assertThat(told).containsExactly(Money.parse("1"));
  }
}
