package dev.tollgate.gateway.flavor;

import dev.tollgate.gateway.http.RawQuery;
import jakarta.servlet.http.HttpServletRequest;

/**
 * Pinata's dialect: the {@linkplain OpenAiFlavor OpenAI dialect}, except that the refusal for a low
 * balance states the available amount.
 */
public final class PinataFlavor implements Flavor {
  /** The only instance. */
  public static final PinataFlavor INSTANCE = new PinataFlavor();

  private PinataFlavor() {}

  @Override
  public String name() {
    return "pinata";
  }

  @Override
  public Claim claim(HttpServletRequest request, RawQuery query, boolean billed) {
    return OpenAiFlavor.INSTANCE.claim(request, query, billed);
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
