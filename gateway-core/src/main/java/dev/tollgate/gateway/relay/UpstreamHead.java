package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.http.Header;
import java.util.List;
import java.util.Locale;

/**
 * Status and headers of the upstream's answer, as they came.
 *
 * @param status the HTTP status
 * @param headers all of them, in order
 */
record UpstreamHead(int status, List<Header> headers) {
  private static final int MIN_FINAL_STATUS = 200;
  private static final String EVENT_STREAM = "text/event-stream";

  /**
   * Whether the answer can be passed on: not a switch of protocols, and in no transfer coding that
   * is not undone here (its header would go, and the coding stay).
   */
  boolean isReadable() {
    return status >= MIN_FINAL_STATUS
        && headers.stream()
            .noneMatch(
                header ->
                    header.name().equalsIgnoreCase("Transfer-Encoding")
                        && !header.value().trim().equalsIgnoreCase("chunked"));
  }

  /** Whether the answer speaks of the upstream account rather than of the request. */
  boolean isAccountError() {
    return status == 401 || status == 402;
  }

  /** Whether the body is an event stream. */
  boolean isStream() {
    return headers.stream()
        .filter(header -> header.name().equalsIgnoreCase("Content-Type"))
        .findFirst()
        .map(header -> header.value().trim().toLowerCase(Locale.ROOT).startsWith(EVENT_STREAM))
        .orElse(false);
  }
}
