package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.InferenceKeys;
import dev.tollgate.gateway.account.KeyMint.Minted;
import dev.tollgate.gateway.account.KeySettings;
import dev.tollgate.gateway.account.SpendingCaps;
import dev.tollgate.gateway.ledger.Money;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Keys that projects create for themselves. The audit log names {@link Actor#key} as the actor. */
record SelfMadeKeys(AdminContext context, ProjectKeys keys) implements InferenceKeys {

  @Override
  public Minted enable(String projectId, String managementKeyId) {
    return change(
        projectId,
        managementKeyId,
        changed -> {
          List<ApiKey> before = made(projectId);
          // The new key inherits what the operator has set for the last one; otherwise a project
          // could remove its own caps, or enable its own key.
          KeySettings settings =
              before.stream()
                  .reduce((older, newer) -> newer)
                  .map(this::inherited)
                  .orElse(KeySettings.NONE);
          KeySpec spec = new KeySpec(ApiKey.Kind.INFERENCE, null, settings);
          Minted minted = changed.create(projectId, spec, true);
          revoke(before, changed);
          return minted;
        });
  }

  @Override
  public Optional<Instant> enabledSince(String projectId) {
    Instant now = context.clock().instant();
    return made(projectId).stream()
        .filter(key -> key.isUsable(now))
        .map(ApiKey::createdAt)
        .max(Instant::compareTo);
  }

  @Override
  public void disable(String projectId, String managementKeyId) {
    var unused =
        change(
            projectId,
            managementKeyId,
            changed -> {
              List<ApiKey> made = made(projectId);
              revoke(made, changed);
              return made;
            });
  }

  private <T> T change(String projectId, String keyId, Function<ProjectKeys, T> work) {
    return context.inTransaction(
        () -> {
          if (!context.stores().keys().lockProject(projectId)) {
            throw AdminException.unknownProject(projectId);
          }
          return work.apply(keys.as(Actor.key(keyId)));
        });
  }

  /** The settings of a key. Its cap in total is reduced by the charges of the key. */
  private KeySettings inherited(ApiKey last) {
    SpendingCaps caps = last.caps();
    Long total = caps.totalNanos();
    if (total == null) {
      return last.settings();
    }
    Money spent =
        context.stores().ledger().spending(last.projectId(), last.id(), context.now()).ever();
    // At least a nano: a cap cannot be zero.
    long left = Math.max(1, total - Math.min(total, spent.nanos()));
    return last.settings()
        .withCaps(
            new SpendingCaps(caps.dailyNanos(), caps.weeklyNanos(), caps.monthlyNanos(), left));
  }

  /** All keys that a project has made, oldest first. */
  private List<ApiKey> made(String projectId) {
    return context.stores().keys().listKeys(projectId).stream().filter(ApiKey::selfMade).toList();
  }

  private static void revoke(List<ApiKey> made, ProjectKeys keys) {
    made.stream().filter(key -> key.revokedAt() == null).forEach(keys::revoke);
  }
}
