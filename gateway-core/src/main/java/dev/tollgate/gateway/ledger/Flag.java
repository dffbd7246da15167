package dev.tollgate.gateway.ledger;

import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** What is special about a charge. */
public enum Flag {
  /** The upstream named no cost; it was computed from tokens and a known price. */
  ESTIMATED,
  /** The upstream's cost was below zero; the hold was charged. */
  NEGATIVE_COST,
  /** The upstream's cost was not a finite number; the hold was charged. */
  NOT_FINITE_COST,
  /** The upstream's cost was above the configured cap; the hold was charged. */
  ABSURD_COST,
  /** The upstream's cost was there but no number; it was taken as missing. */
  UNREADABLE_COST,
  /** The true cost was never found out; what was charged is the configured fallback. */
  UNRESOLVED;

  /** As it is stored and shown. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Several as one text, in their order here, separated by commas; empty for none. */
  public static String format(Set<Flag> flags) {
    return flags.isEmpty()
        ? ""
        : flags.stream().sorted().map(Flag::toString).collect(Collectors.joining(","));
  }

  /** Reads what {@link #format} wrote; flags of a later version are left out. */
  public static Set<Flag> parse(String text) {
    Set<Flag> flags = EnumSet.noneOf(Flag.class);
    if (!text.isEmpty()) {
      List<String> names = Arrays.asList(text.split(",", -1));
      for (Flag flag : values()) {
        if (names.contains(flag.toString())) {
          flags.add(flag);
        }
      }
    }
    return Collections.unmodifiableSet(flags);
  }
}
