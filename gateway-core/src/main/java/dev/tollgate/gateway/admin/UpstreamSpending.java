package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.Secret;
import java.io.IOException;
import java.math.BigDecimal;

/** Says what the upstream thinks was spent. */
public interface UpstreamSpending {
  /**
   * All that was ever spent with a key, in US dollars, exactly as the upstream wrote it; a number
   * of ordinary size. May block.
   *
   * @throws IOException if the upstream does not say, with why as its message, in one line
   */
  BigDecimal spent(Secret key) throws IOException;
}
