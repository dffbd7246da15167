package dev.tollgate.gateway.meter;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The findings of the readers of a request body. For one thread. */
final class Findings {
  /**
   * The maximum number of names of one kind, more than any real request has. A body can hold
   * millions.
   */
  static final int MOST_NAMES = 200;

  private static final int SHOWN_CHARACTERS = 100;

  private final Set<String> others = new LinkedHashSet<>();

  /** Whether the request asks for something without a known price or bound. */
  boolean extras;

  /** The number of pictures in the input. */
  int pictures;

  /** The number of bare payloads of pictures and files in the body, and their size in bytes. */
  int payloads;

  long payloadBytes;

  private @Nullable String unbounded;

  /** Records something else that may select a model, such as a preset. */
  void addOther(String model) {
    others.add(others.size() < MOST_NAMES ? model : "more than " + MOST_NAMES + " models");
  }

  /** The other things that may select a model. */
  List<String> others() {
    return List.copyOf(others);
  }

  /** The first finding whose cost has no bound; null: there is none. */
  @Nullable String unbounded() {
    return unbounded;
  }

  /**
   * Records something whose cost is bounded neither by the body nor by a number; the first one is
   * kept.
   */
  void unbounded(String what) {
    if (unbounded == null) {
      unbounded = what;
    }
  }

  /**
   * Records something without a cost bound, with its name.
   *
   * @param name written by the client
   */
  void unbounded(String what, String name) {
    if (unbounded == null) {
      unbounded = what + " \"" + Text.bounded(name, SHOWN_CHARACTERS) + "\"";
    }
  }

  /** Records something without a known price or cost bound. */
  void extra(String what) {
    extras = true;
    unbounded(what);
  }

  /**
   * Records something without a known price or cost bound, with its name.
   *
   * @param name written by the client
   */
  void extra(String what, String name) {
    extras = true;
    unbounded(what, name);
  }

  /**
   * The name in {@code known} that an upstream may read {@code name} as; {@code name} itself if
   * there is none. Servers written in Go ignore case, so a name that matches only without regard to
   * case is ambiguous and has no bound.
   */
  String known(String name, Set<String> known) {
    String folded = folded(name);
    if (known.contains(name) || !known.contains(folded)) {
      return name;
    }
    unbounded("member", name);
    return folded;
  }

  /** Folds the case of a name; {@code ſ} (U+017F) and {@code K} (U+212A) fold to ASCII letters. */
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
