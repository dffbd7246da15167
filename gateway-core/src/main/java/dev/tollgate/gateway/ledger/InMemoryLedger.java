package dev.tollgate.gateway.ledger;

import dev.tollgate.gateway.ledger.Entry.Kind;
import dev.tollgate.gateway.ledger.Hold.State;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The books in memory, gone with the process: for tests, and for embedders that need no more. It is
 * what other ledgers are compared with, and so is written to be read: one lock, and every change
 * computes all it needs, in arithmetic that may throw, before it writes anything.
 */
public final class InMemoryLedger implements Ledger {
  /** The hold that has an idempotency key, and since when. */
  private record Named(String holdId, Instant at) {}

  /** What is known of a project. Guarded by the lock. */
  private static final class Books {
    Money credits = Money.ZERO;
    Money charges = Money.ZERO;
    final Spender all = new Spender((period, number) -> charged(entry -> true, period, number));
    final Map<String, Spender> byKey = new HashMap<>();
    int open;
    long freeDay;
    int freeRequests;
    final Map<String, Entry> entries = new LinkedHashMap<>();

    /** The holds that have the idempotency keys now. */
    final Map<String, Named> named = new HashMap<>();

    ProjectTotals totals() {
      return new ProjectTotals(credits, charges, all.held());
    }

    Balance balance() {
      return totals().balance();
    }

    Spender key(String keyId) {
      return byKey.computeIfAbsent(
          keyId,
          id ->
              new Spender(
                  (period, number) -> charged(entry -> entry.keyId().equals(id), period, number)));
    }

    private Money charged(Predicate<Entry> which, Period period, long number) {
      return charged(which.and(entry -> period.number(entry.at()) == number));
    }

    Spending spending(@Nullable String keyId, Instant at) {
      Spender spender = keyId == null ? all : key(keyId);
      Predicate<Entry> which = entry -> keyId == null || entry.keyId().equals(keyId);
      return new Spending(
          totals(),
          charged(which),
          spender.charged(Period.DAILY, at),
          charged(which.and(entry -> !entry.at().isBefore(Spending.startOfWeek(at)))),
          spender.charged(Period.MONTHLY, at),
          spender.held(),
          freeRequests(at));
    }

    private Money charged(Predicate<Entry> which) {
      return entries.values().stream()
          .filter(entry -> entry.kind() == Kind.CHARGE)
          .filter(which)
          .map(Entry::amount)
          .reduce(Money.ZERO, Money::plus);
    }

    /**
     * How many free requests there were on the day of {@code at}, or on a newer one that counts.
     */
    int freeRequests(Instant at) {
      return isFreeDayOf(at) ? freeRequests : 0;
    }

    void countFree(Instant at) {
      freeRequests = freeRequests(at) + 1;
      freeDay = isFreeDayOf(at) ? freeDay : Period.DAILY.number(at);
    }

    private boolean isFreeDayOf(Instant at) {
      return Period.DAILY.number(at) <= freeDay && !Period.DAILY.isAhead(freeDay, at);
    }

    int putRight(Instant now) {
      int ahead = all.putRight(now);
      for (Spender key : byKey.values()) {
        ahead += key.putRight(now);
      }
      if (Period.DAILY.isAhead(freeDay, now)) {
        freeDay = Period.DAILY.number(now);
        freeRequests = 0;
        ahead++;
      }
      for (Map.Entry<String, Named> each : named.entrySet()) {
        if (isFuture(each.getValue().at(), now)) {
          each.setValue(new Named(each.getValue().holdId(), now));
          ahead++;
        }
      }
      return ahead;
    }

    /** What has been said under an id stays. */
    void add(Entry entry) {
      entries.putIfAbsent(entry.id(), entry);
    }
  }

  /** What becomes of a request. Guarded by the lock. */
  private static final class Held {
    final HoldRequest request;
    final Books books;
    final Money placed;
    State state = State.OPEN;
    Money amount;
    Fallback fallback;
    String reason = "";
    @Nullable String generationId;
    @Nullable Instant pendingAt;
    int attempts;
    @Nullable Instant askedAt;
    @Nullable Instant nextAskAt;

    /** The first answer about it. */
    @Nullable Capture captured;

    Held(HoldRequest request, Books books, Money placed, Fallback fallback) {
      this.request = request;
      this.books = books;
      this.placed = placed;
      this.amount = Money.ZERO;
      this.fallback = fallback;
      hold(placed);
      books.open++;
    }

    boolean hasEnded() {
      return state == State.CAPTURED || state == State.RELEASED;
    }

    void hold(Money instead) {
      books.all.hold(instead, amount);
      books.key(request.keyId()).hold(instead, amount);
      amount = instead;
    }

