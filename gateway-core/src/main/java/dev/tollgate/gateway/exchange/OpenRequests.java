package dev.tollgate.gateway.exchange;

import java.util.HashMap;
import java.util.Map;

/**
 * Counts the metered requests that each project has open on this node, from the check of the key to
 * the end of the response. So a body that never ends counts, although no money is held for it yet.
 * Safe for use by many threads.
 */
public final class OpenRequests {
  // Guarded by this. A project without any is not there.
  private final Map<String, Integer> open = new HashMap<>();

  /**
   * Counts a request, until its exchange {@linkplain Exchange#leaveProject leaves}.
   *
   * @param max how many there may be; 0: any number
   * @return false if there are as many already
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
