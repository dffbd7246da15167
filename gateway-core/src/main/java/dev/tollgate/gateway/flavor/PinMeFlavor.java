package dev.tollgate.gateway.flavor;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tollgate.gateway.account.KeyFingerprint;
import dev.tollgate.gateway.flavor.GatewayError.Kind;
import dev.tollgate.gateway.http.RawQuery;
import dev.tollgate.gateway.json.Json;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * PinMe's dialect: the key in {@code X-API-Key}, the project in {@code ?project_name=} of a POST,
 * errors as {@code {"code":..,"msg":..,"data":{"error":..}}} with the HTTP status as {@code code}.
 */
public final class PinMeFlavor implements Flavor {
  /** The query parameter that names the project. */
  public static final String PROJECT_NAME = "project_name";

  private static final String API_KEY = "X-API-Key";
  private static final ObjectMapper JSON = new ObjectMapper(Json.factory().build());

  private record Envelope(int code, String msg, Data data) {
    private record Data(String error) {}
  }

  @Override
  public Claim claim(HttpServletRequest request, RawQuery query) {
    boolean post = request.getMethod().equals("POST");
    GatewayError invalid = GatewayError.of(post ? Kind.INVALID_KEY_OR_PROJECT : Kind.INVALID_KEY);
    List<String> keys = keys(request);
    if (keys.isEmpty()) {
      return new Claim.Refused(GatewayError.of(Kind.MISSING_CREDENTIAL));
    }
    String projectName = null;
    if (post) {
      List<Optional<String>> names = query.values(PROJECT_NAME).stream().distinct().toList();
      if (names.stream().allMatch(name -> name.isPresent() && name.get().isBlank())) {
        return new Claim.Refused(GatewayError.of(Kind.MISSING_PROJECT_NAME));
      }
      // Names that differ, or one that does not decode, are nobody's.
      projectName = names.size() == 1 ? names.get(0).orElse(null) : null;
      if (projectName == null) {
        return new Claim.Refused(invalid);
      }
    }
    if (keys.size() > 1) {
      return new Claim.Refused(invalid);
    }
    return new Claim.Presented(KeyFingerprint.of(keys.get(0)), projectName, invalid);
  }

  /** The different keys presented, blank ones left out. */
  private static List<String> keys(HttpServletRequest request) {
    List<String> keys = new ArrayList<>(1);
    @Nullable Enumeration<String> values = request.getHeaders(API_KEY);
    while (values != null && values.hasMoreElements()) {
      String key = values.nextElement().trim();
      if (!key.isEmpty() && !keys.contains(key)) {
        keys.add(key);
      }
    }
    return keys;
  }

  @Override
  public byte[] body(GatewayError error) {
    int status = error.kind().status();
    String msg = status == HttpServletResponse.SC_BAD_REQUEST ? "invalid params" : "error";
    try {
      return JSON.writeValueAsBytes(new Envelope(status, msg, new Envelope.Data(error.text())));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("strings and numbers are always JSON", e);
    }
  }
}
