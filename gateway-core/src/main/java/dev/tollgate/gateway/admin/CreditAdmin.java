package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.admin.AuditTrail.Action;
import dev.tollgate.gateway.exchange.RefusedException;
import dev.tollgate.gateway.ledger.Correction;
import dev.tollgate.gateway.ledger.Credit;
import dev.tollgate.gateway.ledger.CreditOutcome;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Money;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The use case of {@link AdminService} that credits projects. */
record CreditAdmin(AdminContext context) {
  private static final int MAX_NOTE_CHARACTERS = 500;
  private static final int MAX_ID_CHARACTERS = 200;
  // The prefix of request ids. A charge has the id of its request.
  private static final String REQUEST_PREFIX = "req_";

  CreditOutcome credit(
      String name, Money amount, @Nullable String corrects, String note, @Nullable String id) {
    if (amount.nanos() == 0) {
      throw new AdminException("the amount is 0.00, but must not be zero");
    }
    if (note.length() > MAX_NOTE_CHARACTERS) {
      throw new AdminException(
          "the note has "
              + note.length()
              + " characters, but at most "
              + MAX_NOTE_CHARACTERS
              + " are allowed");
    }
    if (id != null && (id.isBlank() || id.length() > MAX_ID_CHARACTERS)) {
      throw new AdminException(
          "the id "
              + (id.isBlank() ? "is blank" : "has " + id.length() + " characters")
              + ", but must have 1 to "
              + MAX_ID_CHARACTERS
              + " characters");
    }
    AdminContext.requireStorable("note", note);
    if (id != null) {
      AdminContext.requireStorable("id", id);
      if (id.startsWith(REQUEST_PREFIX)) {
        throw new AdminException(
            "the id begins with " + REQUEST_PREFIX + ", which is reserved for requests");
      }
    }
    if (corrects != null) {
      AdminContext.requireStorable("corrects", corrects);
    }
    return context.inTransaction(() -> book(context.project(name), amount, corrects, note, id));
  }

  /** Books a credit within the caller's transaction. */
  CreditOutcome book(
      Project project,
      Money amount,
      @Nullable String corrects,
      String note,
      @Nullable String given) {
    String id = given == null ? "credit_" + UUID.randomUUID() : given;
    CreditOutcome outcome;
    try {
      Credit credit =
          new Credit(id, project.id(), amount, corrects, note, context.clock().instant());
      outcome = context.stores().ledger().credit(credit);
    } catch (ArithmeticException e) {
      throw new AdminException("the balance would exceed 9,223,372,036 US dollars");
    }
    return switch (outcome.result()) {
      case BOOKED -> {
        Fields detail = new Fields().add("amount", amount).add("note", note);
        if (corrects != null) {
          detail.add("corrects", corrects);
        }
        context.audit().write(Action.CREDIT, project.id(), id, detail);
        yield outcome;
      }
      case REPEATED -> outcome;
      case ID_TAKEN ->
          throw AdminException.conflict(
              "credit "
                  + RefusedException.quoted(id)
                  + " was already booked with another amount, or for another entry");
      case BELOW_HELD ->
          throw AdminException.conflict(
              "project %s has %s USD available, but the credit is %s USD"
                  .formatted(project.name(), outcome.balance().available(), amount));
      case NO_SUCH_ENTRY ->
          throw AdminException.unknownEntry(project.name(), String.valueOf(corrects));
      case NOT_CORRECTABLE, BEYOND_ENTRY ->
          throw AdminException.conflict(
              refusal(amount, Objects.requireNonNull(outcome.correction())));
    };
  }

  private static String refusal(Money amount, Correction correction) {
    Entry entry = correction.entry();
    String what = "entry %s is a %s of %s USD".formatted(entry.id(), entry.kind(), entry.amount());
    if (correction.isPossible()) {
      return "%s, corrected by %s USD so far; the amount is %s, but must be from %s to %s"
          .formatted(what, correction.before(), amount, correction.least(), correction.most());
    }
    return entry.corrects().isEmpty()
        ? what + ", which never changed the balance, so it cannot be corrected"
        : what + " that corrects entry " + entry.corrects() + "; correct that entry instead";
  }
}
