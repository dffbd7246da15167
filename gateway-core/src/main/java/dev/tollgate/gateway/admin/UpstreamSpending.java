package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.Secret;
import java.io.IOException;
import java.math.BigDecimal;

/** Asks the upstream for its spending figures. */
public interface UpstreamSpending {
  /**
   * The total ever spent with a key, in US dollars, with exactly the digits that the upstream
   * wrote; a number of ordinary size. May block.
   *
   * @throws IOException if the upstream gives no figure; the message is one line and states the
   *     reason
   */
  BigDecimal spent(Secret key) throws IOException;
}
