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
 * Keeps principals and projects in memory, in front of a slower store. Unknown ones are remembered
 * too, within a bound of their own: whoever guesses keys pushes out other guesses. An entry is good
 * as long as the store's change counter, which is polled, is what it was before the entry was
 * loaded: a change holds within two polls, and a load that races a change cannot leave a stale
 * entry behind.
 *
 * <p>When the counter could not be read for {@link #MAX_SILENCE}, the store counts as unavailable,
 * for known keys too: a revocation could have been missed. Safe for use by many threads.
 */
public final class CachingKeyStore implements KeyStore, AutoCloseable {
  /** How often the change counter is read. */
  public static final Duration POLL_INTERVAL = Duration.ofMillis(250);

  /** How long the store may be silent before its answers are no longer trusted. */
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
   * @param store the store behind; must answer now
   * @param nanoTime tells how long the store has been silent, as {@link System#nanoTime} does: a
   *     clock that is set back must not keep a revoked key alive
   * @throws StoreUnavailableException if the store does not answer
   */
  public CachingKeyStore(KeyStore store, LongSupplier nanoTime) {
    this.store = store;
    this.nanoTime = nanoTime;
    this.heardAtNanos = nanoTime.getAsLong();
    this.changeCounter = store.changeCounter();
  }

  /** Starts to poll on a thread of {@code scheduler}, until {@link #close}. Call it once. */
  public void start(ScheduledExecutorService scheduler) {
    long millis = POLL_INTERVAL.toMillis();
    polling = scheduler.scheduleWithFixedDelay(this::poll, millis, millis, TimeUnit.MILLISECONDS);
  }

  /** Reads the change counter once. Never throws. */
  void poll() {
    try {
      // Taken before the read, which may take its time.
      long askedAtNanos = nanoTime.getAsLong();
      changeCounter = store.changeCounter();
      heardAtNanos = askedAtNanos;
      if (failing) {
        failing = false;
        LOG.log(Level.INFO, "The key store answers again");
      }
    } catch (RuntimeException | Error e) {
      // Whatever it is: a poll that throws would be the last.
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
    // The counter is taken before the load: a change during it makes the entry stale at once.
    long counter = changeCounter;
    Entry<V> entry = memory.recall(key, counter);
    if (entry == null) {
      entry = new Entry<>(load.apply(key), counter);
      memory.keep(key, entry);
    }
    return entry.found();
  }

  /** How many are remembered now, known and unknown. */
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

  /** What was found, and what was not. */
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
