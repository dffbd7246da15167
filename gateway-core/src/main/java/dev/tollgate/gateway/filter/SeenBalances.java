package dev.tollgate.gateway.filter;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Money;
import java.time.Duration;

/** What projects may spend, as seen of late. Safe for use by many threads. */
public final class SeenBalances {
  /** How old what is seen may be. */
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
   * @param ledger what knows the balances
   */
  public SeenBalances(Ledger ledger) {
    this.ledger = ledger;
  }

  /** What a project had available at most {@link #MAX_AGE} ago. May read the ledger. */
  Money recent(String projectId) {
    Money seen = available.getIfPresent(projectId);
    return seen == null ? fresh(projectId) : seen;
  }

  /** What a project has available now. */
  Money fresh(String projectId) {
    Money read = ledger.balance(projectId).available();
    available.put(projectId, read);
    return read;
  }
}
