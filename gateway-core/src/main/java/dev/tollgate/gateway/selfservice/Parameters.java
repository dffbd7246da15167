package dev.tollgate.gateway.selfservice;

import static dev.tollgate.gateway.exchange.RefusedException.quoted;

import dev.tollgate.gateway.exchange.RefusedException;
import dev.tollgate.gateway.http.RawQuery;
import java.util.List;
import java.util.Optional;

/**
 * Reads query parameters. A parameter that a route does not know is ignored, as OpenRouter does.
 */
record Parameters(RawQuery query) {
  /** A parameter's only value; empty if it is absent or blank. */
  Optional<String> one(String name) {
    List<String> values =
        query.values(name).stream()
            .flatMap(Optional::stream)
            .filter(value -> !value.isBlank())
            .distinct()
            .toList();
    if (values.size() > 1) {
      throw RefusedException.malformed(name + " is given several times with different values");
    }
    return values.stream().findFirst();
  }

  /** A parameter that is true or false; false if it is absent. */
  boolean flag(String name) {
    return one(name)
        .map(
            text ->
                switch (text) {
                  case "true" -> true;
                  case "false" -> false;
                  default ->
                      throw RefusedException.malformed(
                          name + " is " + quoted(text) + ", but must be true or false");
                })
        .orElse(false);
  }

  /** A whole number that is not negative; 0 if it is absent. */
  int count(String name) {
    String text = one(name).orElse("0");
    if (!text.matches("[0-9]{1,9}")) {
      throw RefusedException.malformed(
          name + " is " + quoted(text) + ", but must be a whole number from 0 to 999999999");
    }
    return Integer.parseInt(text);
  }

  /**
   * Refuses a parameter whose values have no meaning here. Ignoring it would return data that the
   * caller asked to exclude.
   */
  void requireNone(String name, String why) {
    if (one(name).isPresent()) {
      throw RefusedException.malformed(name + " is not supported: " + why);
    }
  }

  /**
   * Checks {@code workspace_id}. OpenRouter's workspaces are projects here, and a key sees only its
   * own.
   */
  void requireWorkspace(String projectName) {
    one("workspace_id").ifPresent(id -> requireWorkspace(id, projectName));
  }

  static void requireWorkspace(String id, String projectName) {
    if (!id.equals(projectName)) {
      throw RefusedException.malformed(
          "workspace_id is " + quoted(id) + ", but must be '" + projectName + "' or absent");
    }
  }
}
