package dev.tollgate.gateway.admin;

import static dev.tollgate.gateway.exchange.RefusedException.quoted;
import static java.util.stream.Collectors.toSet;

import dev.tollgate.gateway.account.Limit;
import dev.tollgate.gateway.http.RawQuery;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One request of the admin API, as its route sees it.
 *
 * @param admin the use cases, in the name of the request's actor
 * @param names the values of the path's parameters, by their names in the route's template
 * @param query the query's parameters, see {@link #parse}
 * @param text the body; empty if there is none
 */
record AdminCall(
    AdminService admin, Map<String, String> names, Map<String, String> query, String text) {
  private static final int DEFAULT_LIMIT = 50;

  /**
   * Reads a query.
   *
   * @param allowed the names of the known parameters
   * @throws AdminException if a parameter is unknown, has no value or has several different values
   */
  static Map<String, String> parse(@Nullable String raw, Set<String> allowed) {
    RawQuery query = RawQuery.parse(raw);
    if (!query.isWellFormedExcept("")) {
      throw new AdminException("query");
    }
    Map<String, String> values = new java.util.HashMap<>();
    String rest = raw == null ? "" : raw;
    for (String name : allowed) {
      List<Optional<String>> given = query.values(name).stream().distinct().toList();
      if (given.size() > 1) {
        throw new AdminException("query parameter " + name + " is given twice");
      }
      given.forEach(value -> value.ifPresent(text -> values.put(name, text)));
      rest = RawQuery.parse(rest).without(name);
    }
    if (!rest.isEmpty()) {
      throw new AdminException("unknown query parameter " + quoted(rest.split("[=&]", 2)[0]));
    }
    return values;
  }

  /** The value of a path parameter. */
  String name(String of) {
    return Objects.requireNonNull(names.get(of));
  }

  /** The project's name in the path. */
  String project() {
    return name("name");
  }

  /** The query parameter {@code limit}; {@value #DEFAULT_LIMIT} if it is absent. */
  int limit() {
    String limit = query.get("limit");
    if (limit == null) {
      return DEFAULT_LIMIT;
    }
    if (!limit.matches("[0-9]{1,9}")) {
      throw new AdminException("limit " + quoted(limit) + " is not a whole number");
    }
    return Integer.parseInt(limit);
  }

  /**
   * Reads the body.
   *
   * @param members the names of the allowed members
   * @throws AdminException if the body is not a JSON object or has other members
   */
  JsonBody body(String... members) {
    return body(List.of(), members);
  }

  /** Reads a body that may also have these limits as members. */
  JsonBody body(List<Limit<?>> limits, String... members) {
    return JsonBody.parse(
        text, Stream.concat(limits.stream().map(Limit::name), Stream.of(members)).collect(toSet()));
  }
}
