package dev.tollgate.gateway.ledger;

import dev.tollgate.gateway.account.SpendingCaps;
import dev.tollgate.gateway.ledger.CreditOutcome.Result;
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
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Ledger in memory, gone with the process: for tests, also of an embedding application. It is what
 * other ledgers are compared with, and so is written to be read: one lock, and every change
 * computes all it needs, in arithmetic that may throw, before it writes anything.
 */
public final class InMemoryLedger implements Ledger {
  private final Object lock = new Object();
  private final Map<String, InMemoryProject> projects = new LinkedHashMap<>();
  private final Map<String, InMemoryHold> holds = new HashMap<>();

  /** Opens the books of a project; no effect if they are open. */
  public void addProject(String projectId) {
    synchronized (lock) {
      projects.computeIfAbsent(projectId, id -> new InMemoryProject());
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
      InMemoryProject project = projects.get(projectId);
      return project == null ? List.of() : List.copyOf(project.entries.values());
    }
  }

  /** A hold, whatever state it is in. */
  public Optional<Hold> hold(String holdId) {
    synchronized (lock) {
      return Optional.ofNullable(holds.get(holdId)).map(InMemoryHold::asHold);
    }
  }

  @Override
  public ProjectTotals totals(String projectId) {
    synchronized (lock) {
      InMemoryProject project = projects.get(projectId);
      return project == null ? ProjectTotals.NOTHING : project.totals();
    }
  }

  @Override
  public Spending spending(String projectId, @Nullable String keyId, Instant at) {
    synchronized (lock) {
      InMemoryProject project = projects.get(projectId);
      return project == null ? Spending.NOTHING : project.spending(keyId, at);
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
      InMemoryProject project = projects.get(credit.projectId());
      if (project == null) {
        throw new IllegalArgumentException("no such project: " + credit.projectId());
      }
      Correction correction = project.correction(credit.corrects());
      Result result =
          CreditOutcome.decide(
              credit, project.entries.get(credit.id()), correction, project.balance().available());
      if (result == Result.BOOKED) {
        project.credits = project.credits.plus(credit.amount());
        project.add(Entry.of(credit, correction == null ? null : correction.entry()));
      }
      return new CreditOutcome(result, project.balance(), correction);
    }
  }

  @Override
  public CompletionStage<HoldOutcome> hold(HoldRequest request) {
    return change(() -> place(request));
  }

  private HoldOutcome place(HoldRequest request) {
    InMemoryProject project = projects.get(request.projectId());
    // Also for a repeat: looking at caps may begin their periods.
    HoldOutcome outcome =
        project == null
            ? new HoldOutcome.Insufficient(ProjectTotals.NOTHING.balance())
            : HoldAdmission.decide(request, new Account(project, request));
    InMemoryHold known = holds.get(request.id());
    if (known != null) {
      if (!known.request.projectId().equals(request.projectId())) {
        throw new IllegalStateException("another project has a hold " + request.id());
      }
      return new HoldOutcome.Held(known.placed);
    }
    if (project != null && outcome instanceof HoldOutcome.Held held) {
      holds.put(request.id(), new InMemoryHold(request, project, held.amount()));
      String key = request.idempotencyKey();
      if (key != null) {
        project.claim(key, request.id(), request.at());
      }
      if (request.limits().maxFreeOfDay() > 0) {
        project.freeRequests = project.freeRequests.plusOne(request.at());
      }
    }
    return outcome;
  }

  /** The figures that decide whether a request is admitted. */
  private record Account(InMemoryProject project, HoldRequest request)
      implements HoldAdmission.Account<RuntimeException> {
    @Override
    public long openHolds() {
      return project.open;
    }

    @Override
    public long freeRequests() {
      return project.freeRequests.on(request.at());
    }

    @Override
    public Optional<String> holdOf(String idempotencyKey, Instant since) {
      return project.holdOf(idempotencyKey, since);
    }

    @Override
    public Money left(Period period) {
      HoldLimits limits = request.limits();
      return leftToProject(period, limits.project())
          .min(project.key(request.keyId()).left(period, limits.key(), request.at()));
    }

    private Money leftToProject(Period period, SpendingCaps caps) {
      Money cap = period.cap(caps).orElse(null);
      return period == Period.TOTAL && cap != null
          ? cap.minus(project.charges).max(Money.ZERO).minus(project.all.held())
          : project.all.left(period, caps, request.at());
    }

    @Override
    public Balance balance() {
      return project.balance();
    }
  }