    void become(State next) {
      books.open -= state == State.OPEN ? 1 : 0;
      state = next;
    }

    void end(State end) {
      hold(Money.ZERO);
      become(end);
      nextAskAt = null;
    }

    int putRight(Instant now, Duration maxDelay) {
      int ahead = 0;
      if (isFuture(nextAskAt, now.plus(maxDelay))) {
        nextAskAt = now;
        ahead++;
      }
      if (isFuture(pendingAt, now)) {
        pendingAt = now;
        ahead++;
      }
      if (isFuture(askedAt, now)) {
        askedAt = now;
        ahead++;
      }
      return ahead;
    }

    Hold asHold() {
      return new Hold(
          request,
          state,
          placed,
          amount,
          fallback,
          reason,
          generationId,
          pendingAt,
          attempts,
          nextAskAt);
    }
  }

  private final Object lock = new Object();
  private final Map<String, Books> projects = new LinkedHashMap<>();
  private final Map<String, Held> holds = new HashMap<>();

  /** Opens the books of a project; no effect if they are open. */
  public void addProject(String projectId) {
    synchronized (lock) {
      projects.computeIfAbsent(projectId, id -> new Books());
    }
  }

  /** The ids of the projects. */
  public Set<String> projects() {
    synchronized (lock) {
      return Set.copyOf(projects.keySet());
    }
  }

  /** The entries of a project as they were booked, oldest first; none for an unknown id. */
  public List<Entry> entries(String projectId) {
    synchronized (lock) {
      Books books = projects.get(projectId);
      return books == null ? List.of() : List.copyOf(books.entries.values());
    }
  }

  /** A hold, whatever state it is in. */
  public Optional<Hold> hold(String holdId) {
    synchronized (lock) {
      return Optional.ofNullable(holds.get(holdId)).map(Held::asHold);
    }
  }

  @Override
  public ProjectTotals totals(String projectId) {
    synchronized (lock) {
      Books books = projects.get(projectId);
      return books == null ? ProjectTotals.NOTHING : books.totals();
    }
  }

  @Override
  public Spending spending(String projectId, @Nullable String keyId, Instant at) {
    synchronized (lock) {
      Books books = projects.get(projectId);
      return books == null ? Spending.NOTHING : books.spending(keyId, at);
    }
  }

  @Override
  public Optional<String> upstreamKeyOf(String projectId, String generationId) {
    synchronized (lock) {
      return holds.values().stream()
          .filter(held -> generationId.equals(held.generationId))
          .filter(held -> held.request.projectId().equals(projectId))
          .map(held -> held.request.upstreamKeyId())
          .reduce((older, newer) -> newer);
    }
  }

  @Override
  public CreditOutcome credit(Credit credit) {
    synchronized (lock) {
      Books books = projects.get(credit.projectId());
      if (books == null) {
        throw new IllegalArgumentException("no such project: " + credit.projectId());
      }
      return new CreditOutcome(book(books, credit), books.balance());
    }
  }

  private static CreditOutcome.Result book(Books books, Credit credit) {
    Entry booked = books.entries.get(credit.id());
    if (booked != null) {
      return booked.kind() == Kind.CREDIT && booked.amount().equals(credit.amount())
          ? CreditOutcome.Result.REPEATED
          : CreditOutcome.Result.ID_TAKEN;
    }
    if (credit.amount().isNegative()
        && books.balance().available().plus(credit.amount()).isNegative()) {
      return CreditOutcome.Result.BELOW_HELD;
    }
    books.credits = books.credits.plus(credit.amount());
    books.add(Entry.of(credit));
    return CreditOutcome.Result.BOOKED;
  }

  @Override
  public CompletionStage<HoldOutcome> hold(HoldRequest request) {
    return change(() -> place(request));
  }

