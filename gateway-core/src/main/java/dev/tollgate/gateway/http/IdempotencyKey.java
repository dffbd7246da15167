package dev.tollgate.gateway.http;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Reads the key with which a client marks repeats of a request
 * (draft-ietf-httpapi-idempotency-key-header).
 */
public final class IdempotencyKey {
  /** The name of the header. */
  public static final String HEADER = "Idempotency-Key";

  private static final int MAX_CHARACTERS = 255;

  private IdempotencyKey() {}

  /**
   * The key of a request. Two equal keys count as one.
   *
   * @return the key; an empty string if the request has none; an empty {@code Optional} if it has
   *     several or the key is too long
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
