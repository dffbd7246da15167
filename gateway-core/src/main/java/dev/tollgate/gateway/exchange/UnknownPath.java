package dev.tollgate.gateway.exchange;

import dev.tollgate.gateway.flavor.GatewayError;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Renders the error for an unknown path: it names the requested path and suggests a route. Most
 * such calls come from an SDK with a wrong base URL, whose user sees only this text.
 */
public final class UnknownPath {
  /** Bounds the time of a comparison, which grows with the product of both lengths. */
  private static final int MAX_COMPARED_CHARACTERS = 100;

  /** One wrong character in five is a typing error; more of them make a different word. */
  private static final int CHARACTERS_PER_ERROR = 5;

  /** A longer path may have two wrong characters, because the usual error swaps two characters. */
  private static final int SHORT_CHARACTERS = 5;

  /** Path segments that base URLs of this and other servers end with. */
  private static final Set<String> ROOT_SEGMENTS =
      Set.of("api", "v0", "v1", "llm", "openai", "openrouter", "anthropic");

  private UnknownPath() {}

  /**
   * The refusal of a request for an unknown path.
   *
   * @param method the client's method
   * @param uri the client's path, raw
   * @param hint the suggested path; null: no route is similar
   */
  public static GatewayError error(String method, String uri, @Nullable String hint) {
    return GatewayError.notFound(
        "Not found: "
            + Asked.printable(method, Asked.MAX_METHOD_CHARACTERS)
            + " "
            + Asked.printable(uri, Asked.MAX_PATH_CHARACTERS)
            + (hint == null ? "" : " (did you mean " + hint + "?)"));
  }

  /**
   * Finds the route that the client probably meant.
   *
   * @param path the path within the gateway
   * @return the route's path, as a template; empty if no route is similar
   */
  public static Optional<String> near(String path) {
    List<String> given = segments(path);
    String whole = "/" + String.join("/", given);
    String tail = "/" + String.join("/", withoutRoots(given));
    if (tail.length() <= 2 || whole.length() > MAX_COMPARED_CHARACTERS) {
      return Optional.empty();
    }
    String nearest = null;
    int nearestErrors = Integer.MAX_VALUE;
    int nearestDistance = Integer.MAX_VALUE;
    for (Route route : Route.all()) {
      List<String> wanted = filled(segments(route.path()), given);
      String wantedTail = "/" + String.join("/", withoutRoots(wanted));
      int errors = errors(tail, wantedTail);
      int distance = distance(whole, "/" + String.join("/", wanted));
      if (errors < nearestErrors || (errors == nearestErrors && distance < nearestDistance)) {
        nearest = route.path();
        nearestErrors = errors;
        nearestDistance = distance;
      }
    }
    int fewest = tail.length() <= SHORT_CHARACTERS ? 1 : 2;
    return nearestErrors <= Math.max(fewest, tail.length() / CHARACTERS_PER_ERROR)
        ? Optional.ofNullable(nearest)
        : Optional.empty();
  }

  /**
   * Counts the wrong characters. A path that a route begins with counts as one error: a caller of
   * /chat means /chat/completions.
   */
  private static int errors(String tail, String wantedTail) {
    return wantedTail.startsWith(tail + "/") ? 1 : distance(tail, wantedTail);
  }

  private static List<String> segments(String path) {
    return List.of(path.toLowerCase(Locale.ROOT).split("/")).stream()
        .filter(segment -> !segment.isEmpty())
        .toList();
  }

  private static List<String> withoutRoots(List<String> segments) {
    int from = 0;
    while (from < segments.size() && ROOT_SEGMENTS.contains(segments.get(from))) {
      from++;
    }
    return segments.subList(from, segments.size());
  }

  /** Replaces the braces by the given segments, if both paths have the same number of segments. */
  private static List<String> filled(List<String> wanted, List<String> given) {
    List<String> tail = withoutRoots(given);
    int roots = wanted.size() - tail.size();
    if (roots != wanted.size() - withoutRoots(wanted).size()) {
      return wanted;
    }
    List<String> filled = new ArrayList<>(wanted);
    for (int i = roots; i < filled.size(); i++) {
      if (filled.get(i).startsWith("{")) {
        filled.set(i, tail.get(i - roots));
      }
    }
    return filled;
  }

  /** The Levenshtein distance: the number of characters to insert, remove or replace. */
  public static int distance(String one, String other) {
    int[] row = new int[other.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= one.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int replaced = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, Math.min(row[j - 1], row[j]) + 1);
      }
    }
    return row[other.length()];
  }
}
