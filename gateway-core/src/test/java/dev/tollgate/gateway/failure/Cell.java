package dev.tollgate.gateway.failure;

import java.util.List;

/**
 * One failure and what is to be seen of it.
 *
 * @param how it fails, in words that go on from its {@link Party}
 * @param asked for each of these the same is to be seen
 */
record Cell(Party party, Moment moment, String how, List<Asked> asked, Plot plot, Seen expected) {
  Cell {
    asked = List.copyOf(asked);
  }

  /** Its name among tests. */
  String name(Asked each) {
    return moment + ", it " + how + " (" + each + ")";
  }

  /** Its row on the page. */
  String row() {
    String kinds = asked.size() == 1 ? asked.get(0).toString() : "both";
    return "| " + moment + " | " + how + " | " + kinds + " | " + expected + " |";
  }
}
