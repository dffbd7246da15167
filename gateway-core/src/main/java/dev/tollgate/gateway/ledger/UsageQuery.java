package dev.tollgate.gateway.ledger;

import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which charges a report adds up, and into which rows.
 *
 * @param projectId null: the charges of all projects
 * @param keyId null: the charges of all keys; a key needs a project, because ids of keys may be
 *     unique only within one
 * @param from the time of the earliest charge
 * @param to the report ends before this time; null: it has no end
 * @param by the rows differ in these; empty: there is one row for all charges, if there are any
 * @param maxRows the largest number of rows, more than zero; further rows are left out
 */
public record UsageQuery(
    @Nullable String projectId,
    @Nullable String keyId,
    Instant from,
    @Nullable Instant to,
    Set<Dimension> by,
    int maxRows) {
  /** What charges are grouped by. */
  public enum Dimension {
    /** The project. */
    PROJECT,
    /** The key. The ids of keys may be unique only within a project, so this implies it. */
    KEY,
    /** The model that answered. */
    MODEL,
    /** The project's own user, see {@link EndUser}. */
    USER,
    /** The day, in UTC. */
    DAY;

    /** The name as written in a query. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Parses a list such as {@code key,model}.
     *
     * @throws IllegalArgumentException if a name is unknown
     */
    public static Set<Dimension> parse(String text) {
      Set<Dimension> by = EnumSet.noneOf(Dimension.class);
      for (String name : text.split(",", -1)) {
        by.add(
            Arrays.stream(values())
                .filter(each -> each.toString().equals(name.strip()))
                .findFirst()
                .orElseThrow(
                    () ->
                        new IllegalArgumentException(
                            "must be a list of project, key, model, user and day")));
      }
      return by;
    }
  }

  /**
   * Copies the set, and adds what its members imply.
   *
   * @throws IllegalArgumentException if there is a key without a project
   */
  public UsageQuery {
    if (keyId != null && projectId == null) {
      throw new IllegalArgumentException("the key is '" + keyId + "', but there is no project");
    }
    by = complete(by);
  }

  /** A query for the charges of all keys. */
  public UsageQuery(
      @Nullable String projectId,
      Instant from,
      @Nullable Instant to,
      Set<Dimension> by,
      int maxRows) {
    this(projectId, null, from, to, by, maxRows);
  }

  private static Set<Dimension> complete(Collection<Dimension> by) {
    Set<Dimension> complete = EnumSet.noneOf(Dimension.class);
    complete.addAll(by);
    if (complete.contains(Dimension.KEY)) {
      complete.add(Dimension.PROJECT);
    }
    return Set.copyOf(complete);
  }
}
