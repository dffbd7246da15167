package dev.tollgate.gateway.admin;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * A method and path of the admin API, and what is done there.
 *
 * @param path below {@link AdminServlet#ROOT}; a segment in braces stands for any name
 * @param query the names of the parameters that it takes
 */
record AdminRoute(String method, String path, Set<String> query, Handler handler) {
  /** What is done. */
  interface Handler {
    /**
     * @throws AdminException if it cannot be done
     */
    Reply handle(AdminCall call);
  }

  /**
   * What is answered.
   *
   * @param body to be written as JSON
   */
  record Reply(int status, Object body) {}

  /** What a method and a path lead to. */
  sealed interface Match {
    /**
     * This route.
     *
     * @param names what stands where the route has braces
     */
    record Found(AdminRoute route, Map<String, String> names) implements Match {}

    /**
     * The path is served, by other methods.
     *
     * @param allow as the {@code Allow} header lists them
     */
    record OtherMethod(String allow) implements Match {}

    /** Nothing is served there. */
    record Unknown() implements Match {}
  }

  // Of projects, keys: nothing that has to be escaped in a path.
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,99}");

  /**
   * Finds the route of a request; {@code HEAD} is served as {@code GET}.
   *
   * @param path raw, below {@link AdminServlet#ROOT}; it must match to the letter
   */
  static Match find(List<AdminRoute> routes, String method, String path) {
    String wanted = method.equals("HEAD") ? "GET" : method;
    Set<String> others = new TreeSet<>();
    for (AdminRoute route : routes) {
      Map<String, String> names = new HashMap<>();
      if (route.matches(path, names)) {
        if (route.method.equals(wanted)) {
          return new Match.Found(route, names);
        }
        others.add(route.method);
      }
    }
    return others.isEmpty() ? new Match.Unknown() : new Match.OtherMethod(allow(others));
  }

  private boolean matches(String asked, Map<String, String> names) {
    String[] mine = path.split("/", -1);
    String[] theirs = asked.split("/", -1);
    if (mine.length != theirs.length) {
      return false;
    }
    for (int i = 0; i < mine.length; i++) {
      if (mine[i].startsWith("{")) {
        if (!NAME.matcher(theirs[i]).matches()) {
          return false;
        }
        names.put(mine[i].substring(1, mine[i].length() - 1), theirs[i]);
      } else if (!mine[i].equals(theirs[i])) {
        return false;
      }
    }
    return true;
  }

  private static String allow(Set<String> methods) {
    List<String> all = new ArrayList<>();
    for (String method : methods) {
      all.add(method);
      if (method.equals("GET")) {
        all.add("HEAD");
      }
    }
    all.add("OPTIONS");
    return String.join(", ", all);
  }
}