  @Override
  public CompletionStage<Void> recordGeneration(String holdId, String generationId) {
    return change(
        () -> {
          InMemoryHold hold = holds.get(holdId);
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
          InMemoryHold hold = holds.get(capture.holdId());
          if (hold == null) {
            return Settled.UNKNOWN;
          }
          if (!hold.hasEnded()) {
            charge(hold, capture);
            return Settled.DONE;
          }
          return captureAgain(hold, capture);
        });
  }

  private static Settled captureAgain(InMemoryHold hold, Capture capture) {
    Map<String, Entry> entries = hold.project.entries;
    String id = hold.request.id();
    Entry charge = hold.state == State.CAPTURED ? entries.get(id) : null;
    if (charge != null
        && HoldCharge.isRepeat(capture, charge, entries.get(HoldCharge.shortfallId(id)))) {
      return Settled.REPEATED;
    }
    hold.project.add(HoldCharge.lateEntry(hold.asHold(), capture));
    return Settled.LATE;
  }

  private static void charge(InMemoryHold hold, Capture capture) {
    InMemoryProject project = hold.project;
    HoldCharge charge = HoldCharge.of(hold.asHold(), capture, project.balance().available());
    if (project.entries.containsKey(hold.request.id())) {
      throw new IllegalStateException("a credit has the id of a hold " + hold.request.id());
    }
    project.charges = project.charges.plus(charge.charge());
    project.all.charge(charge.charge(), capture.at());
    project.key(hold.request.keyId()).charge(charge.charge(), capture.at());
    project.add(charge.entry());
    charge.shortfallEntry().ifPresent(project::add);
    if (capture.generationId() != null) {
      hold.generationId = capture.generationId();
    }
    hold.end(State.CAPTURED);
  }

  @Override
  public CompletionStage<Settled> release(String holdId, boolean keepIdempotencyKey, Instant at) {
    return change(
        () -> {
          InMemoryHold hold = holds.get(holdId);
          if (hold == null) {
            return Settled.UNKNOWN;
          }
          if (hold.hasEnded()) {
            return hold.state == State.RELEASED ? Settled.REPEATED : Settled.LATE;
          }
          String key = hold.request.idempotencyKey();
          if (!keepIdempotencyKey && key != null) {
            hold.project.releaseClaim(key, holdId);
          }
          hold.end(State.RELEASED);
          return Settled.DONE;
        });
  }

  @Override
  public Settled settle(String holdId, @Nullable Money charge, Instant at) {
    synchronized (lock) {
      InMemoryHold hold = holds.get(holdId);
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
          InMemoryHold hold = holds.get(pending.holdId());
          if (hold == null) {
            return Settled.UNKNOWN;
          }
          if (hold.state != State.OPEN) {
            return hold.state == State.PENDING ? Settled.REPEATED : Settled.LATE;
          }
          hold.pend(pending);
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
          .filter(hold -> hold.isDue(now))
          .sorted(
              Comparator.comparing((InMemoryHold hold) -> hold.nextAskAt)
                  .thenComparing(hold -> hold.request.id()))
          .limit(limit)
          .map(InMemoryHold::asHold)
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
      InMemoryHold hold = holds.get(holdId);
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
      for (InMemoryHold hold : holds.values()) {
        if (hold.request.projectId().equals(projectId)) {
          hold.hurry(now, minGap);
        }
      }
    }
  }

  @Override
  public int putClocksRight(Instant now, Duration maxDelay) {
    synchronized (lock) {
      int ahead = 0;
      for (InMemoryProject project : projects.values()) {
        ahead += project.putRight(now);
      }
      for (InMemoryHold hold : holds.values()) {
        ahead += hold.state == State.PENDING ? hold.putRight(now, maxDelay) : 0;
      }
      return ahead;
    }
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
