package dev.tollgate.gateway.account;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * An in-memory cache of principals and projects, in front of a slower store. Unknown keys and names
 * are cached too, with a separate size limit: guessed keys evict only other guesses.
 *
 * <p>The cache polls the store's change counter. An entry is valid while the counter still has the
 * value from before the entry was loaded. A change therefore takes effect within two polls, and a
 * load that races a change cannot leave a stale entry.
 *
 * <p>If the counter could not be read for {@link #MAX_SILENCE}, the store counts as unavailable,
 * even for cached keys, because a revocation could have been missed. Safe for use by many threads.
 */
public final class CachingKeyStore implements KeyStore, AutoCloseable {
  /** The interval between two reads of the change counter. */
  public static final Duration POLL_INTERVAL = Duration.ofMillis(250);

  /** How long the store may fail to answer before cached entries are no longer trusted. */
  public static final Duration MAX_SILENCE = Duration.ofSeconds(5);

  private static final long MAX_KNOWN = 50_000;
  private static final long MAX_UNKNOWN = 10_000;
  private static final Logger LOG = System.getLogger(CachingKeyStore.class.getName());

  private final KeyStore store;
  private final LongSupplier nanoTime;
  private final Memory<KeyFingerprint, Principal> principals = new Memory<>();
  private final Memory<String, Project> projects = new Memory<>();
  // Written by the poll only.
  private volatile long changeCounter;
  private volatile long heardAtNanos;
  private volatile boolean failing;
  private @Nullable ScheduledFuture<?> polling;

  /**
   * @param store the slower store; must answer now
   * @param nanoTime a monotonic clock, such as {@link System#nanoTime}. It measures how long the
   *     store has not answered: setting the wall clock back must not keep a revoked key valid
   * @throws StoreUnavailableException if the store does not answer
   */
  public CachingKeyStore(KeyStore store, LongSupplier nanoTime) {
    this.store = store;
    this.nanoTime = nanoTime;
    this.heardAtNanos = nanoTime.getAsLong();
    this.changeCounter = store.changeCounter();
  }

  /** Starts polling on a thread of {@code scheduler}, until {@link #close}. Call this once. */
  public void start(ScheduledExecutorService scheduler) {
    long millis = POLL_INTERVAL.toMillis();
    polling = scheduler.scheduleWithFixedDelay(this::poll, millis, millis, TimeUnit.MILLISECONDS);
  }

  /** Reads the change counter once. Never throws. */
  void poll() {
    try {
      // Read the clock first: reading the counter may take a while.
      long askedAtNanos = nanoTime.getAsLong();
      changeCounter = store.changeCounter();
      heardAtNanos = askedAtNanos;
      if (failing) {
        failing = false;
        LOG.log(Level.INFO, "The key store answers again");
      }
    } catch (RuntimeException | Error e) {
      // Catch everything: the scheduler stops a task that throws.
      if (!failing) {
        failing = true;
        LOG.log(Level.WARNING, "The key store does not answer", e);
      }
    }
  }

  @Override
  public Optional<Principal> find(KeyFingerprint fingerprint) {
    return find(principals, fingerprint, store::find);
  }

  @Override
  public Optional<Project> findProject(String name) {
    return find(projects, name, store::findProject);
  }

  private <K, V> Optional<V> find(Memory<K, V> memory, K key, Function<K, Optional<V>> load) {
    if (nanoTime.getAsLong() - heardAtNanos > MAX_SILENCE.toNanos()) {
      throw new StoreUnavailableException(
          "the key store has not answered for more than " + MAX_SILENCE.toSeconds() + " s");
    }
    // Read the counter before the load: a change during the load then makes the entry stale.
    long counter = changeCounter;
    Entry<V> entry = memory.recall(key, counter);
    if (entry == null) {
      entry = new Entry<>(load.apply(key), counter);
      memory.keep(key, entry);
    }
    return entry.found();
  }

  /** The number of cached entries, known and unknown. */
  long remembered() {
    return principals.size() + projects.size();
  }

  @Override
  public long changeCounter() {
    return changeCounter;
  }

  @Override
  public void close() {
    if (polling != null) {
      polling.cancel(false);
    }
  }

  private record Entry<V>(Optional<V> found, long changeCounter) {}

  /** A cache with separate limits for entries that were found and entries that were not. */
  private static final class Memory<K, V> {
    private final Cache<K, Entry<V>> known =
        Caffeine.newBuilder().executor(Runnable::run).maximumSize(MAX_KNOWN).build();
    private final Cache<K, Entry<V>> unknown =
        Caffeine.newBuilder().executor(Runnable::run).maximumSize(MAX_UNKNOWN).build();

    @Nullable Entry<V> recall(K key, long changeCounter) {
      Entry<V> entry = known.getIfPresent(key);
      if (entry == null || entry.changeCounter() != changeCounter) {
        entry = unknown.getIfPresent(key);
      }
      return entry == null || entry.changeCounter() != changeCounter ? null : entry;
    }

    void keep(K key, Entry<V> entry) {
      boolean found = entry.found().isPresent();
      (found ? known : unknown).put(key, entry);
      (found ? unknown : known).invalidate(key);
    }

    long size() {
      known.cleanUp();
      unknown.cleanUp();
      return known.estimatedSize() + unknown.estimatedSize();
    }
  }
}
