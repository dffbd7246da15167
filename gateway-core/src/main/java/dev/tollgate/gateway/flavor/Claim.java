package dev.tollgate.gateway.flavor;

import dev.tollgate.gateway.account.KeyFingerprint;
import org.jspecify.annotations.Nullable;

/** The credential of a request, before any look-up. */
public sealed interface Claim {
  /**
   * A key was presented.
   *
   * @param projectName the project that must own the key; null: any project may own it
   * @param otherwise the refusal if the key is not valid for that project
   */
  record Presented(KeyFingerprint fingerprint, @Nullable String projectName, GatewayError otherwise)
      implements Claim {}

  /** The request is refused without a look-up, because no store could make it valid. */
  record Refused(GatewayError error) implements Claim {}
}
