package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.ApiKey.Origin;
import dev.tollgate.gateway.account.KeyAdmin;
import dev.tollgate.gateway.account.KeyMint;
import dev.tollgate.gateway.account.KeyMint.Minted;
import dev.tollgate.gateway.account.KeySettings;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.admin.AuditTrail.Action;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * Changes the keys of a project and audits each change. The caller holds the project's lock in a
 * transaction, except in {@link #create} for a project that it has just inserted.
 */
final class ProjectKeys {
  private final AdminContext context;
  private final KeyAdmin keys;
  private final KeyMint mint;

  ProjectKeys(AdminContext context, KeyMint mint) {
    this.context = context;
    this.keys = context.stores().keys();
    this.mint = mint;
  }

  /** Returns the same operations in the name of another actor. */
  ProjectKeys as(Actor actor) {
    return new ProjectKeys(context.as(actor), mint);
  }

  /** Creates a key of the operator's. */
  Minted create(String projectId, KeySpec spec) {
    return create(projectId, spec, Origin.OPERATOR, context.now());
  }

  /**
   * Creates a key.
   *
   * @param now the time from which the key's lifetime counts, in whole milliseconds
   */
  Minted create(String projectId, KeySpec spec, Origin origin, Instant now) {
    Minted minted = insert(projectId, spec, origin, now);
    Fields detail =
        new Fields()
            .add("kind", spec.kind())
            .add("self_made", origin == Origin.OPERATOR ? null : true)
            .add("lifetime", spec.lifetime())
            .addChanges(KeySettings.NONE, spec.settings());
    context.audit().write(Action.KEY_CREATE, projectId, minted.id(), detail.withoutNulls());
    return minted;
  }

  private Minted insert(String projectId, KeySpec spec, Origin origin, Instant now) {
    Instant expiresAt = spec.lifetime() == null ? null : now.plus(spec.lifetime());
    Minted minted = mint.mintKey(spec.kind());
    // Retry if the id is taken: there are 36^8 ids, 2.8 trillion.
    while (!keys.insertKey(
        new ApiKey(
            minted.id(), projectId, now, expiresAt, null, spec.kind(), origin, spec.settings()),
        minted.fingerprint())) {
      minted = mint.mintKey(spec.kind());
    }
    return minted;
  }

  Rotated rotate(Project project, String keyId, Duration grace) {
    if (grace.isNegative()) {
      throw new AdminException(
          "the grace period is " + grace.toSeconds() + " s, but must not be negative");
    }
    ApiKey old = require(project, keyId);
    Instant now = context.now();
    if (!old.isUsable(now)) {
      throw AdminException.conflict("key " + old.id() + " is " + reasonAgainst(old));
    }
    // The successor of a key with a lifetime gets the same lifetime.
    Duration lifetime =
        old.expiresAt() == null ? null : Duration.between(old.createdAt(), old.expiresAt());
    Minted minted =
        insert(
            project.id(),
            new KeySpec(old.kind(), lifetime, old.settings()),
            old.origin(),
            context.now());
    var unused =
        grace.isZero()
            ? keys.revokeKey(project.id(), old.id(), now)
            : keys.setKeyExpiry(project.id(), old.id(), now.plus(grace));
    Fields detail = new Fields().add("new_key_id", minted.id()).add("grace", grace);
    context.audit().write(Action.KEY_ROTATE, project.id(), old.id(), detail);
    return new Rotated(minted, status(project, old.id()));
  }

  private static String reasonAgainst(ApiKey key) {
    if (key.revokedAt() != null) {
      return "revoked";
    }
    return key.settings().disabled() ? "disabled" : "expired";
  }

  KeyStatus configure(Project project, String keyId, KeyChange change) {
    if (!change.isMade()) {
      throw new AdminException("there is nothing to configure");
    }
    ApiKey key = require(project, keyId);
    if (key.kind() == ApiKey.Kind.MANAGEMENT && change.limits().isMade()) {
      throw AdminException.conflict(
          "key "
              + key.id()
              + " is a management key: it spends"
              + " nothing, so it cannot have caps");
    }
    KeySettings settings = change.after(key.settings());
    set(key, settings, key.origin().afterOperatorSet(change.restricts(), settings));
    return status(project, keyId);
  }

  /** Sets what may change of a key, if it differs. */
  void set(ApiKey key, KeySettings settings) {
    set(key, settings, key.origin());
  }

  private void set(ApiKey key, KeySettings settings, Origin origin) {
    Fields detail = new Fields();
    if (!settings.equals(key.settings())) {
      keys.setKey(key.projectId(), key.id(), settings);
      detail.addChanges(key.settings(), settings);
    }
    if (origin != key.origin()) {
      keys.setKeyOrigin(key.projectId(), key.id(), origin);
      detail.add("origin", origin);
    }
    if (!detail.isEmpty()) {
      context.audit().write(Action.KEY_CONFIGURE, key.projectId(), key.id(), detail);
    }
  }

  KeyStatus revoke(Project project, String keyId) {
    ApiKey key = require(project, keyId);
    if (key.revokedAt() == null) {
      revoke(key);
    }
    return status(project, keyId);
  }

  void revoke(ApiKey key) {
    keys.revokeKey(key.projectId(), key.id(), context.clock().instant());
    context.audit().write(Action.KEY_REVOKE, key.projectId(), key.id(), new Fields());
  }

  List<KeyStatus> list(Project project) {
    Map<String, Instant> used = context.stores().reports().lastUsed(project.id());
    return keys.listKeys(project.id()).stream()
        .map(key -> new KeyStatus(key, used.get(key.id())))
        .toList();
  }

  private KeyStatus status(Project project, String keyId) {
    Map<String, Instant> used = context.stores().reports().lastUsed(project.id());
    return new KeyStatus(require(project, keyId), used.get(keyId));
  }

  private ApiKey require(Project project, String keyId) {
    return keys.listKeys(project.id()).stream()
        .filter(key -> key.id().equals(keyId))
        .findFirst()
        .orElseThrow(() -> AdminException.unknownKey(project.name(), keyId));
  }
}
