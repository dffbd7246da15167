package dev.tollgate.gateway.account;

import java.util.function.Supplier;

/** Lets a use case that changes several things change all of them or none. */
public interface Transactions {
  /**
   * Runs {@code work} in one transaction: what the stores of the same database do in it, on the
   * calling thread, is committed when it returns and undone when it throws. Inside another one it
   * joins that one.
   *
   * @throws StoreUnavailableException if the store does not answer
   */
  <T> T inTransaction(Supplier<T> work);
}
