package dev.tollgate.gateway.ledger;

import java.time.Instant;

/**
 * Money that the operator gives to a project, or takes back.
 *
 * @param id made by the caller; the ledger books an id only once in a project
 * @param amount not zero; negative for a correction
 * @param note free text for people; possibly empty
 */
public record Credit(String id, String projectId, Money amount, String note, Instant at) {
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
