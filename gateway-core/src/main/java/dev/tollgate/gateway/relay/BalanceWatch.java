package dev.tollgate.gateway.relay;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.ledger.BalanceListener;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Money;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Watch that reports projects with a low balance. A request only notes its project. Another thread
 * reads each noted balance once per {@link #INTERVAL}.
 */
public final class BalanceWatch {
  /** Time between two looks at the balances of charged projects. */
  public static final Duration INTERVAL = Duration.ofSeconds(1);

  private static final long MAX_REMEMBERED_PROJECTS = 100_000;
  private static final Logger LOG = System.getLogger(BalanceWatch.class.getName());

  private final Ledger ledger;
  private final Money threshold;
  private final BalanceListener listener;
  private final Map<String, Project> charged = new ConcurrentHashMap<>();
  private final Cache<String, Project> seen =
      Caffeine.newBuilder().executor(Runnable::run).maximumSize(MAX_REMEMBERED_PROJECTS).build();
  // Projects that were reported as low.
  private final Cache<String, Boolean> low =
      Caffeine.newBuilder().executor(Runnable::run).maximumSize(MAX_REMEMBERED_PROJECTS).build();

  /**
   * @param threshold a balance below this amount is low
   */
  public BalanceWatch(Ledger ledger, Money threshold, BalanceListener listener) {
    this.ledger = ledger;
    this.threshold = threshold;
    this.listener = listener;
  }

  /**
   * Looks at the balances periodically on a thread of {@code scheduler}, which may read the
   * database.
   */
  public void start(ScheduledExecutorService scheduler) {
    long millis = INTERVAL.toMillis();
    var unused =
        scheduler.scheduleWithFixedDelay(this::look, millis, millis, TimeUnit.MILLISECONDS);
  }

  /** Notes that a request of the project was settled. Does not block. */
  void settled(Project project) {
    charged.put(project.id(), project);
  }

  /**
   * Notes that a request was settled long after its end. No effect if this gateway has not charged
   * the project before.
   */
  public void settledLater(String projectId) {
    Project project = seen.getIfPresent(projectId);
    if (project != null) {
      charged.put(projectId, project);
    }
  }

  /** Looks at the projects charged since the last look. Does not throw. */
  void look() {
    for (Project project : List.copyOf(charged.values())) {
      // Before the removal, so a concurrent settledLater() finds the project.
      seen.put(project.id(), project);
      charged.remove(project.id());
      try {
        look(project);
      } catch (RuntimeException | LinkageError e) {
        LOG.log(Level.WARNING, "the balance of " + project.name() + " cannot be checked", e);
      }
    }
  }

  private void look(Project project) {
    Money available = ledger.balance(project.id()).available();
    if (available.compareTo(threshold) >= 0) {
      low.invalidate(project.id());
    } else if (low.asMap().putIfAbsent(project.id(), true) == null) {
      LOG.log(Level.INFO, "project {0} has {1} USD left", project.name(), available);
      listener.onLowBalance(project, available);
    }
  }
}
