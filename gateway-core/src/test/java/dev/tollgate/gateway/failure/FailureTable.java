package dev.tollgate.gateway.failure;

import java.util.List;
import java.util.stream.Stream;

/** Every failure, and how it stands on the page. */
final class FailureTable {
  static final List<Cell> CELLS =
      Stream.of(
              ClientFailures.all(),
              UpstreamFailures.all(),
              StoreFailures.all(),
              GatewayFailures.all())
          .flatMap(List::stream)
          .toList();

  private static final String HEADER =
      "| when | how | asked | the client sees | the upstream sees | the ledger says | logged and"
          + " counted |\n| --- | --- | --- | --- | --- | --- | --- |";

  private FailureTable() {}

  static List<Cell> of(Party party) {
    return CELLS.stream().filter(cell -> cell.party() == party).toList();
  }

  /** The tables, each under its heading. */
  static String text() {
    StringBuilder text = new StringBuilder();
    for (Party party : Party.values()) {
      text.append("## ").append(party).append("\n\n").append(HEADER).append('\n');
      of(party).forEach(cell -> text.append(cell.row()).append('\n'));
      text.append('\n');
    }
    return text.toString().strip() + "\n";
  }
}
