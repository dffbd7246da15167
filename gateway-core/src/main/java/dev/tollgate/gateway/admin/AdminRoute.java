package dev.tollgate.gateway.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.tollgate.gateway.admin.IdempotentRequests.Answer;
import dev.tollgate.gateway.http.RouteTable;
import dev.tollgate.gateway.json.Json;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A method and path of the admin API with the handler that serves them.
 *
 * @param path the path below {@link AdminServlet#ROOT}; a segment in braces stands for any name
 * @param query the names of the allowed query parameters
 */
record AdminRoute(String method, String path, Set<String> query, Handler handler) {
  /** The names of projects and keys. None of them needs an escape in a path. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,99}");

  /** Serves one route. */
  interface Handler {
    /**
     * Carries out a request.
     *
     * @throws AdminException if the request cannot be carried out
     */
    Reply handle(AdminCall call);
  }

  /**
   * The response to a request.
   *
   * @param status the HTTP status
   * @param body a value that is written as JSON
   */
  record Reply(int status, Object body) {
    /** The reply in JSON. The copy that is stored lacks a new key, which is shown only once. */
    Answer answer() {
      Object kept = body instanceof Fields fields ? fields.withoutNewKey() : body;
      try {
        return new Answer(
            status, Json.mapper().writeValueAsString(body), Json.mapper().writeValueAsString(kept));
      } catch (JsonProcessingException e) {
        throw new IllegalStateException("what is shown is always JSON", e);
      }
    }
  }

  /** The body of a reply that is written while it is read from the database. */
  record Export(EntryExport entries, EntryExport.Format format) {}

  /** A table that finds routes by the raw path below {@link AdminServlet#ROOT}. */
  static RouteTable<AdminRoute> table(List<AdminRoute> routes) {
    return new RouteTable<>(routes, AdminRoute::method, AdminRoute::path, NAME);
  }
}
