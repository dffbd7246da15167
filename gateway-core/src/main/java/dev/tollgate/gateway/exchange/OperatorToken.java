package dev.tollgate.gateway.exchange;

import dev.tollgate.gateway.account.KeyFingerprint;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.flavor.Claim;
import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.flavor.GatewayError.Kind;
import dev.tollgate.gateway.flavor.OpenAiFlavor;
import dev.tollgate.gateway.http.RawQuery;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Optional;

/** What the operator shows in {@code Authorization: Bearer}. Immutable. */
public final class OperatorToken {
  private final KeyFingerprint token;

  /**
   * @param token not kept
   */
  public OperatorToken(Secret token) {
    this.token = KeyFingerprint.of(token.reveal());
  }

  /** Why a request is not the operator's; empty if it is. */
  public Optional<GatewayError> refusal(HttpServletRequest request) {
    Claim claim = OpenAiFlavor.INSTANCE.claim(request, RawQuery.parse(null));
    if (claim instanceof Claim.Refused refused) {
      return Optional.of(refused.error());
    }
    // Hashes are compared, in constant time: nothing tells of the token, nor of its length.
    return ((Claim.Presented) claim).fingerprint().equals(token)
        ? Optional.empty()
        : Optional.of(GatewayError.of(Kind.INVALID_KEY));
  }
}
