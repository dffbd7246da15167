package dev.tollgate.gateway.upstream;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.account.StoreUnavailableException;
import dev.tollgate.gateway.account.UpstreamKeys;
import dev.tollgate.gateway.exchange.UpstreamTarget;
import dev.tollgate.gateway.ledger.Hold;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Orphans;
import dev.tollgate.gateway.meter.Meter;
import dev.tollgate.gateway.meter.Verdict;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.eclipse.jetty.client.ContentResponse;
import org.jspecify.annotations.Nullable;

/**
 * Reconciler that finds the cost of requests whose answer did not state it: requests that broke
 * off, and requests left open by a crash, also of another node. It asks the upstream with the key
 * that the request was sent with. The upstream's ledger lags by minutes, so failed look-ups are
 * retried with back-off. A request that cannot be looked up, or never gets an answer, is settled by
 * the configured fallback and flagged.
 *
 * <p>The reconciler has its own thread, which may wait for the database. Only the calls to the
 * upstream run elsewhere.
 */
public final class Reconciler {
  private static final Logger LOG = System.getLogger(Reconciler.class.getName());
  // A generation has about 2 KB.
  private static final int MAX_BYTES = 256 << 10;
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final Duration LOOK_EVERY = Duration.ofMillis(500);
  private static final int MAX_QUESTIONS = 32;
  private static final int NOT_FOUND = 404;

  /** Least time between two look-ups of a hold that refused requests trigger. */
  private static final Duration HURRY_GAP = Duration.ofSeconds(10);

  /** Least time between two triggers for one project. */
  private static final Duration HURRY_EVERY = Duration.ofSeconds(1);

  private static final int MAX_HURRIED = 10_000;
  private static final int LOOKS_BETWEEN_CLOCK_CHECKS = 120;

  private final Ledger ledger;
  private final UpstreamClient upstream;
  private final UpstreamTarget target;
  private final UpstreamKeys keys;
  private final Meter meter;
  private final ReconcilerOptions options;
  private final InstantSource clock;
  private final Consumer<String> settled;
  private final ScheduledExecutorService thread;

  private final Cache<String, Boolean> hurried =
      Caffeine.newBuilder()
          .executor(Runnable::run)
          .maximumSize(MAX_HURRIED)
          .expireAfterWrite(HURRY_EVERY)
          .build();

  // Owned by the reconciler's thread.
  private final Set<String> beingSettled = new HashSet<>();
  private int looks;
  private boolean failing;

  /**
   * @param ledger whose pending holds are settled
   * @param keys the keys that requests were sent with
   * @param settled receives the id of each project that was charged; called on any thread, must not
   *     block
   * @param thread a single thread, for the reconciler alone
   */
  public Reconciler(
      Ledger ledger,
      UpstreamClient upstream,
      UpstreamTarget target,
      UpstreamKeys keys,
      Meter meter,
      ReconcilerOptions options,
      InstantSource clock,
      Consumer<String> settled,
      ScheduledExecutorService thread) {
    this.ledger = ledger;
    this.upstream = upstream;
    this.target = target;
    this.keys = keys;
    this.meter = meter;
    this.options = options;
    this.clock = clock;
    this.settled = settled;
    this.thread = thread;
  }

