package dev.tollgate.gateway.account;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Changes to keys and projects. Every method that changes a key or a project increases {@link
 * KeyStore#changeCounter} in the same transaction. All methods may block and throw {@link
 * StoreUnavailableException} if the store does not answer.
 */
public interface KeyAdmin {
  /**
   * @return false, and nothing has changed, if a project with this name exists
   */
  boolean insertProject(Project project);

  /** The project with this name; empty: there is none. */
  Optional<Project> findProject(String name);

  /**
   * Blocks all other changes to a project and its keys until the calling transaction ends. Changes
   * nothing.
   *
   * @return whether the project exists
   */
  boolean lockProject(String projectId);

  /** All projects, ordered by name. */
  List<Project> listProjects();

  /**
   * Sets what may change of a project, from the next request on: whether it is enabled or archived,
   * its display name, markup, limits and upstream key. Read the project and update it in one
   * transaction that has {@linkplain #lockProject locked} it. No effect on an unknown id.
   */
  void updateProject(Project project);

  /**
   * Adds a key.
   *
   * @return false, and nothing has changed, if its id is taken
   */
  boolean insertKey(ApiKey key, KeyFingerprint fingerprint);

  /** The keys of a project, oldest first, including revoked keys. */
  List<ApiKey> listKeys(String projectId);

  /** The keys of a project that are not revoked, oldest first. */
  default List<ApiKey> listUnrevokedKeys(String projectId) {
    return listKeys(projectId).stream().filter(key -> key.revokedAt() == null).toList();
  }

  /**
   * Sets what may change of a key, from the next request on.
   *
   * @return whether the project has this key
   */
  boolean setKey(String projectId, String keyId, KeySettings settings);

  /**
   * Sets who may change a key, from the next change on. Called only for keys that a project made
   * with {@code POST /api/v1/keys}, so a store without such keys can keep this default, which
   * throws.
   *
   * @return whether the project has this key
   */
  default boolean setKeyOrigin(String projectId, String keyId, ApiKey.Origin origin) {
    throw new UnsupportedOperationException("this store does not keep the origin of a key");
  }

  /**
   * Sets the expiry of a key. An earlier expiry stays.
   *
   * @param at the key is refused from this time on
   * @return whether the project has this key
   */
  boolean setKeyExpiry(String projectId, String keyId, Instant at);

  /**
   * Revokes a key permanently. Revoking a revoked key keeps the first time.
   *
   * @return whether the project has this key
   */
  boolean revokeKey(String projectId, String keyId, Instant at);

  /**
   * Removes what is personal from all rows of a project, as {@code project erase} does: its name
   * and display name, its own upstream key, the names and metadata of its keys, the notes of its
   * ledger entries, its end users, the idempotency keys of its requests, and the stored answers to
   * requests that name it. Revokes its keys. Amounts, times and ids stay. Call this in a
   * transaction that has {@linkplain #lockProject locked} the project. A store that cannot erase
   * throws an {@link UnsupportedOperationException}.
   *
   * @param name the new name, which no other project has
   * @param at the time from which its keys are revoked
   * @param audited returns a line of its audit log without what is personal
   */
  default Erased eraseProject(
      Project project, String name, Instant at, UnaryOperator<AuditLog.Line> audited) {
    throw new UnsupportedOperationException("this store cannot erase a project");
  }

  /**
   * Seals every stored secret again with the newest master key. A store that seals nothing does
   * nothing.
   *
   * @return the number of upstream keys
   */
  default int sealAnew() {
    return 0;
  }
}
