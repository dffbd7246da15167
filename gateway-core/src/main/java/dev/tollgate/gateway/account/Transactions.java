package dev.tollgate.gateway.account;

import java.util.function.Supplier;

/** Transactions for use cases that make several changes, all or none. */
public interface Transactions {
  /**
   * Runs {@code work} in one transaction. All changes that the stores of the same database make on
   * the calling thread are committed when {@code work} returns, and rolled back when it throws. A
   * nested call joins the outer transaction.
   *
   * @throws StoreUnavailableException if the store does not answer
   */
  <T> T inTransaction(Supplier<T> work);
}
