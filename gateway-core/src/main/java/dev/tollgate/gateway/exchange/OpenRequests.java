package dev.tollgate.gateway.exchange;

import java.util.HashMap;
import java.util.Map;

/**
 * Counts each project's open metered requests on this node, from the check of the key to the end of
 * the response. A request whose body never ends thus counts, although no money is held for it yet.
 * Thread-safe.
 */
public final class OpenRequests {
  // Guarded by this. Projects without open requests have no entry.
  private final Map<String, Integer> open = new HashMap<>();

  /**
   * Counts a request until its exchange {@linkplain Exchange#leaveProject leaves the project}.
   *
   * @param max the maximum number of open requests; 0: no limit
   * @return false if the limit is already reached
   */
  public boolean enter(Exchange exchange, String project, int max) {
    synchronized (this) {
      int others = open.getOrDefault(project, 0);
      if (max > 0 && others >= max) {
        return false;
      }
      open.put(project, others + 1);
    }
    exchange.onLeaveProject(() -> leave(project));
    return true;
  }

  private synchronized void leave(String project) {
    open.computeIfPresent(project, (key, count) -> count == 1 ? null : count - 1);
  }
}
