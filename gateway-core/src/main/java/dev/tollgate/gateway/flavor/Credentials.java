package dev.tollgate.gateway.flavor;

import dev.tollgate.gateway.account.KeyFingerprint;
import dev.tollgate.gateway.flavor.GatewayError.Kind;
import dev.tollgate.gateway.http.RawQuery;
import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Finds the keys and the project names in requests. */
final class Credentials {
  /** The query parameter that names the project. */
  static final String PROJECT_NAME = "project_name";

  private static final String API_KEY = "X-API-Key";
  private static final String AUTHORIZATION = "Authorization";
  private static final String BEARER = "bearer ";

  /** The prefixes of the gateway's own keys, for inference and for management. */
  private static final List<String> KEY_FORMS = List.of("tg_", "tgm_");

  private Credentials() {}

  /**
   * Whether the credential is in {@code Authorization}, not in {@code X-API-Key}. Coding agents
   * send a foreign key in one header and ours in the other. So if both headers hold a key, the one
   * that has the gateway's prefix counts. If both or neither have the prefix, {@code X-API-Key}
   * counts.
   */
  static boolean areInAuthorization(List<String> apiKeys, List<String> authorizations) {
    if (apiKeys.isEmpty() || authorizations.isEmpty()) {
      return apiKeys.isEmpty() && !authorizations.isEmpty();
    }
    return bearerKeys(authorizations).stream().anyMatch(Credentials::hasOurForm)
        && apiKeys.stream().noneMatch(Credentials::hasOurForm);
  }

  private static boolean hasOurForm(String key) {
    return KEY_FORMS.stream().anyMatch(key::startsWith);
  }

  /** The distinct keys in {@code X-API-Key}, without blank ones. */
  static List<String> apiKeys(HttpServletRequest request) {
    return values(request, API_KEY);
  }

  /**
   * The distinct bearer keys (RFC 6750 2.1). A value with another scheme is no key. If there are
   * several values, it counts as a different key, so that the request is refused.
   */
  static List<String> bearerKeys(HttpServletRequest request) {
    return bearerKeys(authorizations(request));
  }

  /** The distinct values of {@code Authorization}, without blank ones. */
  static List<String> authorizations(HttpServletRequest request) {
    return values(request, AUTHORIZATION);
  }

  private static List<String> bearerKeys(List<String> values) {
    List<String> keys = new ArrayList<>(1);
    for (String value : values) {
      boolean borne = value.toLowerCase(Locale.ROOT).startsWith(BEARER);
      String key = borne ? value.substring(BEARER.length()).trim() : "";
      if (!key.isEmpty() && !keys.contains(key)) {
        keys.add(key);
      } else if (key.isEmpty() && values.size() > 1) {
        keys.add(value);
      }
    }
    return keys;
  }

  private static List<String> values(HttpServletRequest request, String name) {
    List<String> different = new ArrayList<>(1);
    // A container that hides headers may return null.
    @Nullable Enumeration<String> values = request.getHeaders(name);
    while (values != null && values.hasMoreElements()) {
      String value = values.nextElement().trim();
      if (!value.isEmpty() && !different.contains(value)) {
        different.add(value);
      }
    }
    return different;
  }

  /**
   * The claim of a key that identifies its project. If the request names a project, it must be the
   * key's project.
   */
  static Claim ofKeyAlone(List<String> keys, RawQuery query) {
    if (keys.isEmpty()) {
      return new Claim.Refused(GatewayError.of(Kind.MISSING_CREDENTIAL));
    }
    List<Optional<String>> names =
        query.values(PROJECT_NAME).stream()
            .filter(name -> name.isEmpty() || !name.get().isBlank())
            .distinct()
            .toList();
    boolean named = !names.isEmpty();
    GatewayError invalid = GatewayError.of(named ? Kind.INVALID_KEY_OR_PROJECT : Kind.INVALID_KEY);
    String name = names.size() == 1 ? names.get(0).orElse(null) : null;
    // Several different keys or project names, or a name that does not decode, identify no project.
    return keys.size() > 1 || (named && name == null)
        ? new Claim.Refused(invalid)
        : new Claim.Presented(KeyFingerprint.of(keys.get(0)), name, invalid);
  }
}
