package dev.tollgate.gateway.account;

import java.util.Optional;

/**
 * Where keys and projects are looked up for each request. An embedder may bring its own. Must be
 * safe for use by many threads.
 */
public interface KeyStore {
  /**
   * The principal of a key, also of one that is revoked, expired or of a disabled project: the
   * caller decides. Empty if no such key exists. May block.
   *
   * @throws StoreUnavailableException if that cannot be found out now
   */
  Optional<Principal> find(KeyFingerprint fingerprint);

  /**
   * The project of this name, also one that is disabled; may block. Asked only where an application
   * says by itself which project is calling: a store may leave it to this method, which finds none.
   *
   * @throws StoreUnavailableException if that cannot be found out now
   */
  default Optional<Project> findProject(String name) {
    return Optional.empty();
  }

  /**
   * A number that is larger after every change to a key or a project, made by whomever, and the
   * same otherwise. Asked several times a second; may block.
   *
   * @throws StoreUnavailableException if that cannot be found out now
   */
  long changeCounter();
}
