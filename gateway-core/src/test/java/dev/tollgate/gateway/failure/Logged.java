package dev.tollgate.gateway.failure;

import java.util.List;

/**
 * What the log says, and the metrics hear.
 *
 * @param outcome of the exchange; empty: the gateway has never heard of the request
 * @param row of the table of refusals; 0: it was not refused
 * @param warnings what is logged about the exchange before its line, from WARNING upwards, without
 *     details
 */
record Logged(String outcome, int row, List<String> warnings) {
  static final Logged NOTHING = new Logged("", 0, List.of());
  static final Logged COMPLETE = outcome("complete");
  static final Logged CLIENT_GONE = outcome("client_gone");

  static Logged outcome(String outcome, String... warnings) {
    return new Logged(outcome, 0, List.of(warnings));
  }

  static Logged refused(int row, String... warnings) {
    return new Logged("refused", row, List.of(warnings));
  }

  @Override
  public String toString() {
    if (outcome.isEmpty()) {
      return "nothing";
    }
    StringBuilder text = new StringBuilder("`outcome=").append(outcome);
    if (row > 0) {
      text.append(" row=").append(row);
    }
    text.append('`');
    warnings.forEach(warning -> text.append("; ").append(warning));
    return text.toString();
  }
}
