package dev.tollgate.gateway.meter;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the readers of a body have found in it. Of one thread. */
final class Findings {
  /** More names of one kind than any request has. A body can hold millions. */
  static final int MOST_NAMES = 200;

  private static final int SHOWN_CHARACTERS = 100;

  private final Set<String> others = new LinkedHashSet<>();

  /** Whether something has no known price or bound. */
  boolean extras;

  /** How many pictures the input has. */
  int pictures;

  /** How many bare payloads of pictures and files the body contains, and their bytes. */
  int payloads;

  long payloadBytes;

  private @Nullable String unbounded;

  /** Notes what else may bring in a model. */
  void addOther(String model) {
    others.add(others.size() < MOST_NAMES ? model : "more than " + MOST_NAMES + " models");
  }

  /** What else may bring in a model. */
  List<String> others() {
    return List.copyOf(others);
  }

  /** The first thing whose cost has no bound; null: there is none. */
  @Nullable String unbounded() {
    return unbounded;
  }

  /** Notes something whose cost neither the body nor a number bounds; the first one is kept. */
  void unbounded(String what) {
    if (unbounded == null) {
      unbounded = what;
    }
  }

  /**
   * Likewise.
   *
   * @param name of a client's making
   */
  void unbounded(String what, String name) {
    if (unbounded == null) {
      unbounded = what + " \"" + Text.bounded(name, SHOWN_CHARACTERS) + "\"";
    }
  }

  /**
   * The name in {@code known} that a reader may take {@code name} for; {@code name} itself if there
   * is none. Servers written in Go fold case, so a name that is equal only then has two meanings
   * and no bound.
   */
  String known(String name, Set<String> known) {
    if (known.contains(name)) {
      return name;
    }
    String folded = folded(name);
    if (folded.equals(name) || !known.contains(folded)) {
      return name;
    }
    unbounded("member", name);
    return folded;
  }

  /** A name without regard to case: {@code ſ} (U+017F) and {@code K} (U+212A) are letters, too. */
  static String folded(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c > 'z' || (c >= 'A' && c <= 'Z')) {
        return name.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT);
      }
    }
    return name;
  }
}
