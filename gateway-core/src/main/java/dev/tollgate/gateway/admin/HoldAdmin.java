package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.admin.AuditTrail.Action;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Hold;
import dev.tollgate.gateway.ledger.HoldMode;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Reports;
import dev.tollgate.gateway.ledger.Settled;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The use cases of {@link AdminService} that list holds and settle them by hand. */
final class HoldAdmin {
  private final AdminContext context;
  private final Ledger ledger;
  private final Reports reports;

  HoldAdmin(AdminContext context) {
    this.context = context;
    this.ledger = context.stores().ledger();
    this.reports = context.stores().reports();
  }

  List<Unsettled> unsettled(@Nullable String name, int limit) {
    AdminContext.requireLimit(limit);
    String only = context.projectId(name);
    Map<String, String> names = context.projectNames();
    return reports.unsettled(only == null ? limit : Integer.MAX_VALUE).stream()
        .filter(hold -> only == null || hold.request().projectId().equals(only))
        .limit(limit)
        .map(
            hold -> {
              String id = hold.request().projectId();
              return new Unsettled(names.getOrDefault(id, id), hold);
            })
        .toList();
  }

  SettledByHand settle(String holdId, @Nullable Money charge) {
    if (charge != null && charge.isNegative()) {
      throw new AdminException("the charge is " + charge + " USD, but must not be negative");
    }
    return context.inTransaction(
        () -> {
          Hold hold = requireHold(holdId);
          if (hold.state() != Hold.State.PENDING) {
            throw notPending(hold);
          }
          if (charge != null
              && hold.request().mode() == HoldMode.STRICT
              && charge.compareTo(hold.placed()) > 0) {
            throw new AdminException(
                "the charge is %s USD, but hold %s is strict: at most %s USD"
                    .formatted(charge, holdId, hold.placed()));
          }
          try {
            if (ledger.settle(holdId, charge, context.now()) != Settled.DONE) {
              // The reconciler or another operator settled the hold after it was read.
              throw notPending(requireHold(holdId));
            }
          } catch (ArithmeticException e) {
            throw new AdminException(
                "the charge is " + charge + " USD, which is too large to add up");
          }
          String projectId = hold.request().projectId();
          Entry entry = charge == null ? null : reports.entry(projectId, holdId).orElseThrow();
          Fields detail = new Fields().add("charge", entry == null ? null : entry.amount());
          context.audit().write(Action.HOLD_SETTLE, projectId, holdId, detail);
          String name = context.projectNames().getOrDefault(projectId, projectId);
          return new SettledByHand(name, holdId, entry, ledger.balance(projectId));
        });
  }

  private Hold requireHold(String holdId) {
    AdminContext.requireStorable("hold id", holdId);
    return reports.hold(holdId).orElseThrow(() -> AdminException.unknownHold(holdId));
  }

  private static AdminException notPending(Hold hold) {
    return AdminException.conflict(
        "hold %s is %s; only a pending hold can be settled"
            .formatted(hold.id(), hold.state().name().toLowerCase(Locale.ROOT)));
  }
}
