package dev.tollgate.gateway.admin;

import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.AuditLog;
import dev.tollgate.gateway.account.KeyMint.Minted;
import dev.tollgate.gateway.account.KeySettings;
import dev.tollgate.gateway.account.Limit;
import dev.tollgate.gateway.account.Limits;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.admin.AdminService.Account;
import dev.tollgate.gateway.ledger.Balance;
import dev.tollgate.gateway.ledger.CreditOutcome;
import dev.tollgate.gateway.ledger.CreditOutcome.Result;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Flag;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Tokens;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Turns results into named fields, for the command line's JSON and the admin API. Fields have a
 * fixed order; amounts are decimal strings in US dollars.
 */
public final class Fields {
  /** The field of a new key. It is shown only once. */
  public static final String API_KEY = "api_key";

  @JsonValue private final Map<String, @Nullable Object> values = new LinkedHashMap<>();

  /** Calls {@code each} with every field's name and value, in their order. */
  public void forEach(BiConsumer<String, @Nullable Object> each) {
    values.forEach(each);
  }

  /** Whether there is no field. */
  boolean isEmpty() {
    return values.isEmpty();
  }

  /**
   * Adds a field.
   *
   * @param value a text, number, truth value, list or {@link Fields}; anything else, such as an
   *     amount or a time, is written as its text
   */
  public Fields add(String name, @Nullable Object value) {
    values.put(name, value == null || isPlain(value) ? value : value.toString());
    return this;
  }

  private static boolean isPlain(Object value) {
    return value instanceof Number
        || value instanceof Boolean
        || value instanceof List
        || value instanceof JsonNode
        || value instanceof Fields
        || value instanceof ResultTable;
  }

  /** A copy that lacks the fields without a value. */
  Fields withoutNulls() {
    Fields copy = new Fields();
    values.forEach(
        (name, value) -> {
          if (value != null) {
            copy.values.put(name, value);
          }
        });
    return copy;
  }

  /** A copy that lacks a new key, which is shown only once. */
  Fields withoutNewKey() {
    Fields copy = new Fields();
    copy.values.putAll(values);
    copy.values.replace(API_KEY, null);
    return copy;
  }

  /** Adds the limits of {@code which}; null where one is not set. */
  Fields add(List<Limit<?>> which, Limits limits) {
    which.forEach(limit -> add(limit.name(), json(limit, limits)));
    return this;
  }

  private static <T> @Nullable Object json(Limit<T> limit, Limits limits) {
    T value = limits.get(limit);
    return value == null ? null : limit.form().json().apply(value);
  }

  /** A new project and its first key. */
  public static Fields newProject(String name, Minted key) {
    return new Fields().add("project_name", name).add(API_KEY, key.key().reveal());
  }

  /** A project, its balance and its settings. */
  public static Fields project(Account account) {
    Project project = account.project();
    return new Fields()
        .add("project_name", project.name())
        .add("display_name", project.displayName())
        .add("enabled", project.enabled())
        .add("archived_at", project.archivedAt())
        .add("balance", balance(account.balance()))
        .add("markup", project.markup())
        .add("upstream_key", project.upstream().kind())
        .add(Limit.OF_PROJECT, project.limits())
        .add("created_at", project.createdAt());
  }

  /** An erased project. */
  public static Fields erased(ErasedProject erased) {
    return new Fields()
        .add("project_name", erased.projectName())
        .add("keys", erased.rows().keys())
        .add("entries", erased.rows().entries())
        .add("requests", erased.rows().requests())
        .add("audit_lines", erased.rows().auditLines());
  }

  /** A balance. */
  public static Fields balance(Balance balance) {
    return new Fields()
        .add("total", balance.total())
        .add("loaned", balance.loaned())
        .add("available", balance.available());
  }

  /** A new key. */
  public static Fields newKey(String projectName, Minted key) {
    return new Fields()
        .add("project_name", projectName)
        .add("key_id", key.id())
        .add(API_KEY, key.key().reveal());
  }

  /** A new key and the key that it replaces. */
  public static Fields rotated(String projectName, Rotated rotated) {
    return newKey(projectName, rotated.key()).add("replaces", key(rotated.replaced()));
  }

  /** A key, without its secret. */
  public static Fields key(KeyStatus status) {
    ApiKey key = status.key();
    return new Fields()
        .add("key_id", key.id())
        .add("name", key.settings().name())
        .add("kind", key.kind())
        .add("self_made", key.selfMade())
        .add("origin", key.origin())
        .add("created_at", key.createdAt())
        .add("expires_at", key.expiresAt())
        .add("disabled", key.settings().disabled())
        .add("revoked", key.revokedAt() != null)
        .add("revoked_at", key.revokedAt())
        .add("last_used_at", status.lastUsedAt())
        .add("metadata", Metadata.node(key.settings().metadata()))
        .add(Limit.OF_KEY, Limits.of(key.caps()));
  }

  /** Adds the settings of a key that have changed, for the audit log. */
  Fields addChanges(KeySettings before, KeySettings after) {
    if (!after.name().equals(before.name())) {
      add("name", after.name());
    }
    if (!after.metadata().equals(before.metadata())) {
      add("metadata", Metadata.node(after.metadata()));
    }
    if (after.disabled() != before.disabled()) {
      add("disabled", after.disabled());
    }
    if (!after.caps().equals(before.caps())) {
      add(Limit.OF_KEY, Limits.of(after.caps()));
    }
    return this;
  }

  /** The outcome of a credit. */
  public static Fields credited(String projectName, Money amount, CreditOutcome outcome) {
    return new Fields()
        .add("project_name", projectName)
        .add("credited", amount)
        .add("repeated", outcome.result() == Result.REPEATED)
        .add("balance", balance(outcome.balance()));
  }

  /** The outcome of a settlement by the operator. */
  public static Fields settled(SettledByHand settled) {
    Entry charge = settled.charge();
    return new Fields()
        .add("project_name", settled.projectName())
        .add("id", settled.holdId())
        .add("state", charge == null ? "released" : "captured")
        .add("charge", charge == null ? null : charge.amount())
        .add("balance", balance(settled.balance()));
  }

  /** A ledger entry. */
  public static Fields entry(Entry entry) {
    return new Fields()
        .add("at", entry.at())
        .add("id", entry.id())
        .add("kind", entry.kind())
        .add("amount", entry.amount())
        .add("cost", entry.cost())
        .add("overrun", entry.overrun())
        .add("flags", entry.flags().stream().sorted().map(Flag::toString).toList())
        .add("literal", entry.literal())
        .add("model", entry.model())
        .add("generation_id", entry.generationId())
        .add(entry.tokens())
        .add("key_id", entry.keyId())
        .add("end_user", entry.endUser())
        .add("corrects", entry.corrects())
        .add("note", entry.note());
  }

  Fields add(Tokens tokens) {
    return addKnown("prompt_tokens", tokens.input())
        .addKnown("cached_tokens", tokens.cached())
        .addKnown("cache_write_tokens", tokens.cacheWrite())
        .addKnown("completion_tokens", tokens.output())
        .addKnown("reasoning_tokens", tokens.reasoning());
  }

  private Fields addKnown(String name, long tokens) {
    return add(name, tokens == Tokens.UNKNOWN ? null : tokens);
  }

  /** A line of the audit log. */
  public static Fields audited(Audited audited) {
    AuditLog.Line line = audited.line();
    return new Fields()
        .add("at", line.at())
        .add("actor", line.actor())
        .add("action", line.action())
        .add("project_name", audited.projectName())
        .add("subject", line.subject())
        .add("detail", line.detail())
        .add("id", line.id());
  }
}
