package dev.tollgate.gateway.exchange;

import dev.tollgate.gateway.flavor.GatewayError;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tells the caller of an unknown path what was asked for and which route was probably meant. Most
 * such calls come from an SDK whose base URL is wrong, and its user sees nothing but this text.
 */
public final class UnknownPath {
  /** Comparing takes time for each character of both. */
  private static final int MAX_COMPARED_CHARACTERS = 100;

  /** One wrong character for so many is a typing error; more of them are another word. */
  private static final int CHARACTERS_PER_ERROR = 5;

  /** A longer path may have two wrong characters: most often they are exchanged. */
  private static final int SHORT_CHARACTERS = 5;

  /** What base URLs of other servers end with. */
  private static final Set<String> ROOT_SEGMENTS =
      Set.of("api", "v0", "v1", "llm", "openai", "openrouter", "anthropic");

  private UnknownPath() {}

  /**
   * The refusal.
   *
   * @param method the client's
   * @param uri the client's path, raw
   * @param hint the path that was probably meant; null: no route is near
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
   * The path of the route that was probably meant.
   *
   * @param path within the gateway
   * @return with braces where the route has them; empty if no route is near
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

  /** The beginning of a route counts as one error: a caller of /chat means /chat/completions. */
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

  /** Puts what was given in the place of braces, if both have as many segments. */
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

  /** How many characters one has to insert, remove or replace (Levenshtein). */
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
