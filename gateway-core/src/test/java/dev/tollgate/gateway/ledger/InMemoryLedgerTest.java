package dev.tollgate.gateway.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.ledger.Hold.State;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class InMemoryLedgerTest extends LedgerContract {
  private final InMemoryLedger ledger = new InMemoryLedger();
  private int projects;

  @Override
  protected Ledger freshLedger() {
    return ledger;
  }

  @Override
  protected String newProject() {
    String id = "prj_" + projects++;
    ledger.addProject(id);
    return id;
  }

  @Override
  protected List<Entry> entries(String projectId) {
    return ledger.entries(projectId);
  }

  private static HoldRequest request(String project) {
    return new HoldRequest(
        "h1",
        project,
        "key_1",
        new Money(2),
        HoldMode.STRICT,
        Markup.NONE,
        "",
        "upk_1",
        null,
        Instant.EPOCH);
  }

  @Test
  void itKnowsItsProjects() {
    String more = newProject();

    assertThat(ledger.projects()).containsExactlyInAnyOrder("prj_0", more);
  }

  @Test
  void addingAProjectAgainKeepsItsBooks() {
    String project = newProject();
    ledger.credit(new Credit("c1", project, new Money(5), "", Instant.EPOCH));

    ledger.addProject(project);

    assertThat(ledger.balance(project).total()).isEqualTo(new Money(5));
  }

  @Test
  void aCreditOfAnUnknownProjectIsRefused() {
    Credit credit = new Credit("c1", "prj_unknown", new Money(5), "", Instant.EPOCH);

    assertThatThrownBy(() -> ledger.credit(credit)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aHoldCanBeSeenInEveryState() {
    String project = newProject();
    ledger.credit(new Credit("c1", project, new Money(5), "", Instant.EPOCH));
    assertThat(ledger.hold("h1")).isEmpty();

    ledger.hold(request(project));
    assertThat(ledger.hold("h1").orElseThrow().state()).isEqualTo(State.OPEN);
    assertThat(ledger.hold("h1").orElseThrow().amount()).isEqualTo(new Money(2));

    ledger.release("h1", true, Instant.EPOCH);
    Hold ended = ledger.hold("h1").orElseThrow();
    assertThat(ended.state()).isEqualTo(State.RELEASED);
    assertThat(ended.placed()).isEqualTo(new Money(2));
    assertThat(ended.amount()).isEqualTo(Money.ZERO);
  }

  @Test
  void aCallersNextStepMayAskTheLedgerAgain() {
    String project = newProject();
    ledger.credit(new Credit("c1", project, new Money(5), "", Instant.EPOCH));

    CompletionStage<Balance> after =
        ledger.hold(request(project)).thenApply(outcome -> ledger.balance(project));

    assertThat(after.toCompletableFuture())
        .isCompletedWithValue(new Balance(new Money(5), new Money(2)));
  }

  @Test
  void aChargeWhoseIdACreditHasIsRefusedAndChangesNothing() {
    String project = newProject();
    ledger.credit(new Credit("h1", project, new Money(5), "", Instant.EPOCH));
    ledger.hold(request(project));
    Capture capture =
        new Capture(
            "h1", Money.ZERO, new Money(1), "", Set.of(), Tokens.NONE, null, null, Instant.EPOCH);

    assertThat(ledger.capture(capture).toCompletableFuture()).isCompletedExceptionally();
    assertThat(ledger.balance(project)).isEqualTo(new Balance(new Money(5), new Money(2)));
  }
}
