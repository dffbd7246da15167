package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.http.RouteTable;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A method and path of the admin API, and what is done there.
 *
 * @param path below {@link AdminServlet#ROOT}; a segment in braces stands for any name
 * @param query the names of the parameters that it takes
 */
record AdminRoute(String method, String path, Set<String> query, Handler handler) {
  /** The names of projects and keys: nothing that has to be escaped in a path. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,99}");

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

  /** Finds routes by the paths below {@link AdminServlet#ROOT}, as they are sent. */
  static RouteTable<AdminRoute> table(List<AdminRoute> routes) {
    return new RouteTable<>(routes, AdminRoute::method, AdminRoute::path, NAME);
  }
}
