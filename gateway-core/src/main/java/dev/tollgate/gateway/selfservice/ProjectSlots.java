package dev.tollgate.gateway.selfservice;

import java.util.HashMap;
import java.util.Map;

/**
 * Limit of the requests that one project has open at the same time, so that a project does not take
 * the threads of the others. Safe for use by many threads.
 */
final class ProjectSlots {
  private final int perProject;

  /** The number of open requests by project, without zeros. */
  private final Map<String, Integer> open = new HashMap<>();

  ProjectSlots(int perProject) {
    this.perProject = perProject;
  }

  /**
   * Counts a request, which must be {@linkplain #release released} at its end.
   *
   * @return false, and nothing is counted, if the project has the maximum open
   */
  synchronized boolean tryAcquire(String projectId) {
    int before = open.getOrDefault(projectId, 0);
    if (before >= perProject) {
      return false;
    }
    open.put(projectId, before + 1);
    return true;
  }

  synchronized void release(String projectId) {
    open.computeIfPresent(projectId, (id, count) -> count > 1 ? count - 1 : null);
  }
}
