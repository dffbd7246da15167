package dev.tollgate.gateway.testkit;

import dev.tollgate.gateway.admin.AdminService;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Where a gateway lives, as its contracts see it: from outside, beside its database. */
public interface Home {
  /** On loopback. */
  int port();

  /** What all paths begin with: empty, or with a slash at its beginning and none at its end. */
  String contextPath();

  /** The operator's use cases on the gateway's database. */
  AdminService admin();

  /** The SQLite file that the gateway has open. */
  Path database();

  /** What becomes of a faulty request before the gateway's first filter. */
  default Fate fateOf(Fault fault) {
    return Fate.SEEN;
  }

  /**
   * Whether a client that asks with {@code Expect: 100-continue} is told to go on before anybody
   * has looked at its request.
   */
  default boolean continuesAtOnce() {
    return false;
  }

  /** What it adds to a relayed answer, beside what is about the connection; names in lower case. */
  default Map<String, List<String>> addedHeaders() {
    return Map.of();
  }
}
