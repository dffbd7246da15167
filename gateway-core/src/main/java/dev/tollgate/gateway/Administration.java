package dev.tollgate.gateway;

import dev.tollgate.gateway.admin.AdminService;
import dev.tollgate.gateway.admin.AdminStores;
import dev.tollgate.gateway.jdbc.JdbcStores;
import java.time.InstantSource;

/** The operator's use cases on a database, which a gateway may have open. Needs no servlet API. */
public final class Administration {
  private Administration() {}

  /**
   * The use cases.
   *
   * @param stores stay open, and are to be closed by who opened them
   * @param clock what tells the time
   */
  public static AdminService of(JdbcStores stores, InstantSource clock) {
    return new AdminService(
        new AdminStores(
            stores.keyAdmin(),
            stores.ledger(),
            stores.reports(),
            stores.upstreamKeys(),
            stores.audit(),
            stores.answeredRequests(),
            stores.transactions()),
        clock);
  }
}
