package dev.tollgate.gateway.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.tollgate.gateway.admin.IdempotentRequests.Answer;
import dev.tollgate.gateway.http.RouteTable;
import dev.tollgate.gateway.json.Json;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

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
  record Reply(int status, Object body) {
    /** The reply in JSON. A new key is shown this once; it is not kept. */
    Answer answer() {
      Object kept = body;
      if (kept instanceof Map<?, ?> fields && fields.containsKey(Fields.API_KEY)) {
        Map<String, @Nullable Object> without = Fields.fields();
        fields.forEach((name, value) -> without.put(String.valueOf(name), value));
        without.put(Fields.API_KEY, null);
        kept = without;
      }
      try {
        return new Answer(
            status, Json.mapper().writeValueAsString(body), Json.mapper().writeValueAsString(kept));
      } catch (JsonProcessingException e) {
        throw new IllegalStateException("what is shown is always JSON", e);
      }
    }
  }

  /** Finds routes by the paths below {@link AdminServlet#ROOT}, as they are sent. */
  static RouteTable<AdminRoute> table(List<AdminRoute> routes) {
    return new RouteTable<>(routes, AdminRoute::method, AdminRoute::path, NAME);
  }
}
