package dev.tollgate.gateway.flavor;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.tollgate.gateway.flavor.GatewayError.Kind;
import dev.tollgate.gateway.http.RawQuery;
import dev.tollgate.gateway.ledger.Money;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

/**
 * The OpenAI SDKs' dialect. The key is in {@code Authorization: Bearer} and identifies the project.
 * Errors read {@code {"error":{"message","type","param","code"}}}; {@code code} is a string,
 * because openai-java rejects a number.
 */
public final class OpenAiFlavor implements Flavor {
  /** The only instance. */
  public static final OpenAiFlavor INSTANCE = new OpenAiFlavor();

  private static final long NANOS_PER_MICROCREDIT = 1_000;

  /**
   * @param availableMicrocredits null: left out
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Body(ErrorObject error, @Nullable Long availableMicrocredits) {}

  private record ErrorObject(
      String message,
      String type,
      @Nullable String param,
      String code,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Long availableMicrocredits) {}

  private OpenAiFlavor() {}

  @Override
  public String name() {
    return "openai";
  }

  @Override
  public Claim claim(HttpServletRequest request, RawQuery query, boolean billed) {
    return Credentials.ofKeyAlone(Credentials.bearerKeys(request), query);
  }

  @Override
  public int status(GatewayError error) {
    return error.kind().isForMoney()
        ? HttpServletResponse.SC_PAYMENT_REQUIRED
        : error.kind().status();
  }

  @Override
  public byte[] body(GatewayError error, String requestId) {
    return render(error, null);
  }

  /**
   * Renders the body of a refusal.
   *
   * @param available the available balance to report; null: it is left out
   */
  static byte[] render(GatewayError error, @Nullable Money available) {
    Kind kind = error.kind();
    // A negative balance is reported as zero.
    Long micros = available == null ? null : Math.max(0, available.nanos() / NANOS_PER_MICROCREDIT);
    return ErrorJson.write(
        new Body(
            new ErrorObject(message(error), kind.type(), null, kind.openAiCode(), micros), micros));
  }

  /** The message in OpenAI's words, for a key in {@code Authorization}. */
  static String message(GatewayError error) {
    return switch (error.kind()) {
      case MISSING_CREDENTIAL -> "Missing Authorization header";
      case INSUFFICIENT_BALANCE -> "Insufficient credits";
      default -> error.text();
    };
  }
}
