package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.admin.AuditTrail.Action;
import dev.tollgate.gateway.ledger.Credit;
import dev.tollgate.gateway.ledger.CreditOutcome;
import dev.tollgate.gateway.ledger.Money;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The use case of {@link AdminService} that credits projects. */
record CreditAdmin(AdminContext context) {
  private static final int MAX_NOTE_CHARACTERS = 500;
  private static final int MAX_ID_CHARACTERS = 200;
  // The prefix of request ids. A charge has the id of its request.
  private static final String REQUEST_PREFIX = "req_";

  CreditOutcome credit(String name, Money amount, String note, @Nullable String id) {
    if (amount.nanos() == 0) {
      throw new AdminException("the amount of a credit is not zero");
    }
    if (note.length() > MAX_NOTE_CHARACTERS) {
      throw new AdminException("a note has at most " + MAX_NOTE_CHARACTERS + " characters");
    }
    if (id != null && (id.isBlank() || id.length() > MAX_ID_CHARACTERS)) {
      throw new AdminException(
          "the id of a credit is not blank and has at most " + MAX_ID_CHARACTERS + " characters");
    }
    AdminContext.requireStorable("note", note);
    if (id != null) {
      AdminContext.requireStorable("id", id);
      if (id.startsWith(REQUEST_PREFIX)) {
        throw new AdminException("the id of a credit does not begin with " + REQUEST_PREFIX);
      }
    }
    return context.inTransaction(() -> book(context.project(name), amount, note, id));
  }

  /** Books a credit within the caller's transaction. */
  CreditOutcome book(Project project, Money amount, String note, @Nullable String given) {
    String id = given == null ? "credit_" + UUID.randomUUID() : given;
    CreditOutcome outcome;
    try {
      Credit credit = new Credit(id, project.id(), amount, note, context.clock().instant());
      outcome = context.stores().ledger().credit(credit);
    } catch (ArithmeticException e) {
      throw new AdminException("the balance would be larger than can be counted");
    }
    return switch (outcome.result()) {
      case BOOKED -> {
        Fields detail = new Fields().add("amount", amount).add("note", note);
        context.audit().write(Action.CREDIT, project.id(), id, detail);
        yield outcome;
      }
      case REPEATED -> outcome;
      case ID_TAKEN ->
          throw AdminException.conflict(
              "credit " + AdminException.quoted(id) + " was booked before, with another amount");
      case BELOW_HELD ->
          throw AdminException.conflict(
              "project %s has %s USD available, less than is to be taken back"
                  .formatted(project.name(), outcome.balance().available()));
    };
  }
}
