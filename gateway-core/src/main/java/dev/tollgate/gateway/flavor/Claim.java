package dev.tollgate.gateway.flavor;

import dev.tollgate.gateway.account.KeyFingerprint;
import org.jspecify.annotations.Nullable;

/** What a request says of who is calling, before anything was looked up. */
public sealed interface Claim {
  /**
   * A key was presented.
   *
   * @param projectName the project that must own the key; null: whichever owns it
   * @param otherwise the refusal if the key does not open that project
   */
  record Presented(KeyFingerprint fingerprint, @Nullable String projectName, GatewayError otherwise)
      implements Claim {}

  /** The request cannot be right, whatever the store says. */
  record Refused(GatewayError error) implements Claim {}
}
