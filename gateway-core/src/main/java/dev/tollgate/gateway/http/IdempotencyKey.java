package dev.tollgate.gateway.http;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Reads the key by which a client marks repeats of one request
 * (draft-ietf-httpapi-idempotency-key-header).
 */
public final class IdempotencyKey {
  /** The name of the header. */
  public static final String HEADER = "Idempotency-Key";

  private static final int MAX_CHARACTERS = 255;

  private IdempotencyKey() {}

  /**
   * The key of a request; an equal one may be given twice.
   *
   * @return the empty string if there is none; empty if there are several, or it is too long
   */
  public static Optional<String> of(HttpServletRequest request) {
    Set<String> keys = new HashSet<>();
    for (String value : Collections.list(request.getHeaders(HEADER))) {
      keys.add(value.trim());
    }
    keys.remove("");
    if (keys.isEmpty()) {
      return Optional.of("");
    }
    String key = keys.iterator().next();
    return keys.size() == 1 && key.length() <= MAX_CHARACTERS ? Optional.of(key) : Optional.empty();
  }
}
