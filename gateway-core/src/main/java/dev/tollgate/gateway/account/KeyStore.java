package dev.tollgate.gateway.account;

import java.util.Optional;

/**
 * The store that each request looks up its key and project in. An embedder may provide another
 * implementation. Must be safe for use by many threads.
 */
public interface KeyStore {
  /**
   * The principal of a key; empty if no such key exists. Also returns keys that are revoked,
   * expired or of a disabled project, because the caller decides about them. May block.
   *
   * @throws StoreUnavailableException if the store does not answer
   */
  Optional<Principal> find(KeyFingerprint fingerprint);

  /**
   * The project with this name, even if it is disabled. May block. Called only if the application
   * itself states the project; for other uses a store can keep this default, which finds none.
   *
   * @throws StoreUnavailableException if the store does not answer
   */
  default Optional<Project> findProject(String name) {
    return Optional.empty();
  }

  /**
   * A number that increases with every change to a key or a project, from any process, and
   * otherwise stays the same. Read several times a second; may block.
   *
   * @throws StoreUnavailableException if the store does not answer
   */
  long changeCounter();
}