  /** Starts the periodic look-up, which runs until the thread is shut down. */
  public void start() {
    var unused =
        thread.scheduleWithFixedDelay(this::look, 0, LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * Looks up the pending holds of a project at once, after a request was refused for its balance or
   * a cap. Settling a hold frees the amount above the cost. Does not block.
   */
  public void hurry(String projectId) {
    if (hurried.asMap().putIfAbsent(projectId, true) == null) {
      onThread(
          () -> {
            try {
              ledger.hurry(projectId, now(), HURRY_GAP);
            } catch (StoreUnavailableException e) {
              LOG.log(
                  Level.DEBUG,
                  "{0}: cannot look up pending holds early: {1}",
                  projectId,
                  e.getMessage());
            }
            look();
          });
    }
  }

  private void look() {
    try {
      Instant now = now();
      if (looks % LOOKS_BETWEEN_CLOCK_CHECKS == 0) {
        putClocksRight(now);
      }
      looks++;
      Orphans adopted = ledger.adoptOrphans(now);
      if (adopted.open() > 0) {
        LOG.log(Level.WARNING, "{0} requests were left unsettled by a crash", adopted.open());
      }
      if (adopted.pending() > 0) {
        LOG.log(
            Level.INFO, "took over {0} pending requests of a stopped gateway", adopted.pending());
      }
      // The ledger also returns holds that are being settled now.
      for (Hold hold : ledger.due(now, MAX_QUESTIONS + beingSettled.size())) {
        if (beingSettled.size() < MAX_QUESTIONS && beingSettled.add(hold.id())) {
          try {
            settle(hold);
          } catch (RuntimeException e) {
            // A hold that cannot be settled must not delay the others.
            LOG.log(Level.ERROR, hold.id() + ": cannot settle it now, retrying", e);
            later(hold);
          }
        }
      }
      failing = false;
    } catch (RuntimeException | Error e) {
      // Catch everything: a task that throws is not scheduled again.
      if (!failing) {
        failing = true;
        LOG.log(
            Level.WARNING,
            "cannot settle pending requests now",
            e instanceof StoreUnavailableException ? null : e);
      }
    }
  }

  private void putClocksRight(Instant now) {
    int times = ledger.putClocksRight(now, options.longestDelay());
    if (times > 0) {
      LOG.log(
          Level.WARNING,
          "corrected {0} times in the database that were in the future: a clock was ahead once",
          times);
    }
  }

  private void settle(Hold hold) {
    String generationId = hold.generationId();
    if (generationId == null || !meter.asksForGenerations()) {
      giveUp(hold, "no generation id to look the cost up with");
      return;
    }
    // An id has letters, digits and dashes. Encode it anyway, so a bad id stays within the query.
    String id = URLEncoder.encode(generationId, StandardCharsets.UTF_8).replace("+", "%20");
    URI uri = URI.create(target.baseUrl() + "/generation?id=" + id);
    var unused =
        upstream
            .get(uri, key(hold), TIMEOUT, MAX_BYTES)
            .whenComplete((answer, failure) -> onThread(() -> onAnswer(hold, answer, failure)));
  }

  /**
   * The key that the request was sent with, or the present key if the old one is not known any
   * more.
   */
  private @Nullable Secret key(Hold hold) {
    Optional<Secret> remembered;
    try {
      remembered = keys.find(hold.request().upstreamKeyId());
    } catch (IllegalArgumentException e) {
      LOG.log(
          Level.WARNING, "{0}: cannot decrypt its upstream key: {1}", hold.id(), e.getMessage());
      remembered = Optional.empty();
    }
    return remembered.orElse(target.defaultKey());
  }

  private void onAnswer(Hold hold, @Nullable ContentResponse answer, @Nullable Throwable failure) {
    try {
      Optional<Verdict.Charge> charge =
          answer != null && answer.getStatus() == 200
              ? meter.settle(hold, answer.getContent())
              : Optional.empty();
      boolean notFound = answer != null && answer.getStatus() == NOT_FOUND;
      Duration patience = notFound ? options.keepHold() : options.giveUpAfter();
      Instant since = hold.pendingAt();
      if (charge.isPresent()) {
        capture(hold, charge.get());
      } else if (since != null && now().isAfter(since.plus(patience))) {
        giveUp(hold, "the upstream never stated the cost");
      } else {
        LOG.log(
            notFound ? Level.DEBUG : Level.WARNING,
            "{0}: the cost of generation {1} is not known yet: {2}",
            hold.id(),
            hold.generationId(),
            answer == null ? failure : "status " + answer.getStatus());
        later(hold);
      }
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, hold.id() + ": cannot settle it now, retrying", e);
      later(hold);
    }
  }

  private void giveUp(Hold hold, String why) {
    LOG.log(Level.WARNING, "{0}: unresolved, {1}: {2}", hold.id(), hold.reason(), why);
    capture(hold, meter.giveUp(hold));
  }

  private void capture(Hold hold, Verdict.Charge charge) {
    var unused =
        ledger
            .capture(charge.of(hold.id(), null, now()))
            .whenComplete(
                (done, failure) -> {
                  if (failure == null) {
                    settled.accept(hold.request().projectId());
                    onThread(() -> beingSettled.remove(hold.id()));
                  } else {
                    LOG.log(
                        Level.WARNING,
                        hold.id() + ": cannot settle the hold yet, retrying",
                        failure);
                    onThread(() -> later(hold));
                  }
                });
  }

  private void later(Hold hold) {
    try {
      Instant now = now();
      ledger.defer(hold.id(), now, now.plus(options.delayAfter(hold.attempts() + 1)));
    } catch (StoreUnavailableException e) {
      LOG.log(Level.DEBUG, "{0}: cannot postpone the next look-up: {1}", hold.id(), e.getMessage());
    } finally {
      beingSettled.remove(hold.id());
    }
  }

  private void onThread(Runnable task) {
    try {
      thread.execute(task);
    } catch (RejectedExecutionException e) {
      // The gateway is closed; the next gateway settles the hold.
    }
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
