package dev.tollgate.gateway.ledger;

import java.util.List;

/**
 * Entries in the order in which they were booked.
 *
 * @param entries possibly empty
 * @param next the position to continue from; empty: the ledger has no entry yet
 * @param last whether there were no further entries that could be read
 */
public record EntryPage(List<Booked> entries, String next, boolean last) {
  /**
   * An entry and its place in the order.
   *
   * @param position an opaque word that is unique in the database
   */
  public record Booked(Entry entry, String position) {}

  /** Copies the list. */
  public EntryPage {
    entries = List.copyOf(entries);
  }
}
