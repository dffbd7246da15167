package dev.tollgate.gateway.failure;

/**
 * What becomes of the money.
 *
 * @param held in US dollars, while the cost is being asked for; empty: it is known at once
 * @param state of the hold in the end; empty: there was none
 * @param charged in US dollars, in the end
 * @param flags of the charge
 */
record BooksSay(String held, String state, String charged, String flags) {
  static final BooksSay NOTHING = new BooksSay("", "", "0.00", "");
  static final BooksSay RELEASED = new BooksSay("", "released", "0.00", "");

  /** What the answer said that it cost. */
  static final BooksSay CHARGED = charged("0.05", "");

  /** The request was sent, and there was no answer. */
  static final BooksSay UNRESOLVED = charged("0.00", "unresolved");

  /** The upstream may have read the prompt, and no more is known. */
  static final BooksSay UNRESOLVED_PROMPT = charged("0.018", "unresolved");

  /** The whole hold goes on until the upstream has said what the generation cost. */
  static final BooksSay PENDING = pending("1.018");

  /** The upstream itself failed and delivered nothing: the estimated prompt is held until then. */
  static final BooksSay PENDING_PROMPT = pending("0.018");

  static BooksSay charged(String dollars, String flags) {
    return new BooksSay("", "captured", dollars, flags);
  }

  static BooksSay pending(String held) {
    return new BooksSay(held, "captured", House.GENERATION_COST, "");
  }

  /** What the log line of the exchange calls this. */
  String word() {
    if (state.isEmpty()) {
      return "";
    }
    return !held.isEmpty() ? "pending" : state.equals("captured") ? charged : "none";
  }

  @Override
  public String toString() {
    String end =
        switch (state) {
          case "" -> "nothing is held";
          case "released" -> "the hold is released";
          case "captured" -> charged + " charged" + (flags.isEmpty() ? "" : ", `" + flags + "`");
          default -> state;
        };
    return held.isEmpty() ? end : held + " pending, then " + end;
  }
}
