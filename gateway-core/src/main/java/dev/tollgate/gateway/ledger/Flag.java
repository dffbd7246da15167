package dev.tollgate.gateway.ledger;

import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** A mark on an unusual charge, such as one that was estimated. */
public enum Flag {
  /** The upstream stated no cost; it was computed from tokens and a known price. */
  ESTIMATED,
  /** The upstream's cost was below zero; the hold was charged. */
  NEGATIVE_COST,
  /** The upstream's cost was not a finite number; the hold was charged. */
  NOT_FINITE_COST,
  /** The upstream's cost was above the configured cap; the hold was charged. */
  ABSURD_COST,
  /** The upstream's cost was present but not a number; it was treated as missing. */
  UNREADABLE_COST,
  /** The true cost was never found; a fallback or an amount set by the operator was charged. */
  UNRESOLVED;

  /** The name as stored and shown. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Formats flags as one text, in enum order, separated by commas; empty for no flags. */
  public static String format(Set<Flag> flags) {
    return flags.isEmpty()
        ? ""
        : flags.stream().sorted().map(Flag::toString).collect(Collectors.joining(","));
  }

  /** Parses the output of {@link #format}. Skips flags that only a later version knows. */
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
