package dev.tollgate.gateway.upstream;

import dev.tollgate.gateway.http.Header;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Status and headers of the upstream's answer, unchanged.
 *
 * @param status the HTTP status
 * @param headers all headers, in order
 */
public record UpstreamHead(int status, List<Header> headers) {
  private static final int MIN_FINAL_STATUS = 200;
  private static final int UNAUTHORIZED = 401;
  private static final int PAYMENT_REQUIRED = 402;
  private static final String EVENT_STREAM = "text/event-stream";

  /**
   * Whether the answer can be relayed: the status is final, and the transfer coding is at most
   * {@code chunked}. For any other coding, the header would be removed but the coding would stay.
   */
  public boolean isReadable() {
    for (Header header : headers) {
      if (header.name().equalsIgnoreCase("Transfer-Encoding")
          && !header.value().trim().equalsIgnoreCase("chunked")) {
        return false;
      }
    }
    return status >= MIN_FINAL_STATUS;
  }

  /** Whether the answer may be about the upstream account rather than the request. */
  public boolean isAccountError() {
    return isUnauthorized() || isPaymentRequired();
  }

  /** Whether the upstream rejects the key. */
  boolean isUnauthorized() {
    return status == UNAUTHORIZED;
  }

  /** Whether the upstream requires payment first. */
  public boolean isPaymentRequired() {
    return status == PAYMENT_REQUIRED;
  }

  /** Whether the body is an event stream. */
  public boolean isStream() {
    String type = value("Content-Type");
    return type != null && type.trim().toLowerCase(Locale.ROOT).startsWith(EVENT_STREAM);
  }

  /** The first header of this name, in any case; null if there is none. */
  public @Nullable String value(String name) {
    for (Header header : headers) {
      if (header.name().equalsIgnoreCase(name)) {
        return header.value();
      }
    }
    return null;
  }

  /** The length of the body; -1 if unknown until its end. */
  public long bodyBytes() {
    String length = value("Content-Length");
    if (length == null) {
      return -1;
    }
    try {
      return Long.parseLong(length.trim());
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}