  private HoldOutcome place(HoldRequest request) {
    Held known = holds.get(request.id());
    if (known != null) {
      if (!known.request.projectId().equals(request.projectId())) {
        throw new IllegalStateException("another project has a hold " + request.id());
      }
      return new HoldOutcome.Held(known.placed);
    }
    Books books = projects.get(request.projectId());
    if (books == null) {
      return new HoldOutcome.Insufficient(ProjectTotals.NOTHING.balance());
    }
    HoldLimits limits = request.limits();
    if (limits.maxOpen() > 0 && books.open >= limits.maxOpen()) {
      return new HoldOutcome.TooManyOpen();
    }
    if (limits.maxFreeOfDay() > 0 && books.freeRequests(request.at()) >= limits.maxFreeOfDay()) {
      return new HoldOutcome.TooManyFree();
    }
    String key = request.idempotencyKey();
    Named first = key == null ? null : books.named.get(key);
    if (first != null && request.at().isBefore(first.at().plus(IDEMPOTENCY_WINDOW))) {
      return new HoldOutcome.Duplicate(first.holdId());
    }
    Money placed = Money.ZERO;
    if (!request.free()) {
      placed = request.amount();
      for (Period period : Period.LONGEST_FIRST) {
        Money left =
            books
                .all
                .left(period, limits.project(), request.at())
                .min(books.key(request.keyId()).left(period, limits.key(), request.at()));
        if (!admits(left, request)) {
          return new HoldOutcome.CapReached(period);
        }
        placed = placed.min(left);
      }
      Balance balance = books.balance();
      if (!admits(balance.available(), request)) {
        return new HoldOutcome.Insufficient(balance);
      }
      placed = placed.min(balance.available());
    }
    HoldRequest kept = request.placed();
    holds.put(
        request.id(), new Held(kept, books, placed, Fallback.estimate(request.promptEstimate())));
    if (key != null) {
      books.named.put(key, new Named(request.id(), request.at()));
    }
    if (limits.maxFreeOfDay() > 0) {
      books.countFree(request.at());
    }
    return new HoldOutcome.Held(placed);
  }

  /** Whether a request is let in where so much is left. */
  private static boolean admits(Money left, HoldRequest request) {
    return request.mode() == HoldMode.STRICT
        ? left.compareTo(request.amount()) >= 0
        : left.isPositive();
  }

  @Override
  public CompletionStage<Void> recordGeneration(String holdId, String generationId) {
    return change(
        () -> {
          Held hold = holds.get(holdId);
          if (hold != null && !hold.hasEnded() && hold.generationId == null) {
            hold.generationId = generationId;
          }
          return null;
        });
  }

  @Override
  public CompletionStage<Settled> capture(Capture capture) {
    return change(
        () -> {
          Held hold = holds.get(capture.holdId());
          if (hold == null) {
            return Settled.UNKNOWN;
          }
          if (!hold.hasEnded()) {
            charge(hold, capture);
            return Settled.DONE;
          }
          if (isSame(hold.captured, capture)) {
            return Settled.REPEATED;
          }
          hold.books.add(charged(hold, capture, "/late", Kind.LATE, capture.charge(), Money.ZERO));
          return Settled.LATE;
        });
  }

  private static boolean isSame(@Nullable Capture first, Capture second) {
    return first != null
        && first.charge().equals(second.charge())
        && first.literal().equals(second.literal())
        && first.flags().equals(second.flags());
  }

  private static void charge(Held hold, Capture capture) {
    Books books = hold.books;
    Money charge = capture.charge();
    Money overrun = Money.ZERO;
    if (hold.request.mode() == HoldMode.STRICT) {
      Money free = books.balance().available().max(Money.ZERO);
      charge = charge.min(hold.placed).min(hold.amount.plus(free));
    } else {
      overrun = charge.minus(hold.amount).max(Money.ZERO);
    }
    Money shortfall = capture.charge().minus(charge);

    if (books.entries.containsKey(hold.request.id())) {
      throw new IllegalStateException("a credit has the id of a hold " + hold.request.id());
    }
    books.charges = books.charges.plus(charge);
    books.all.charge(charge, capture.at());
    books.key(hold.request.keyId()).charge(charge, capture.at());
    books.add(charged(hold, capture, "", Kind.CHARGE, charge, overrun));
    if (shortfall.isPositive()) {
      books.add(shortfall(hold, capture, shortfall));
    }
    hold.captured = capture;
    hold.generationId = generation(hold, capture);
    hold.end(State.CAPTURED);
  }

  private static @Nullable String generation(Held hold, Capture capture) {
    return capture.generationId() == null ? hold.generationId : capture.generationId();
  }

  private static Entry shortfall(Held hold, Capture capture, Money amount) {
    // What the upstream said is in the entry of the charge, and would count twice here.
    Capture unsaid =
        new Capture(
            capture.holdId(),
            Money.ZERO,
            Money.ZERO,
            "",
            Set.of(),
            Tokens.NONE,
            capture.model(),
            capture.generationId(),
            capture.at());
    return charged(hold, unsaid, "/shortfall", Kind.SHORTFALL, amount, Money.ZERO);
  }

  private static Entry charged(
      Held hold, Capture capture, String suffix, Kind kind, Money amount, Money overrun) {
    String model = capture.model();
    String generationId = generation(hold, capture);
    return new Entry(
        hold.request.projectId(),
        hold.request.id() + suffix,
        kind,
        amount,
        capture.cost(),
        overrun,
        capture.literal(),
        capture.flags(),
        capture.tokens(),
        hold.request.keyId(),
        model == null ? hold.request.model() : model,
        generationId == null ? "" : generationId,
        "",
        capture.at());
  }

