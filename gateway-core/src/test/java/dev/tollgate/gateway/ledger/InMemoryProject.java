package dev.tollgate.gateway.ledger;

import dev.tollgate.gateway.ledger.Entry.Kind;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What {@link InMemoryLedger} knows of a project. Guarded by its lock. */
final class InMemoryProject {
  /** The hold that has an idempotency key, and since when. */
  private record Claim(String holdId, Instant at) {}

  Money credits = Money.ZERO;
  Money charges = Money.ZERO;
  final InMemorySpender all = new InMemorySpender(this, entry -> true);
  private final Map<String, InMemorySpender> byKey = new HashMap<>();
  int open;
  FreeRequests freeRequests = FreeRequests.NONE;
  final Map<String, Entry> entries = new LinkedHashMap<>();
  private final Map<String, Claim> claims = new HashMap<>();

  ProjectTotals totals() {
    return new ProjectTotals(credits, charges, all.held());
  }

  Balance balance() {
    return totals().balance();
  }

  InMemorySpender key(String keyId) {
    return byKey.computeIfAbsent(
        keyId, id -> new InMemorySpender(this, entry -> entry.keyId().equals(id)));
  }

  /** What a credit may still correct of an entry; null: there is no such entry. */
  @Nullable Correction correction(@Nullable String corrects) {
    Entry entry = corrects == null ? null : entries.get(corrects);
    if (entry == null) {
      return null;
    }
    Money before =
        entries.values().stream()
            .filter(each -> each.corrects().equals(corrects))
            .map(Entry::amount)
            .reduce(Money.ZERO, Money::plus);
    return new Correction(entry, before);
  }

  /** The sum of some of the charges. */
  Money charged(Predicate<Entry> which) {
    return entries.values().stream()
        .filter(entry -> entry.kind() == Kind.CHARGE)
        .filter(which)
        .map(Entry::amount)
        .reduce(Money.ZERO, Money::plus);
  }

  Spending spending(@Nullable String keyId, Instant at) {
    InMemorySpender spender = keyId == null ? all : key(keyId);
    Predicate<Entry> which = entry -> keyId == null || entry.keyId().equals(keyId);
    return new Spending(
        totals(),
        charged(which),
        spender.charged(Period.DAILY, at),
        charged(
            which.and(
                entry -> !entry.at().isBefore(Period.WEEKLY.start(Period.WEEKLY.number(at))))),
        spender.charged(Period.MONTHLY, at),
        spender.held(),
        (int) freeRequests.on(at));
  }

  /** The hold that claimed an idempotency key after a moment. */
  Optional<String> holdOf(String idempotencyKey, Instant since) {
    Claim claim = claims.get(idempotencyKey);
    return claim != null && claim.at().isAfter(since)
        ? Optional.of(claim.holdId())
        : Optional.empty();
  }

  void claim(String idempotencyKey, String holdId, Instant at) {
    claims.put(idempotencyKey, new Claim(holdId, at));
  }

  /** Releases a key, unless another hold has claimed it since. */
  void releaseClaim(String idempotencyKey, String holdId) {
    claims.computeIfPresent(
        idempotencyKey, (key, claim) -> claim.holdId().equals(holdId) ? null : claim);
  }

  /** Adds an entry, unless there is one with its id. */
  void add(Entry entry) {
    entries.putIfAbsent(entry.id(), entry);
  }

  int putRight(Instant now) {
    int ahead = all.putRight(now);
    for (InMemorySpender key : byKey.values()) {
      ahead += key.putRight(now);
    }
    FreeRequests right = freeRequests.putRight(now);
    ahead += right.day() == freeRequests.day() ? 0 : 1;
    freeRequests = right;
    for (Map.Entry<String, Claim> each : claims.entrySet()) {
      if (InMemoryHold.isFuture(each.getValue().at(), now)) {
        each.setValue(new Claim(each.getValue().holdId(), now));
        ahead++;
      }
    }
    return ahead;
  }
}
