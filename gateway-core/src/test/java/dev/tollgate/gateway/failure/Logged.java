package dev.tollgate.gateway.failure;

import java.util.List;

/**
 * What the log says, and the metrics hear.
 *
 * @param outcome of the exchange; empty: the gateway has never heard of the request
 * @param code of the refusal; empty: it was not refused
 * @param warnings what is logged about the exchange before its line, from WARNING upwards, without
 *     details
 * @param events what the metrics hear beside the end of the exchange
 * @param either whether the outcome may as well be {@code client_gone}: a client has left, and what
 *     it is sent at last fails on the way, which may be known before the end or not
 */
record Logged(
    String outcome, String code, List<String> warnings, List<String> events, boolean either) {
  static final Logged NOTHING = outcome("");
  static final Logged COMPLETE = outcome("complete");
  static final Logged CLIENT_GONE = outcome("client_gone");

  static Logged outcome(String outcome, String... warnings) {
    return new Logged(outcome, "", List.of(warnings), List.of(), false);
  }

  static Logged refused(String code, String... warnings) {
    return new Logged("refused", code, List.of(warnings), List.of(), false);
  }

  /** The same, or it is known that the client has gone. */
  Logged orGone() {
    return new Logged(outcome, code, warnings, events, true);
  }

  /** The same, and the metrics hear of these. */
  Logged counting(String... heard) {
    return new Logged(outcome, code, warnings, List.of(heard), either);
  }

  /** The same, where there are two outcomes with the one that was seen. */
  Logged fillIn(Logged seen) {
    boolean isGone = either && seen.outcome.equals(CLIENT_GONE.outcome);
    return new Logged(isGone ? seen.outcome : outcome, code, warnings, events, false);
  }

  @Override
  public String toString() {
    if (outcome.isEmpty()) {
      return "nothing";
    }
    StringBuilder text = new StringBuilder("`outcome=").append(outcome);
    if (!code.isEmpty()) {
      text.append(" code=").append(code);
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
