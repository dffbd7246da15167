package dev.tollgate.example.jetty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.ledger.Capture;
import dev.tollgate.gateway.ledger.Credit;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.HoldMode;
import dev.tollgate.gateway.ledger.HoldRequest;
import dev.tollgate.gateway.ledger.InMemoryLedger;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.LedgerContract;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Tokens;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AnnouncingLedgerTest extends LedgerContract {
  private final InMemoryLedger books = new InMemoryLedger();
  private final List<Capture> heard = new ArrayList<>();
  private final Ledger ledger = new AnnouncingLedger(books, heard::add);
  private int projects;

  @Override
  protected Ledger freshLedger() {
    return ledger;
  }

  @Override
  protected String newProject() {
    String id = "prj_" + projects++;
    books.addProject(id);
    return id;
  }

  @Override
  protected List<Entry> entries(String projectId) {
    return books.entries(projectId);
  }

  @Test
  void aChargeThatIsSaidTwiceIsToldOnce() {
    String project = newProject();
    ledger.credit(new Credit("c1", project, Money.parse("5"), "", Instant.EPOCH));
    ledger.hold(
        new HoldRequest(
            "h1",
            project,
            "-",
            Money.parse("1"),
            HoldMode.BOUNDED,
            Markup.NONE,
            "",
            "upk",
            null,
            Instant.EPOCH));
    Capture capture =
        new Capture(
            "h1",
            Money.parse("1"),
            Money.parse("1"),
            "1",
            Set.of(),
            Tokens.NONE,
            null,
            null,
            Instant.EPOCH);

    ledger.capture(capture);
    ledger.capture(capture);

    assertThat(heard).containsExactly(capture);
  }
}
