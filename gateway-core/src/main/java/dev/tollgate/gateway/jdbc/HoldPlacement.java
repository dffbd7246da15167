package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.SpendingCaps;
import dev.tollgate.gateway.ledger.Balance;
import dev.tollgate.gateway.ledger.HoldAdmission;
import dev.tollgate.gateway.ledger.HoldOutcome;
import dev.tollgate.gateway.ledger.HoldRequest;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Period;
import dev.tollgate.gateway.ledger.ProjectTotals;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Places a hold. Reads only those figures that {@link HoldAdmission} asks for. */
final class HoldPlacement implements HoldAdmission.Account<SQLException> {
  private final LedgerTransaction tx;
  private final HoldRequest request;
  private final ProjectBalance project;
  private final String projectId;
  private @Nullable Money heldWithKey;

  private HoldPlacement(LedgerTransaction tx, HoldRequest request, ProjectBalance project) {
    this.tx = tx;
    this.request = request;
    this.project = project;
    this.projectId = request.projectId();
  }

  static HoldOutcome place(LedgerTransaction tx, HoldRequest request) throws SQLException {
    ProjectBalance project = tx.project(request.projectId());
    if (project == null) {
      return new HoldOutcome.Insufficient(ProjectTotals.NOTHING.balance());
    }
    HoldPlacement placement = new HoldPlacement(tx, request, project);
    HoldOutcome outcome = HoldAdmission.decide(request, placement);
    if (outcome instanceof HoldOutcome.Held held && placement.insert(held.amount())) {
      return held;
    }
    // Only a hold that was not inserted can be a repeat, so the other holds cost no extra read.
    return placement.heldBefore().orElse(outcome);
  }

  /**
   * @return false if there is a hold with this id
   */
  private boolean insert(Money placed) throws SQLException {
    if (!tx.holds().insert(request, placed)) {
      return false;
    }
    project.hold(placed);
    if (request.limits().maxFreeOfDay() > 0) {
      project.countFree(request.at());
    }
    String key = request.idempotencyKey();
    if (key != null) {
      tx.idempotency().claim(projectId, key, request.id(), request.at());
    }
    return true;
  }

  private Optional<HoldOutcome> heldBefore() throws SQLException {
    Optional<HoldTable.Placed> placed = tx.holds().placed(request.id());
    if (placed.isPresent() && !placed.get().projectId().equals(projectId)) {
      throw new IllegalStateException("another project has a hold " + request.id());
    }
    return placed.map(before -> new HoldOutcome.Held(before.amount()));
  }

  @Override
  public long openHolds() throws SQLException {
    return tx.holds().countOpen(projectId);
  }

  @Override
  public long freeRequests() {
    return project.freeRequests().on(request.at());
  }

  @Override
  public Optional<String> holdOf(String idempotencyKey, Instant since) throws SQLException {
    return tx.idempotency().find(projectId, idempotencyKey, since);
  }

  @Override
  public Money left(Period period) throws SQLException {
    SpendingCaps ofProject = request.limits().project();
    SpendingCaps ofKey = request.limits().key();
    Money left = Money.MOST;
    if (period.cap(ofProject).isPresent()) {
      left = leftToProject(period, ofProject);
    }
    return period.cap(ofKey).isPresent() ? left.min(leftToKey(period, ofKey)) : left;
  }

  private Money leftToProject(Period period, SpendingCaps caps) throws SQLException {
    if (period == Period.TOTAL) {
      // The row has the sum of all charges.
      Money cap = period.cap(caps).orElseThrow();
      return cap.minus(project.totals().charges()).max(Money.ZERO).minus(project.held());
    }
    PeriodSums entries = tx.chargesOf(projectId);
    return project
        .knowing(period, request.at(), entries)
        .left(period, caps, project.held(), request.at(), entries);
  }

  private Money leftToKey(Period period, SpendingCaps caps) throws SQLException {
    String keyId = request.keyId();
    if (heldWithKey == null) {
      heldWithKey = HoldTable.heldWithKey(tx.sql(), projectId, keyId);
    }
    return tx.keys()
        .knowing(period, projectId, keyId, request.at())
        .left(period, caps, heldWithKey, request.at(), new PeriodSums(tx.sql(), projectId, keyId));
  }

  @Override
  public Balance balance() {
    return project.balance();
  }
}
