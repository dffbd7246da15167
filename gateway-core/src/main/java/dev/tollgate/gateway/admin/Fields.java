package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.KeyMint.Minted;
import dev.tollgate.gateway.account.Limit;
import dev.tollgate.gateway.account.Limits;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.admin.AdminService.Account;
import dev.tollgate.gateway.admin.AdminService.Audited;
import dev.tollgate.gateway.admin.AdminService.Rotated;
import dev.tollgate.gateway.admin.AdminService.SettledByHand;
import dev.tollgate.gateway.ledger.Balance;
import dev.tollgate.gateway.ledger.CreditOutcome;
import dev.tollgate.gateway.ledger.CreditOutcome.Result;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Flag;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Reports.Usage;
import dev.tollgate.gateway.ledger.Tokens;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns results into named fields, for the command line's JSON and the admin API. Fields have a
 * fixed order; amounts are decimal strings in US dollars. Stateless.
 */
public final class Fields {
  /** The field of a new key. It is shown only once. */
  public static final String API_KEY = "api_key";

  private Fields() {}

  /** Returns an empty, ordered map. */
  public static Map<String, @Nullable Object> fields() {
    return new LinkedHashMap<>();
  }

  /** A new project and its first key. */
  public static Map<String, @Nullable Object> newProject(String name, Minted key) {
    Map<String, @Nullable Object> fields = fields();
    fields.put("project_name", name);
    fields.put(API_KEY, key.key().reveal());
    return fields;
  }

  /** A project, its balance and its settings. */
  public static Map<String, @Nullable Object> project(Account account) {
    Project project = account.project();
    Map<String, @Nullable Object> fields = fields();
    fields.put("project_name", project.name());
    fields.put("enabled", project.enabled());
    fields.put("balance", balance(account.balance()));
    fields.put("markup", project.markup().toString());
    fields.put("upstream_key", project.upstream().kind().toString());
    putLimits(fields, Limit.OF_PROJECT, project.limits());
    fields.put("created_at", project.createdAt().toString());
    return fields;
  }

  /** Adds those of {@code limits} that are in {@code which}; null where a limit is not set. */
  static void putLimits(Map<String, @Nullable Object> fields, List<Limit<?>> which, Limits limits) {
    which.forEach(limit -> fields.put(limit.name(), json(limit, limits)));
  }

  private static <T> @Nullable Object json(Limit<T> limit, Limits limits) {
    T value = limits.get(limit);
    return value == null ? null : limit.form().json().apply(value);
  }

  /** A balance. */
  public static Map<String, @Nullable Object> balance(Balance balance) {
    Map<String, @Nullable Object> fields = fields();
    fields.put("total", balance.total().toString());
    fields.put("loaned", balance.loaned().toString());
    fields.put("available", balance.available().toString());
    return fields;
  }

  /** A new key. */
  public static Map<String, @Nullable Object> newKey(String projectName, Minted key) {
    Map<String, @Nullable Object> fields = fields();
    fields.put("project_name", projectName);
    fields.put("key_id", key.id());
    fields.put(API_KEY, key.key().reveal());
    return fields;
  }

  /** A new key and the key that it replaces. */
  public static Map<String, @Nullable Object> rotated(String projectName, Rotated rotated) {
    Map<String, @Nullable Object> fields = newKey(projectName, rotated.key());
    fields.put("replaces", key(rotated.replaced()));
    return fields;
  }

  /** A key, without its secret. */
  public static Map<String, @Nullable Object> key(ApiKey key) {
    Map<String, @Nullable Object> fields = fields();
    fields.put("key_id", key.id());
    fields.put("kind", key.kind().toString());
    fields.put("self_made", key.selfMade());
    fields.put("created_at", key.createdAt().toString());
    fields.put("expires_at", text(key.expiresAt()));
    fields.put("revoked", key.revokedAt() != null);
    fields.put("revoked_at", text(key.revokedAt()));
    putLimits(fields, Limit.OF_KEY, Limits.of(key.caps()));
    return fields;
  }

