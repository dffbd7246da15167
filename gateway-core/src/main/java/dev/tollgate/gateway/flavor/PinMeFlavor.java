package dev.tollgate.gateway.flavor;

import dev.tollgate.gateway.account.KeyFingerprint;
import dev.tollgate.gateway.flavor.GatewayError.Kind;
import dev.tollgate.gateway.http.RawQuery;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * PinMe's dialect. The key is in {@code X-API-Key}, and a billed request names its project in
 * {@code ?project_name=}. If another POST names a project, it must be the key's. Errors read {@code
 * {"code":..,"msg":..,"data":{"error":..}}}, with the HTTP status as {@code code}.
 */
public final class PinMeFlavor implements Flavor {
  /** The query parameter that names the project. */
  public static final String PROJECT_NAME = Credentials.PROJECT_NAME;

  /** The only instance. */
  public static final PinMeFlavor INSTANCE = new PinMeFlavor();

  /** The limit of a request body. PinMe's documentation states it, so it is not configurable. */
  public static final long MAX_BODY_BYTES = 1L << 20;

  private record Envelope(int code, String msg, Data data) {
    private record Data(String error) {}
  }

  private static final Set<String> READS = Set.of("GET", "HEAD");
  private static final RawQuery NO_QUERY = RawQuery.parse(null);

  private PinMeFlavor() {}

  @Override
  public String name() {
    return "pinme";
  }

  @Override
  public Claim claim(HttpServletRequest request, RawQuery query, boolean billed) {
    List<String> keys = Credentials.apiKeys(request);
    if (!billed) {
      // PinMe's clients may send any name with a GET.
      return Credentials.ofKeyAlone(keys, READS.contains(request.getMethod()) ? NO_QUERY : query);
    }
    if (keys.isEmpty()) {
      return new Claim.Refused(GatewayError.of(Kind.MISSING_CREDENTIAL));
    }
    List<Optional<String>> names = query.values(PROJECT_NAME).stream().distinct().toList();
    if (names.stream().allMatch(name -> name.isPresent() && name.get().isBlank())) {
      return new Claim.Refused(GatewayError.of(Kind.MISSING_PROJECT_NAME));
    }
    // Several different names, or a name that does not decode, identify no project.
    String projectName = names.size() == 1 ? names.get(0).orElse(null) : null;
    GatewayError invalid = GatewayError.of(Kind.INVALID_KEY_OR_PROJECT);
    return keys.size() > 1 || projectName == null
        ? new Claim.Refused(invalid)
        : new Claim.Presented(KeyFingerprint.of(keys.get(0)), projectName, invalid);
  }

  @Override
  public long maxBodyBytes(long configured) {
    return MAX_BODY_BYTES;
  }

  @Override
  public boolean showsAccountErrors() {
    return true;
  }

  @Override
  public int status(GatewayError error) {
    return error.kind().status();
  }

  @Override
  public byte[] body(GatewayError error, String requestId) {
    int status = status(error);
    String msg = status == HttpServletResponse.SC_BAD_REQUEST ? "invalid params" : "error";
    return ErrorJson.write(new Envelope(status, msg, new Envelope.Data(error.text())));
  }
}
