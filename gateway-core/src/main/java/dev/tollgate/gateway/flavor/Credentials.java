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

/** Where requests have their keys and the names of their projects. */
final class Credentials {
  /** The query parameter that names the project. */
  static final String PROJECT_NAME = "project_name";

  private static final String API_KEY = "X-API-Key";
  private static final String AUTHORIZATION = "Authorization";
  private static final String BEARER = "bearer ";

  /** What the gateway's own keys begin with: those for inference, those for management. */
  private static final List<String> KEY_FORMS = List.of("tg_", "tgm_");

  private Credentials() {}

  /**
   * Whether {@code Authorization} has the credential, and not {@code X-API-Key}. Coding agents send
   * a foreign key in one header beside ours in the other, so of two the one in the form of the
   * gateway's keys decides; {@code X-API-Key} does if both have it, or neither.
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

  /** The different keys in {@code X-API-Key}, blank ones left out. */
  static List<String> apiKeys(HttpServletRequest request) {
    return values(request, API_KEY);
  }

  /**
   * The different keys that are borne (RFC 6750 2.1). What has another scheme is none, but beside a
   * key it makes two that differ.
   */
  static List<String> bearerKeys(HttpServletRequest request) {
    return bearerKeys(authorizations(request));
  }

  /** The different values of {@code Authorization}, blank ones left out. */
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
    // A container that hides headers may answer null.
    @Nullable Enumeration<String> values = request.getHeaders(name);
    while (values != null && values.hasMoreElements()) {
      String value = values.nextElement().trim();
      if (!value.isEmpty() && !different.contains(value)) {
        different.add(value);
      }
    }
    return different;
  }

  /** The claim of a key that tells its project by itself; a name that is given must match. */
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
    // Names that differ, or one that does not decode, are nobody's; so are keys that differ.
    return keys.size() > 1 || (named && name == null)
        ? new Claim.Refused(invalid)
        : new Claim.Presented(KeyFingerprint.of(keys.get(0)), name, invalid);
  }
}