  private static @Nullable String text(@Nullable Instant instant) {
    return instant == null ? null : instant.toString();
  }

  /** The outcome of a credit. */
  public static Map<String, @Nullable Object> credited(
      String projectName, Money amount, CreditOutcome outcome) {
    Map<String, @Nullable Object> fields = fields();
    fields.put("project_name", projectName);
    fields.put("credited", amount.toString());
    fields.put("repeated", outcome.result() == Result.REPEATED);
    fields.put("balance", balance(outcome.balance()));
    return fields;
  }

  /** The outcome of a settlement by the operator. */
  public static Map<String, @Nullable Object> settled(SettledByHand settled) {
    Entry charge = settled.charge();
    Map<String, @Nullable Object> fields = fields();
    fields.put("project_name", settled.projectName());
    fields.put("id", settled.holdId());
    fields.put("state", charge == null ? "released" : "captured");
    fields.put("charge", charge == null ? null : charge.amount().toString());
    fields.put("balance", balance(settled.balance()));
    return fields;
  }

  /** A ledger entry. */
  public static Map<String, @Nullable Object> entry(Entry entry) {
    Map<String, @Nullable Object> fields = fields();
    fields.put("at", entry.at().toString());
    fields.put("id", entry.id());
    fields.put("kind", entry.kind().toString());
    fields.put("amount", entry.amount().toString());
    fields.put("cost", entry.cost().toString());
    fields.put("overrun", entry.overrun().toString());
    fields.put("flags", entry.flags().stream().sorted().map(Flag::toString).toList());
    fields.put("literal", entry.literal());
    fields.put("model", entry.model());
    fields.put("generation_id", entry.generationId());
    putTokens(fields, entry.tokens());
    fields.put("key_id", entry.keyId());
    fields.put("note", entry.note());
    return fields;
  }

  /** A project's usage. */
  public static Map<String, @Nullable Object> usage(String projectName, UsageReport report) {
    Map<String, @Nullable Object> fields = fields();
    fields.put("project_name", projectName);
    fields.put("since", report.since().toString());
    putFigures(fields, report.total());
    fields.put("models", new ResultTable(report.models().stream().map(Fields::ofModel).toList()));
    return fields;
  }

  private static Map<String, @Nullable Object> ofModel(Usage usage) {
    Map<String, @Nullable Object> fields = fields();
    fields.put("model", usage.model());
    putFigures(fields, usage);
    return fields;
  }

  private static void putFigures(Map<String, @Nullable Object> fields, Usage usage) {
    fields.put("requests", usage.requests());
    putTokens(fields, usage.tokens());
    fields.put("cost", usage.cost().toString());
    fields.put("charge", usage.charge().toString());
  }

  /** Adds the token counts; null where a count is unknown. */
  private static void putTokens(Map<String, @Nullable Object> fields, Tokens tokens) {
    fields.put("prompt_tokens", known(tokens.input()));
    fields.put("cached_tokens", known(tokens.cached()));
    fields.put("cache_write_tokens", known(tokens.cacheWrite()));
    fields.put("completion_tokens", known(tokens.output()));
    fields.put("reasoning_tokens", known(tokens.reasoning()));
  }

  private static @Nullable Long known(long tokens) {
    return tokens == Tokens.UNKNOWN ? null : tokens;
  }

  /** A line of the audit log. */
  public static Map<String, @Nullable Object> audited(Audited audited) {
    Map<String, @Nullable Object> fields = fields();
    fields.put("at", audited.line().at().toString());
    fields.put("actor", audited.line().actor());
    fields.put("action", audited.line().action());
    fields.put("project_name", audited.projectName());
    fields.put("subject", audited.line().subject());
    fields.put("detail", audited.line().detail());
    fields.put("id", audited.line().id());
    return fields;
  }
}
