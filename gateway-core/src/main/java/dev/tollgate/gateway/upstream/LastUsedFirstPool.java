package dev.tollgate.gateway.upstream;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.eclipse.jetty.util.Pool;
import org.jspecify.annotations.Nullable;

/**
 * Connection pool whose operations do not slow down as more connections are in use. Jetty's own
 * pool scans all its entries for an idle one, and copies the list of entries to add one. With some
 * thousand open streams, that costs more than the rest of a request. The entry used last is
 * acquired first, so the surplus connections of a peak grow old and are closed. Each entry serves
 * one user at a time. Safe for use by many threads.
 */
final class LastUsedFirstPool<P> implements Pool<P> {
  private enum State {
    RESERVED,
    IDLE,
    IN_USE,
    /** The pool was terminated; the thread that did so has yet to remove the entry. */
    TERMINATED,
    REMOVED
  }

  private final int maxSize;
  private final Set<OneAtATime> entries = new LinkedHashSet<>();
  // The entry used last is first. Some entries may have been removed since.
  private final Deque<OneAtATime> idle = new ArrayDeque<>();
  private int removedInIdle;
  private volatile boolean terminated;

  /**
   * @param maxSize greatest number of entries, above 0
   */
  LastUsedFirstPool(int maxSize) {
    this.maxSize = maxSize;
  }

  @Override
  public synchronized @Nullable Entry<P> reserve() {
    if (terminated || entries.size() >= maxSize) {
      return null;
    }
    OneAtATime entry = new OneAtATime();
    entries.add(entry);
    return entry;
  }

  @Override
  public synchronized @Nullable Entry<P> acquire() {
    while (true) {
      OneAtATime entry = idle.pollFirst();
      if (entry == null) {
        return null;
      }
      if (entry.state == State.IDLE) {
        entry.state = State.IN_USE;
        return entry;
      }
      removedInIdle--;
    }
  }

  private synchronized boolean enable(OneAtATime entry, P pooled, boolean acquire) {
    if (entry.isTerminated()) {
      return false;
    }
    if (entry.state != State.RESERVED) {
      throw new IllegalStateException("already enabled");
    }
    entry.pooled = pooled;
    if (acquire) {
      entry.state = State.IN_USE;
    } else {
      toIdle(entry);
    }
    return true;
  }

  private synchronized boolean release(OneAtATime entry) {
    if (entry.state != State.IN_USE) {
      return false;
    }
    toIdle(entry);
    return true;
  }

  private void toIdle(OneAtATime entry) {
    entry.state = State.IDLE;
    idle.addFirst(entry);
  }

  private synchronized boolean remove(OneAtATime entry) {
    State before = entry.state;
    if (before == State.REMOVED) {
      return false;
    }
    entry.state = State.REMOVED;
    entries.remove(entry);
    if (before == State.IDLE && ++removedInIdle > idle.size() / 2) {
      idle.removeIf(other -> other.state != State.IDLE);
      removedInIdle = 0;
    }
    return true;
  }

  @Override
  public boolean isTerminated() {
    return terminated;
  }

  @Override
  public synchronized Collection<Entry<P>> terminate() {
    terminated = true;
    List<Entry<P>> left = List.copyOf(entries);
    entries.forEach(entry -> entry.state = State.TERMINATED);
    entries.clear();
    idle.clear();
    removedInIdle = 0;
    return left;
  }

  @Override
  public synchronized int size() {
    return entries.size();
  }

  @Override
  public int getMaxSize() {
    return maxSize;
  }

  @Override
  public synchronized Stream<Entry<P>> stream() {
    return List.<Entry<P>>copyOf(entries).stream();
  }

  private final class OneAtATime implements Entry<P> {
    // Changed only by the pool, under its lock.
    private volatile State state = State.RESERVED;
    private volatile @Nullable P pooled;

    @Override
    public boolean enable(P newlyPooled, boolean acquire) {
      return LastUsedFirstPool.this.enable(this, Objects.requireNonNull(newlyPooled), acquire);
    }

    @Override
    public @Nullable P getPooled() {
      return pooled;
    }

    @Override
    public boolean release() {
      return LastUsedFirstPool.this.release(this);
    }

    @Override
    public boolean remove() {
      return LastUsedFirstPool.this.remove(this);
    }

    @Override
    public boolean isReserved() {
      return state == State.RESERVED;
    }

    @Override
    public boolean isIdle() {
      return state == State.IDLE;
    }

    @Override
    public boolean isInUse() {
      return state == State.IN_USE;
    }

    @Override
    public boolean isTerminated() {
      return state == State.TERMINATED || state == State.REMOVED;
    }
  }
}
