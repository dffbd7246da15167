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

/** Checks the operator's token in {@code Authorization: Bearer}. Immutable. */
public final class OperatorToken {
  private final KeyFingerprint token;

  /**
   * @param token only its hash is kept
   */
  public OperatorToken(Secret token) {
    this.token = KeyFingerprint.of(token.reveal());
  }

  /** The reason to refuse a request; empty if it carries the operator's token. */
  public Optional<GatewayError> refusal(HttpServletRequest request) {
    Claim claim = OpenAiFlavor.INSTANCE.claim(request, RawQuery.parse(null), false);
    if (claim instanceof Claim.Refused refused) {
      return Optional.of(refused.error());
    }
    // Compare hashes, in constant time, so the timing reveals neither the token nor its length.
    return ((Claim.Presented) claim).fingerprint().equals(token)
        ? Optional.empty()
        : Optional.of(GatewayError.of(Kind.INVALID_KEY));
  }
}
