package dev.tollgate.gateway.account;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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

  /** All projects, ordered by name. */
  List<Project> listProjects();

  /** Lets a project's calls through or refuses them. No effect on an unknown id. */
  void setEnabled(String projectId, boolean enabled);

  /** Says what a project pays on top of the upstream's cost, from the next request on. */
  void setMarkup(String projectId, Markup markup);

  /**
   * Gives a project an upstream key of its own.
   *
   * @param key null: the operator's default is used
   */
  void setUpstreamKey(String projectId, @Nullable Secret key);

  /**
   * Adds a key.
   *
   * @return false, and nothing has changed, if its id is taken
   */
  boolean insertKey(ApiKey key, KeyFingerprint fingerprint);

  /** The keys of a project, oldest first, revoked ones included. */
  List<ApiKey> listKeys(String projectId);

  /**
   * Revokes a key for good. Revoking a revoked key keeps the first time.
   *
   * @return whether the project has such a key
   */
  boolean revokeKey(String projectId, String keyId, Instant at);
}
