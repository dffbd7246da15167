package dev.tollgate.gateway.ledger;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Money that the operator gives to a project, or takes back.
 *
 * @param id made by the caller; the ledger books an id only once in a project
 * @param amount not zero; negative for a correction
 * @param corrects the id of the project's entry that this corrects; null: it corrects none. A
 *     credit that corrects a charge is a refund
 * @param note free text for people; possibly empty
 */
public record Credit(
    String id, String projectId, Money amount, @Nullable String corrects, String note, Instant at) {
  /** A credit that corrects no entry. */
  public Credit(String id, String projectId, Money amount, String note, Instant at) {
    this(id, projectId, amount, null, note, at);
  }

  /** Checks the amount and the id. */
  public Credit {
    if (id.isBlank()) {
      throw new IllegalArgumentException("the id of a credit must not be blank");
    }
    if (amount.nanos() == 0) {
      throw new IllegalArgumentException("the amount is 0.00, but must not be zero");
    }
  }
}
