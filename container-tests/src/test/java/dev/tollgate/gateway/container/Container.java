package dev.tollgate.gateway.container;

import dev.tollgate.gateway.testkit.Fate;
import dev.tollgate.gateway.testkit.Fault;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A servlet container, and how it is started from its distribution. Stateless. */
interface Container {
  /**
   * How a process is started.
   *
   * @param environment what it needs beside {@code JAVA_HOME}
   */
  record Start(List<String> command, Map<String, String> environment) {}

  /**
   * What is to be served where.
   *
   * @param directory an empty one, for whatever the container writes
   * @param contextPath empty for the root, else with a slash at its beginning
   */
  record Site(Path directory, Path war, String contextPath, int port) {
    /** The name that makes most containers serve a WAR at the context's path. */
    String warName() {
      return (contextPath.isEmpty() ? "ROOT" : contextPath.substring(1)) + ".war";
    }
  }

  /** Kind and version. */
  String name();

  /** Writes the settings that the container needs. */
  Start prepare(Site site) throws IOException, InterruptedException;

  /** What it does with a faulty request. */
  default Fate fateOf(Fault fault) {
    return Fate.SEEN;
  }

  /** See {@link dev.tollgate.gateway.testkit.Home#continuesAtOnce}. */
  default boolean continuesAtOnce() {
    return false;
  }

  /** See {@link dev.tollgate.gateway.testkit.Home#addedHeaders}. */
  default Map<String, List<String>> addedHeaders() {
    return Map.of();
  }
}
