package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.ApiKey.Origin;
import dev.tollgate.gateway.account.InferenceKeys;
import dev.tollgate.gateway.account.KeyMint.Minted;
import dev.tollgate.gateway.account.KeySettings;
import dev.tollgate.gateway.account.SpendingCaps;
import dev.tollgate.gateway.ledger.Money;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Keys that projects manage themselves. The audit log names {@link Actor#key} as the actor. */
record SelfMadeKeys(AdminContext context, ProjectKeys keys) implements InferenceKeys {

  @Override
  public Minted enable(String projectId, String managementKeyId) {
    return change(
        projectId,
        managementKeyId,
        changed -> {
          List<ApiKey> before = enabled(projectId);
          // The new key inherits what the operator has set for the last one; otherwise a project
          // could remove its own caps, or enable its own key.
          KeySettings settings =
              before.stream()
                  .reduce((older, newer) -> newer)
                  .map(this::inherited)
                  .orElse(KeySettings.NONE);
          KeySpec spec = new KeySpec(ApiKey.Kind.INFERENCE, null, settings);
          Minted minted = changed.create(projectId, spec, Origin.ENABLED, context.now());
          revoke(before, changed);
          return minted;
        });
  }

  @Override
  public Optional<Instant> enabledSince(String projectId) {
    Instant now = context.clock().instant();
    return enabled(projectId).stream()
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
              List<ApiKey> enabled = enabled(projectId);
              revoke(enabled, changed);
              return enabled;
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

  /** All keys that a project has made with {@code enable}, oldest first. */
  private List<ApiKey> enabled(String projectId) {
    return context.stores().keys().listKeys(projectId).stream()
        .filter(key -> key.origin() == Origin.ENABLED)
        .toList();
  }

  private static void revoke(List<ApiKey> keys, ProjectKeys changed) {
    keys.stream().filter(key -> key.revokedAt() == null).forEach(changed::revoke);
  }

  @Override
  public List<ApiKey> list(String projectId) {
    List<ApiKey> shown = new ArrayList<>();
    for (ApiKey key : context.stores().keys().listUnrevokedKeys(projectId)) {
      if (key.kind() == ApiKey.Kind.INFERENCE) {
        shown.add(0, key);
      }
    }
    return shown;
  }

  private Optional<ApiKey> find(String projectId, String keyId) {
    return list(projectId).stream().filter(key -> key.id().equals(keyId)).findFirst();
  }

  @Override
  public Outcome create(
      String projectId, String managementKeyId, KeySettings settings, @Nullable Instant expiresAt) {
    return change(
        projectId,
        managementKeyId,
        changed -> {
          Instant now = context.now();
          if (expiresAt != null && !expiresAt.isAfter(now)) {
            return new Outcome.Refused(
                "expires_at is " + expiresAt + ", which is not in the future");
          }
          if (list(projectId).stream().filter(ApiKey::selfMade).count() >= MAX_KEYS) {
            return new Outcome.Refused(
                "the project has %,d keys of its own, which is the maximum".formatted(MAX_KEYS));
          }
          Duration lifetime = expiresAt == null ? null : Duration.between(now, expiresAt);
          KeySpec spec = new KeySpec(ApiKey.Kind.INFERENCE, lifetime, settings);
          Minted minted = changed.create(projectId, spec, Origin.CREATED, now);
          return new Outcome.Created(find(projectId, minted.id()).orElseThrow(), minted.key());
        });
  }

  @Override
  public Outcome change(
      String projectId, String managementKeyId, String keyId, UnaryOperator<KeySettings> change) {
    return changeKey(
        projectId,
        managementKeyId,
        keyId,
        (key, changed) -> {
          KeySettings after = change.apply(key.settings());
          Optional<String> objection = objection(key, after);
          if (objection.isPresent()) {
            return new Outcome.Refused(objection.get());
          }
          changed.set(key, after);
          return new Outcome.Done(find(projectId, keyId).orElseThrow());
        });
  }

  @Override
  public Outcome delete(String projectId, String managementKeyId, String keyId) {
    return changeKey(
        projectId,
        managementKeyId,
        keyId,
        (key, changed) -> {
          if (!key.selfMade()) {
            return new Outcome.Refused(
                "the operator made key " + key.id() + ", so it can be disabled, but not deleted");
          }
          changed.revoke(key);
          return new Outcome.Done(key);
        });
  }

  private Outcome changeKey(
      String projectId,
      String managementKeyId,
      String keyId,
      BiFunction<ApiKey, ProjectKeys, Outcome> work) {
    return change(
        projectId,
        managementKeyId,
        changed ->
            find(projectId, keyId)
                .map(key -> work.apply(key, changed))
                .orElseGet(Outcome.Unknown::new));
  }

  /** Why a project may not give a key these settings; empty: it may. */
  private static Optional<String> objection(ApiKey key, KeySettings after) {
    KeySettings before = key.settings();
    Origin origin = key.origin();
    if (origin == Origin.CREATED) {
      return Optional.empty();
    }
    String why = null;
    if (!after.caps().equals(before.caps())) {
      why = "only the operator can change its limit";
    } else if (before.disabled() && !after.disabled()) {
      why = "only the operator can enable it";
    } else if (after.disabled() && !before.disabled() && origin == Origin.ENABLED) {
      // A later key of enable would inherit it, and the project could not undo that.
      why = "it can be deleted, but not disabled";
    } else if (!after.name().equals(before.name()) && origin == Origin.OPERATOR) {
      why = "only the operator can rename it";
    }
    return Optional.ofNullable(why).map(text -> "key " + key.id() + ": " + text);
  }
}
