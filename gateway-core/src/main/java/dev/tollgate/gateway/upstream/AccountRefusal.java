package dev.tollgate.gateway.upstream;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.json.Json;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The error that replaces an upstream 402 answer. OpenRouter uses 402 both for the operator's
 * account and for a request that costs too much, so the body decides.
 */
public final class AccountRefusal {
  private static final Set<String> OUT_OF_CREDITS =
      Set.of("openrouter_credits", "openrouter_key_limit");
  private static final String IN_FLIGHT = "in_flight_budget_exhausted";

  /** OpenRouter's phrase for a request that a smaller token cap would make affordable. */
  private static final String FEWER_TOKENS = "fewer max_tokens";

  private static final String DEFAULT_RETRY_AFTER = "1";
  private static final int MAX_RETRY_AFTER_CHARACTERS = 40;

  private AccountRefusal() {}

  /**
   * Decides by the answer's body whether the caller sees it.
   *
   * @param retryAfter the answer's {@code Retry-After}; null: it has none
   * @return the replacement; empty: the answer passes unchanged
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
    // Any other 402 may name the operator's account.
    return passes ? Optional.empty() : Optional.of(GatewayError.upstreamUnavailable(true));
  }

  private static JsonNode read(byte[] body) {
    try {
      JsonNode node = Json.mapper().readTree(body);
      return node == null ? Json.mapper().missingNode() : node;
    } catch (IOException e) {
      // Not JSON, such as an error page from a proxy in between.
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
