package dev.tollgate.gateway.ledger;

import java.util.List;

/**
 * Entries in the order in which they were booked.
 *
 * @param entries possibly empty
 * @param next the position to continue from; no entry that is booked later is before it
 * @param last whether there were no further entries when the page was read
 */
public record EntryPage(List<Booked> entries, String next, boolean last) {
  /**
   * An entry and its place in the order.
   *
   * @param position an opaque text, unique in the database; the entries after it follow
   */
  public record Booked(Entry entry, String position) {}

  /** Copies the list. */
  public EntryPage {
    entries = List.copyOf(entries);
  }
}
