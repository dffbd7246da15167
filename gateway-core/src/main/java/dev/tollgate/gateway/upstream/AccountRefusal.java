package dev.tollgate.gateway.upstream;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.json.Json;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a caller gets in the place of an upstream's 402, which may speak of the operator's account
 * or of the request: OpenRouter has one status for both.
 */
public final class AccountRefusal {
  private static final Set<String> OUT_OF_CREDITS =
      Set.of("openrouter_credits", "openrouter_key_limit");
  private static final String IN_FLIGHT = "in_flight_budget_exhausted";

  /** OpenRouter's words for a request that a smaller cap would make affordable. */
  private static final String FEWER_TOKENS = "fewer max_tokens";

  private static final String DEFAULT_RETRY_AFTER = "1";
  private static final int MAX_RETRY_AFTER_CHARACTERS = 40;

  private AccountRefusal() {}

  /**
   * Decides by the body.
   *
   * @param retryAfter the answer's {@code Retry-After}; null: it has none
   * @return empty: the answer passes
   */
  public static Optional<GatewayError> of402(byte[] body, @Nullable String retryAfter) {
    JsonNode error = read(body).path("error");
    JsonNode metadata = error.path("metadata");
    if (metadata.path("reason").asText().equals(IN_FLIGHT)) {
      return Optional.of(GatewayError.unavailable(usable(retryAfter)));
    }
    boolean passes =
        error.path("message").asText().contains(FEWER_TOKENS)
            || (metadata.path("limit_source").isTextual()
                && !OUT_OF_CREDITS.contains(metadata.path("limit_source").asText()));
    // Whatever else it is, it may name the operator's account.
    return passes ? Optional.empty() : Optional.of(GatewayError.upstreamUnavailable(true));
  }

  private static JsonNode read(byte[] body) {
    try {
      JsonNode node = Json.mapper().readTree(body);
      return node == null ? Json.mapper().missingNode() : node;
    } catch (IOException e) {
      // No JSON, such as the page of a proxy on the way.
      return Json.mapper().missingNode();
    }
  }

  private static String usable(@Nullable String retryAfter) {
    String value = retryAfter == null ? "" : retryAfter.trim();
    return value.isEmpty() || value.length() > MAX_RETRY_AFTER_CHARACTERS
        ? DEFAULT_RETRY_AFTER
        : value;
  }
}
