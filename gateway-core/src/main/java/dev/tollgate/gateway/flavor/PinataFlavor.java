package dev.tollgate.gateway.flavor;

import dev.tollgate.gateway.http.RawQuery;
import jakarta.servlet.http.HttpServletRequest;

/**
 * Pinata's dialect, that of the {@linkplain OpenAiFlavor OpenAI SDKs} but for one thing: who has
 * too little is told how much it is.
 */
public final class PinataFlavor implements Flavor {
  /** The one there is. */
  public static final PinataFlavor INSTANCE = new PinataFlavor();

  private PinataFlavor() {}

  @Override
  public String name() {
    return "pinata";
  }

  @Override
  public Claim claim(HttpServletRequest request, RawQuery query) {
    return OpenAiFlavor.INSTANCE.claim(request, query);
  }

  @Override
  public int status(GatewayError error) {
    return OpenAiFlavor.INSTANCE.status(error);
  }

  @Override
  public byte[] body(GatewayError error, String requestId) {
    return OpenAiFlavor.render(error, error.available());
  }
}