  @Override
  public CompletionStage<Settled> release(String holdId, boolean keepIdempotencyKey, Instant at) {
    return change(
        () -> {
          Held hold = holds.get(holdId);
          if (hold == null) {
            return Settled.UNKNOWN;
          }
          if (hold.hasEnded()) {
            return hold.state == State.RELEASED ? Settled.REPEATED : Settled.LATE;
          }
          String key = hold.request.idempotencyKey();
          if (!keepIdempotencyKey && key != null) {
            // Only if it is still this one's: after 24 hours another hold may have got it.
            hold.books.named.computeIfPresent(
                key, (name, named) -> named.holdId().equals(holdId) ? null : named);
          }
          hold.end(State.RELEASED);
          return Settled.DONE;
        });
  }

  @Override
  public Settled settle(String holdId, @Nullable Money charge, Instant at) {
    synchronized (lock) {
      Held hold = holds.get(holdId);
      if (hold == null) {
        return Settled.UNKNOWN;
      }
      if (hold.state != State.PENDING) {
        return Settled.LATE;
      }
      if (charge == null) {
        hold.end(State.RELEASED);
      } else {
        charge(hold, Capture.byHand(hold.asHold(), charge, at));
      }
      return Settled.DONE;
    }
  }

  @Override
  public CompletionStage<Settled> pend(Pending pending) {
    return change(
        () -> {
          Held hold = holds.get(pending.holdId());
          if (hold == null) {
            return Settled.UNKNOWN;
          }
          if (hold.state != State.OPEN) {
            return hold.state == State.PENDING ? Settled.REPEATED : Settled.LATE;
          }
          hold.become(State.PENDING);
          hold.hold(hold.amount.min(pending.amount()).max(Money.ZERO));
          hold.fallback = pending.fallback();
          hold.reason = pending.reason();
          hold.generationId =
              hold.generationId == null ? pending.generationId() : hold.generationId;
          hold.pendingAt = pending.at();
          hold.nextAskAt = pending.at().plus(pending.askAfter());
          return Settled.DONE;
        });
  }

  /** Nothing to adopt: what is in memory has no other gateway. */
  @Override
  public Orphans adoptOrphans(Instant now) {
    return Orphans.NONE;
  }

  @Override
  public List<Hold> due(Instant now, int limit) {
    synchronized (lock) {
      return holds.values().stream()
          .filter(hold -> hold.nextAskAt != null && !hold.nextAskAt.isAfter(now))
          .sorted(
              Comparator.comparing((Held hold) -> hold.nextAskAt)
                  .thenComparing(hold -> hold.request.id()))
          .limit(limit)
          .map(Held::asHold)
          .toList();
    }
  }

  @Override
  public CompletionStage<Void> probe() {
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public void defer(String holdId, Instant askedAt, Instant nextAskAt) {
    synchronized (lock) {
      Held hold = holds.get(holdId);
      if (hold != null && hold.state == State.PENDING) {
        hold.attempts++;
        hold.askedAt = askedAt;
        hold.nextAskAt = nextAskAt;
      }
    }
  }

  @Override
  public void hurry(String projectId, Instant now, Duration minGap) {
    synchronized (lock) {
      for (Held hold : holds.values()) {
        boolean waits = hold.nextAskAt != null && hold.nextAskAt.isAfter(now);
        boolean asked = hold.askedAt != null && hold.askedAt.isAfter(now.minus(minGap));
        if (waits && !asked && hold.request.projectId().equals(projectId)) {
          hold.nextAskAt = now;
        }
      }
    }
  }

  @Override
  public int putClocksRight(Instant now, Duration maxDelay) {
    synchronized (lock) {
      int ahead = 0;
      for (Books books : projects.values()) {
        ahead += books.putRight(now);
      }
      for (Held hold : holds.values()) {
        ahead += hold.state == State.PENDING ? hold.putRight(now, maxDelay) : 0;
      }
      return ahead;
    }
  }

  private static boolean isFuture(@Nullable Instant at, Instant now) {
    return at != null && at.isAfter(now.plus(CLOCK_SKEW));
  }

  /** Changes the books; the stage is completed when the lock is free again. */
  private <T extends @Nullable Object> CompletionStage<T> change(Supplier<T> change) {
    T result;
    try {
      synchronized (lock) {
        result = change.get();
      }
    } catch (ArithmeticException | IllegalStateException e) {
      return CompletableFuture.failedFuture(e);
    }
    return CompletableFuture.completedFuture(result);
  }
}
