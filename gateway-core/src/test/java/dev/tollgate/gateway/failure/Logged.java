package dev.tollgate.gateway.failure;

import java.util.List;

/**
 * What the log says, and the metrics hear.
 *
 * @param outcome of the exchange; empty: the gateway has never heard of the request
 * @param row of the table of refusals; 0: it was not refused
 * @param warnings what is logged about the exchange before its line, from WARNING upwards, without
 *     details
 * @param events what the metrics hear beside the end of the exchange
 * @param either whether the outcome may as well be {@code client_gone}: a client has left, and what
 *     it is sent at last fails on the way, which may be known before the end or not
 */
record Logged(String outcome, int row, List<String> warnings, List<String> events, boolean either) {
  static final Logged NOTHING = outcome("");
  static final Logged COMPLETE = outcome("complete");
  static final Logged CLIENT_GONE = outcome("client_gone");

  static Logged outcome(String outcome, String... warnings) {
    return new Logged(outcome, 0, List.of(warnings), List.of(), false);
  }

  static Logged refused(int row, String... warnings) {
    return new Logged("refused", row, List.of(warnings), List.of(), false);
  }

  /** The same, or it is known that the client has gone. */
  Logged orGone() {
    return new Logged(outcome, row, warnings, events, true);
  }

  /** The same, and the metrics hear of these. */
  Logged counting(String... heard) {
    return new Logged(outcome, row, warnings, List.of(heard), either);
  }

  /** The same, where there are two outcomes with the one that was seen. */
  Logged fillIn(Logged seen) {
    boolean isGone = either && seen.outcome.equals(CLIENT_GONE.outcome);
    return new Logged(isGone ? seen.outcome : outcome, row, warnings, events, false);
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
    if (either) {
      text.append(" or `").append(CLIENT_GONE.outcome).append('`');
    }
    warnings.forEach(warning -> text.append("; ").append(warning));
    events.forEach(event -> text.append("; `").append(event).append('`'));
    return text.toString();
  }
}
