package dev.tollgate.gateway.filter;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Money;
import java.time.Duration;

/** Cache of the amounts that projects have available. Safe for use by many threads. */
public final class SeenBalances {
  /** Greatest age of a cached balance. */
  public static final Duration MAX_AGE = Duration.ofSeconds(5);

  private static final long MAX_ENTRIES = 50_000;

  private final Ledger ledger;
  private final Cache<String, Money> available =
      Caffeine.newBuilder()
          .executor(Runnable::run)
          .maximumSize(MAX_ENTRIES)
          .expireAfterWrite(MAX_AGE)
          .build();

  /**
   * @param ledger the source of the balances
   */
  public SeenBalances(Ledger ledger) {
    this.ledger = ledger;
  }

  /** The amount that a project had available at most {@link #MAX_AGE} ago. May read the ledger. */
  Money recent(String projectId) {
    Money seen = available.getIfPresent(projectId);
    return seen == null ? keep(projectId, ledger.available(projectId)) : seen;
  }

  /** The amount that a project has available now, which may be told. Reads the ledger. */
  Money fresh(String projectId) {
    return keep(projectId, ledger.balance(projectId).available());
  }

  private Money keep(String projectId, Money read) {
    available.put(projectId, read);
    return read;
  }
}
