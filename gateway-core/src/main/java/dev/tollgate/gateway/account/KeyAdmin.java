package dev.tollgate.gateway.account;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Changes to keys and projects. Every method that changes something raises {@link
 * KeyStore#changeCounter} in the same transaction; all may block, and all throw {@link
 * StoreUnavailableException} if the store does not answer.
 */
public interface KeyAdmin {
  /**
   * @return false, and nothing has changed, if a project of this name exists
   */
  boolean insertProject(Project project);

  /** The project of this name, if there is one. */
  Optional<Project> findProject(String name);

  /**
   * Keeps every other change to a project and its keys out until the transaction ends in which this
   * is called. Changes nothing.
   *
   * @return whether there is such a project
   */
  boolean lockProject(String projectId);

  /** All projects, ordered by name. */
  List<Project> listProjects();

  /** Lets a project's calls through or refuses them. No effect on an unknown id. */
  void setEnabled(String projectId, boolean enabled);

  /** Says what a project pays on top of the upstream's cost, from the next request on. */
  void setMarkup(String projectId, Markup markup);

  /** Says with which key a project's calls are sent upstream. No effect on an unknown id. */
  void setUpstream(String projectId, UpstreamAccess upstream);

  /** Says what a project is kept to beside its balance. No effect on an unknown id. */
  void setLimits(String projectId, Limits limits);

  /**
   * Adds a key.
   *
   * @return false, and nothing has changed, if its id is taken
   */
  boolean insertKey(ApiKey key, KeyFingerprint fingerprint);

  /** The keys of a project, oldest first, revoked ones included. */
  List<ApiKey> listKeys(String projectId);

  /**
   * Says what may be spent with a key.
   *
   * @return whether the project has such a key
   */
  boolean setKeyCaps(String projectId, String keyId, SpendingCaps caps);

  /**
   * Lets a key expire. One that expires earlier keeps its end.
   *
   * @param at from this instant on it is refused
   * @return whether the project has such a key
   */
  boolean setKeyExpiry(String projectId, String keyId, Instant at);

  /**
   * Revokes a key for good. Revoking a revoked key keeps the first time.
   *
   * @return whether the project has such a key
   */
  boolean revokeKey(String projectId, String keyId, Instant at);

  /**
   * Seals all that is sealed anew, by the newest master key; a store that seals nothing has nothing
   * to do.
   *
   * @return how many upstream keys there are
   */
  default int sealAnew() {
    return 0;
  }
}
